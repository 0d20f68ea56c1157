package dev.pgpool.core.internal.wire;

/**
 * A peer broke the protocol: carries the error to answer with before the connection is closed. Has no stack trace,
 * because hostile input must cost nothing.
 */
public final class WireViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final PoolerError error;

    /**
     * @param error  what to answer
     * @param detail what was seen; fills the error's template and must not hold secrets
     */
    public WireViolation(PoolerError error, String detail) {
        super(detail, null, false, false);
        this.error = error;
    }

    public PoolerError error() {
        return error;
    }

    /** What was seen. */
    public String detail() {
        return String.valueOf(getMessage());
    }
}
