package dev.pgpool.core;

/** What {@link PgPool#start()} throws when the pooler can't run, with the reason in words. */
public sealed class PgPoolException extends RuntimeException permits PoolInitializationException {
    private static final long serialVersionUID = 1L;

    public PgPoolException(String message, Throwable cause) {
        super(message, cause);
    }
}
