package dev.pgpool.backup.internal.context;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells everything that belongs to a run that it is over, and why. The first reason wins. Safe for all threads. */
public final class Cancellation {

    private final List<Consumer<BackupException>> handlers = new ArrayList<>();
    private @Nullable BackupException cause;

    /** Something that is to be done; closing forgets it. */
    public interface Handler extends AutoCloseable {
        @Override
        void close();
    }

    /** Stops the run. */
    public void cancel(FailureReason reason, String message) {
        BackupException failure = new BackupException(reason, message);
        List<Consumer<BackupException>> told;
        synchronized (this) {
            if (cause != null) {
                return;
            }
            cause = failure;
            told = List.copyOf(handlers);
        }
        told.forEach(handler -> handler.accept(failure));
    }

    /** Registers what is to be done; done at once if the run is over already. Close to forget it. */
    public Handler onCancel(Consumer<BackupException> handler) {
        BackupException already;
        synchronized (this) {
            already = cause;
            if (already == null) {
                handlers.add(handler);
            }
        }
        if (already != null) {
            handler.accept(already);
        }
        return () -> {
            synchronized (this) {
                handlers.remove(handler);
            }
        };
    }

    public synchronized @Nullable BackupException cause() {
        return cause;
    }

    public void check() {
        BackupException failure = cause();
        if (failure != null) {
            throw new BackupException(failure.reason(), String.valueOf(failure.getMessage()), failure);
        }
    }

    /** A failure with the reason of the cancellation, if there was one, rather than with that of the work it interrupted. */
    public BackupException explain(RuntimeException e) {
        BackupException failure = BackupException.of(e);
        BackupException cause = cause();
        return cause == null || cause.reason() == failure.reason()
                ? failure
                : new BackupException(cause.reason(), String.valueOf(cause.getMessage()), failure);
    }
}
