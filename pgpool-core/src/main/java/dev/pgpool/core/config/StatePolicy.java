package dev.pgpool.core.config;

/** What becomes of a client that makes session state, by {@link SessionState}. */
public enum StatePolicy {
    /**
     * The state is the client's for as long as it lasts: what can be followed is repeated on whichever server the client
     * gets, and for the rest the client keeps its server until the state is gone, which is cleaned when the client leaves.
     */
    KEEP,
    /** The statement fails with {@code 0A000} and a hint. */
    REJECT,
    /** The state stays on the server for the next client, as with PgBouncer. */
    IGNORE
}
