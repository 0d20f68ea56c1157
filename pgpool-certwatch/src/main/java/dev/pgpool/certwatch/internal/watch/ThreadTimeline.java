package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.internal.probe.NamedThreads;
import dev.pgpool.certwatch.internal.text.PeerText;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The timeline of real time. */
final class ThreadTimeline implements Timeline {

    private static final Logger LOGGER = LoggerFactory.getLogger(ThreadTimeline.class);

    private final ScheduledThreadPoolExecutor thread =
            new ScheduledThreadPoolExecutor(1, NamedThreads.named("certwatch-timeline"));

    ThreadTimeline() {
        thread.setRemoveOnCancelPolicy(true);
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        try {
            thread.execute(guarded(task));
        } catch (RejectedExecutionException e) {
            LOGGER.debug("the watch is closed: a late result is dropped");
        }
    }

    @Override
    public Cancellable schedule(Runnable task, long delayNanos) {
        try {
            Future<?> scheduled = thread.schedule(guarded(task), delayNanos, TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        } catch (RejectedExecutionException e) {
            return () -> {};
        }
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOGGER.error("a task of the watch failed", PeerText.safe(e));
            }
        };
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
