package dev.pgpool.core.advice;

/** What is to be said of a pool's size. */
public enum Verdict {
    /** There were too few transactions, or it was too short a time, to say anything. */
    NOT_ENOUGH_SEEN,
    /** Hardly any client had to wait. */
    SUFFICIENT,
    /** Clients waited, and more servers would have helped. */
    TOO_SMALL,
    /** Less than half of the servers were ever in use at once. */
    TOO_LARGE,
    /** Clients waited while most servers were in a transaction whose client did nothing: the application is to be changed. */
    HELD_BY_IDLE_TRANSACTIONS,
    /**
     * Clients waited while a few long transactions had most servers, working or held up by locks: these are to become shorter, or
     * to go to a pool of their own.
     */
    HELD_BY_LONG_TRANSACTIONS,
    /** Clients waited while others kept most servers outside of transactions: by session mode, or by session state. */
    HELD_BY_SESSIONS,
    /** Clients waited for servers that were being made: more are to be kept ({@code minConnections}, or a longer idle timeout). */
    SLOW_TO_CONNECT;

    /** Whether another size is what the pool needs. */
    public boolean isOfSize() {
        return this == TOO_SMALL || this == TOO_LARGE;
    }
}
