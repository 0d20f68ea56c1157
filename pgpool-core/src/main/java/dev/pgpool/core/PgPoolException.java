package dev.pgpool.core;

/** What {@link PgPool#start()} throws when the pooler can't run, with the reason in words. */
public final class PgPoolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PgPoolException(String message, Throwable cause) {
        super(message, cause);
    }
}
