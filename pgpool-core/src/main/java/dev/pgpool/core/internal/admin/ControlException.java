package dev.pgpool.core.internal.admin;

/** A command can't be carried out; the message says why in PgBouncer's words where it has some. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String sqlState;

    public ControlException(String sqlState, String message) {
        super(message, null, false, false);
        this.sqlState = sqlState;
    }

    /** For the ErrorResponse. */
    public String sqlState() {
        return sqlState;
    }
}
