package dev.pgpool.backup.report;

import dev.pgpool.backup.store.StoreException;
import org.jspecify.annotations.Nullable;

/** An operation failed; the reason is data, the message says what was seen, where, and what was expected. */
public final class BackupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final FailureReason reason;

    /** A failure without a cause. The message must hold no secret. */
    public BackupException(FailureReason reason, String message) {
        this(reason, message, null);
    }

    /** A failure with its cause. The message must hold no secret. */
    public BackupException(FailureReason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Why. */
    public FailureReason reason() {
        return reason;
    }

    /** Any failure as a {@code BackupException}; one that is one already is returned as it is. */
    public static BackupException of(Throwable failure) {
        if (failure instanceof BackupException known) {
            return known;
        }
        if (failure instanceof StoreException store) {
            return new BackupException(reasonOf(store), String.valueOf(store.getMessage()), store);
        }
        Throwable cause = failure.getCause();
        if (cause instanceof BackupException || cause instanceof StoreException) {
            return of(cause);
        }
        return new BackupException(FailureReason.INTERNAL, failure.toString(), failure);
    }

    private static FailureReason reasonOf(StoreException failure) {
        return switch (failure.kind()) {
            case DENIED -> FailureReason.STORE_DENIED;
            case INTEGRITY -> FailureReason.STORE_INTEGRITY;
            case NOT_FOUND, CONFLICT, TRANSIENT, UNSUPPORTED, REJECTED -> FailureReason.STORE_IO;
        };
    }
}
