package dev.pgpool.backup.store;

import org.jspecify.annotations.Nullable;

/** A store refused or failed an operation. The kind says what the caller may do about it. */
public final class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of failure it was. */
    public enum Kind {
        /** The object, upload or bucket does not exist. */
        NOT_FOUND,
        /** The credential is not allowed to do this, or the object is locked. */
        DENIED,
        /** A conditional write lost: the object exists, or has changed. */
        CONFLICT,
        /** A passing failure: connection lost, time-out, 5xx, throttling. Worth repeating. */
        TRANSIENT,
        /** Bytes arrived or were kept differently from how they were sent. Worth repeating for a part. */
        INTEGRITY,
        /** The store does not have this feature. */
        UNSUPPORTED,
        /** Anything else the store refused; repeating will not help. */
        REJECTED
    }

    private final Kind kind;

    /**
     * A failure without a cause.
     *
     * @param kind what the caller may do about it
     * @param message operation, key and what the store said; never a credential
     */
    public StoreException(Kind kind, String message) {
        this(kind, message, null);
    }

    /**
     * A failure with its cause.
     *
     * @param kind what the caller may do about it
     * @param message operation, key and what the store said; never a credential
     * @param cause the exception of the underlying client, if there is one
     */
    public StoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What kind of failure it was. */
    public Kind kind() {
        return kind;
    }

    /** True if the same call may succeed when repeated. */
    public boolean retryable() {
        return kind == Kind.TRANSIENT;
    }
}
