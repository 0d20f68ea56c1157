package dev.pgpool.core.internal.admin;

/** A command can't be carried out; the message says why in PgBouncer's words where it has some. */
public final class ControlException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String sqlState;

    /** Something is wrong with what was asked for. */
    public ControlException(String message) {
        this("08P01", message);
    }

    public ControlException(String sqlState, String message) {
        super(message);
        this.sqlState = sqlState;
    }

    /** For the ErrorResponse. */
    public String sqlState() {
        return sqlState;
    }
}
