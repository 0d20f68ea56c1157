package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;

/**
 * Measures how long a client's queries and transactions take: a query from its first message until nothing is owed for it, a
 * transaction from the first message outside of one until it is over.
 *
 * <p>Part of a link and reused like it. Confined to the event loop. Hot path.
 */
final class QueryClock {
    /** When the client began to ask for what it is owed, by {@link System#nanoTime}; 0 if it is owed nothing. */
    private long queryNanos;
    /** When any client asked last; 0 if none has. */
    private long requestedNanos;
    /** When its transaction began; 0 outside of one. */
    private long transactionNanos;

    /** A new client begins. */
    void begin() {
        queryNanos = 0;
        transactionNanos = 0;
    }

    /** When any client asked last, by {@link System#nanoTime}; 0 if none has. */
    long requestedNanos() {
        return requestedNanos;
    }

    /** When the transaction has begun that is open, by {@link System#nanoTime}; 0 if none is. */
    long transactionNanos() {
        return transactionNanos;
    }

    /** Whether a transaction is open and nothing is owed. */
    boolean isClientsTurn() {
        return transactionNanos != 0 && queryNanos == 0;
    }

    /** A message goes to the server: if nothing is owed, a query begins, and maybe a transaction. */
    void onMessage() {
        if (queryNanos != 0) {
            return;
        }
        queryNanos = System.nanoTime() | 1;
        requestedNanos = queryNanos;
        if (transactionNanos == 0) {
            transactionNanos = queryNanos;
        }
    }

    /**
     * After all, the message was not for the server.
     *
     * @param idle whether no transaction is open
     */
    void onMessageDropped(boolean idle) {
        queryNanos = 0;
        if (idle) {
            transactionNanos = 0;
        }
    }

    /**
     * Nothing is owed any more.
     *
     * @param idle whether no transaction is open
     */
    void onAnswered(boolean idle, LaneCounters counters) {
        long now = System.nanoTime();
        counters.queryTook(now - queryNanos);
        queryNanos = 0;
        if (idle) {
            counters.transactionTook(now - transactionNanos);
            transactionNanos = 0;
        }
    }
}
