package dev.pgpool.core.internal.transport;

import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clock of one event loop: calls all that have deadlines a few times a second. One timer for everything, because
 * timers of single channels would stay behind when a channel moves to another loop, and cost memory for each client.
 *
 * <p>Confined to its event loop.
 */
public final class LoopTicker {
    /** What has deadlines. */
    public interface Listener {
        /** @param nowNanos {@link System#nanoTime()} */
        void onTick(long nowNanos);
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(LoopTicker.class);
    private static final long PERIOD_MILLIS = 100;

    private final EventLoop loop;
    private final Set<Listener> listeners = new LinkedHashSet<>();

    public LoopTicker(EventLoop loop) {
        this.loop = loop;
    }

    /** Begins to tick; from any thread. */
    public void start() {
        var unused = loop.scheduleWithFixedDelay(this::tick, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    public void add(Listener listener) {
        assert loop.inEventLoop();
        listeners.add(listener);
    }

    public void remove(Listener listener) {
        assert loop.inEventLoop();
        listeners.remove(listener);
    }

    private void tick() {
        if (listeners.isEmpty()) {
            return;
        }
        long now = System.nanoTime();
        for (Listener listener : listeners.toArray(new Listener[0])) {
            try {
                listener.onTick(now);
            } catch (RuntimeException e) {
                // the clock must go on for the others
                LOGGER.atError().setCause(e).log("tick failed");
            }
        }
    }
}
