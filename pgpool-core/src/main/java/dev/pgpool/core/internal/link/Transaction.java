package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.Moment;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.wire.TransactionStatus;
import org.jspecify.annotations.Nullable;

/**
 * The transaction that a server is in by its last ReadyForQuery, and what depends on its end.
 *
 * <pre>
 *   IDLE <──ReadyForQuery──> IN_TRANSACTION
 *     ^                           ^
 *     └────> FAILED <─────────────┘
 * </pre>
 *
 * <p>What was sent since that ReadyForQuery is {@link Batch}'s to know. Part of a link and reused like it. Confined to the
 * event loop.
 */
final class Transaction {
    private TransactionStatus status = TransactionStatus.IDLE;
    private long ended;
    /** The server's parameters as they were when its last transaction ended: what the end of this one may return to. */
    private SessionParameters outside;
    /** When the open transaction will have ended, for the names that were given in it; null if none were. */
    private @Nullable Moment end;

    Transaction(SessionParameters outside) {
        this.outside = outside;
    }

    /**
     * A new client begins.
     *
     * @param parameters what its parameters are
     */
    void begin(SessionParameters parameters) {
        status = TransactionStatus.IDLE;
        outside = parameters;
        end = null;
    }

    TransactionStatus status() {
        return status;
    }

    boolean isIdle() {
        return status == TransactionStatus.IDLE;
    }

    boolean isFailed() {
        return status == TransactionStatus.FAILED;
    }

    /** Transactions that have ended on this server: changes with each. */
    long ended() {
        return ended;
    }

    /** Whether the parameters are others than those that the end of the open transaction may return to. */
    @SuppressWarnings("ReferenceEquality") // they are interned
    boolean hasChanged(SessionParameters now) {
        return status != TransactionStatus.IDLE && outside != now;
    }

    /** The moment at which the open transaction will have ended. */
    Moment end() {
        Moment known = end;
        if (known == null) {
            known = new Moment();
            end = known;
        }
        return known;
    }

    /** The server has said where it stands. */
    void onReadyForQuery(TransactionStatus now) {
        status = now;
    }

    /** The server is idle: the transaction is over. */
    void onEnd(SessionParameters parameters, StatementRegistry registry) {
        ended++;
        outside = parameters;
        Moment awaited = end;
        if (awaited != null) {
            end = null;
            awaited.is(registry.advance());
        }
    }
}
