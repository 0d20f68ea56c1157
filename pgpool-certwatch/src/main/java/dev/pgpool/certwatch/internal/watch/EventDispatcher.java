package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.internal.probe.NamedThreads;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners, each on a thread of its own and in order: one that blocks or fails harms neither the watch nor the others.
 * Thread-safe.
 */
final class EventDispatcher implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(EventDispatcher.class);
    private static final int MAX_WAITING = 100_000;
    private static final long CLOSE_MILLIS = 2_000;

    private final List<Lane> lanes = new CopyOnWriteArrayList<>();

    EventDispatcher(List<CertWatchListener> listeners) {
        listeners.forEach(this::add);
    }

    void add(CertWatchListener listener) {
        lanes.add(new Lane(listener));
    }

    void tell(Consumer<CertWatchListener> event) {
        lanes.forEach(lane -> lane.offer(event));
    }

    /** Lets events on their way arrive. */
    @Override
    public void close() {
        lanes.forEach(lane -> lane.thread.shutdown());
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
        lanes.forEach(lane -> lane.await(deadline));
    }

    private static final class Lane {

        private final CertWatchListener listener;
        private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_WAITING),
                NamedThreads.named("certwatch-events"));
        private final AtomicBoolean behind = new AtomicBoolean();

        Lane(CertWatchListener listener) {
            this.listener = listener;
            thread.allowCoreThreadTimeOut(true);
        }

        void offer(Consumer<CertWatchListener> event) {
            try {
                thread.execute(() -> deliver(event));
            } catch (RejectedExecutionException e) {
                if (!thread.isShutdown() && behind.compareAndSet(false, true)) {
                    LOGGER.warn(
                            "listener {} is {} events behind: events are dropped until it catches up",
                            listener.getClass().getName(),
                            MAX_WAITING);
                }
            }
        }

        private void deliver(Consumer<CertWatchListener> event) {
            behind.set(false);
            try {
                event.accept(listener);
            } catch (RuntimeException | Error e) {
                LOGGER.error("listener {} failed", listener.getClass().getName(), e);
            }
        }

        void await(long deadlineNanos) {
            try {
                if (!thread.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    thread.shutdownNow();
                }
            } catch (InterruptedException e) {
                thread.shutdownNow();
                Thread.currentThread().interrupt();
            }
        }
    }
}
