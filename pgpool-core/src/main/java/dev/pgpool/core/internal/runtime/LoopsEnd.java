package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.internal.embedded.Entrance;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the event loops of a pooler end, when its clients and servers were told that it does. */
final class LoopsEnd {
    /**
     * A channel that moves takes one task to leave, one to arrive, and one to tell of it; what waits for it meanwhile takes
     * another at each.
     */
    private static final int HOPS = 6;

    private static final Logger LOGGER = LoggerFactory.getLogger(LoopsEnd.class);

    private LoopsEnd() {}

    /** Returns when they have ended, or after three times the time, as where host code blocks one. */
    static void await(EventLoopGroup loops, Entrance entrance, long atMostNanos) {
        settle(loops, System.nanoTime() + atMostNanos);
        // A loop that is told to end while it runs tasks does not look at its channels again, and would leave
        // connections open that
        // are still being made; unless it finds something to do at its end, and has a moment left after that.
        loops.forEach(loop ->
                ((SingleThreadEventExecutor) loop).addShutdownHook(() -> entrance.closeAllOf((EventLoop) loop)));
        if (!loops.shutdownGracefully(1, atMostNanos, TimeUnit.NANOSECONDS)
                .awaitUninterruptibly(2 * atMostNanos, TimeUnit.NANOSECONDS)) {
            LOGGER.warn("event loops not ended in time");
        }
    }

    /**
     * Lets channels arrive that are on their way from one event loop to another: an event loop that has ended takes none,
     * and one that is between two loops is closed by neither.
     */
    private static void settle(EventLoopGroup loops, long deadlineNanos) {
        List<Future<?>> tasks = new ArrayList<>();
        for (int hop = 0; hop < HOPS; hop++) {
            tasks.clear();
            try {
                for (EventExecutor loop : loops) {
                    tasks.add(loop.submit(() -> {}));
                }
            } catch (RejectedExecutionException ended) {
                return;
            }
            for (Future<?> task : tasks) {
                task.awaitUninterruptibly(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        }
    }
}
