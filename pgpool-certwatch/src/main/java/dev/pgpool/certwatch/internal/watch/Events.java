package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.CertWatchListener;
import dev.pgpool.certwatch.internal.probe.Threads;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners, on a thread of its own and in order. Thread-safe. */
final class Events implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Events.class);
    private static final int MAX_WAITING = 100_000;
    private static final long CLOSE_MILLIS = 2_000;

    private final List<CertWatchListener> listeners;
    private final ThreadPoolExecutor thread;

    Events(List<CertWatchListener> listeners) {
        this.listeners = new CopyOnWriteArrayList<>(listeners);
        this.thread = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), Threads.named("certwatch-events"));
        thread.allowCoreThreadTimeOut(true);
    }

    void add(CertWatchListener listener) {
        listeners.add(listener);
    }

    void tell(Consumer<CertWatchListener> event) {
        if (listeners.isEmpty()) {
            return;
        }
        try {
            thread.execute(() -> listeners.forEach(listener -> tell(listener, event)));
        } catch (RejectedExecutionException e) {
            if (!thread.isShutdown()) {
                LOGGER.warn("listeners are {} events behind: an event is dropped", MAX_WAITING);
            }
        }
    }

    private static void tell(CertWatchListener listener, Consumer<CertWatchListener> event) {
        try {
            event.accept(listener);
        } catch (RuntimeException e) {
            LOGGER.error("listener {} failed", listener.getClass().getName(), e);
        }
    }

    /** Lets events on their way arrive. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
