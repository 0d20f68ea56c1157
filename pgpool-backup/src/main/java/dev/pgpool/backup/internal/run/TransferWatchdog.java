package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.stream.TransferProgress;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ends a transfer that is cancelled (which is also how a run's deadline arrives), or in which no byte moves; then it says which
 * side stood still. Its reason replaces the errors of the threads that it interrupts.
 */
final class TransferWatchdog implements AutoCloseable {

    private final AtomicReference<@Nullable BackupException> verdict = new AtomicReference<>();
    private final Consumer<BackupException> stop;
    private final Cancellation.Handler registration;
    private final ScheduledFuture<?> ticks;
    private volatile boolean transferring = true;

    /**
     * Starts watching.
     *
     * @param stop ends the transfer; called once, on a thread that may block
     */
    TransferWatchdog(
            EngineContext context,
            TransferProgress progress,
            Cancellation cancellation,
            Consumer<BackupException> stop) {
        this.stop = stop;
        Duration stallLimit = context.config().run().stallLimit();
        this.registration = cancellation.onCancel(failure -> context.workers()
                .execute(() -> end(new BackupException(
                        failure.reason(),
                        failure.getMessage() + "; " + progress.storedBytes() + " bytes were stored"))));
        this.ticks = context.timer()
                .scheduleWithFixedDelay(
                        () -> {
                            BackupException found = judge(progress, stallLimit);
                            if (found != null) {
                                context.workers().execute(() -> end(found));
                            }
                        },
                        100,
                        Math.max(20, Math.min(1000, stallLimit.toMillis() / 10)),
                        TimeUnit.MILLISECONDS);
    }

    private @Nullable BackupException judge(TransferProgress progress, Duration stallLimit) {
        if (transferring && progress.idleNanos() > stallLimit.toNanos()) {
            String side = progress.waiting() == TransferProgress.Waiting.FOR_SOURCE
                    ? "the database gives none"
                    : "the store takes none";
            return new BackupException(
                    FailureReason.STALLED,
                    "no byte moved for " + stallLimit + ": " + side + "; " + progress.storedBytes()
                            + " bytes were stored");
        }
        return null;
    }

    private void end(BackupException reason) {
        if (verdict.compareAndSet(null, reason)) {
            stop.accept(reason);
        }
    }

    /** From now on a standstill is none: what follows moves no bytes. */
    void transferDone() {
        transferring = false;
    }

    /** A failure of the transfer, with the reason why the watchdog ended it, if it did. */
    RuntimeException explain(RuntimeException failure) {
        BackupException reason = verdict.get();
        return reason == null
                ? failure
                : new BackupException(reason.reason(), String.valueOf(reason.getMessage()), failure);
    }

    @Override
    public void close() {
        ticks.cancel(false);
        registration.close();
    }
}
