package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.TimeoutsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Judges, at each tick of the event loop's clock, whether what a link does takes too long. It looks at numbers that change
 * with each answer and each transaction: what is the same as at the tick before has gone on since then. So traffic pays
 * nothing for being timed, and a deadline is noticed up to two ticks late but never early.
 */
final class LinkDeadlines {
    /** What takes too long. */
    enum Late {
        NOTHING,
        /** The query: to be told once, then {@link #CANCEL} if it goes on. */
        QUERY,
        CANCEL,
        /** The rest of the query: nothing runs that could be cancelled, the client has not said it all. */
        REST_OF_QUERY,
        TRANSACTION,
        IDLE_IN_TRANSACTION
    }

    private static final long NEVER = Long.MAX_VALUE;

    private @Nullable TimeoutsConfig timeouts;
    private long queryNanos = NEVER;
    private long transactionNanos = NEVER;
    private long idleNanos = NEVER;
    private long cancelNanos = NEVER;

    private boolean open;
    private boolean busy;
    private boolean cancelled;
    /** The query was cancelled because it ran too long, and has not ended yet. */
    private boolean timedOut;

    private long answers;
    private long stepSinceNanos;
    private long transaction;
    private long transactionSinceNanos;

    /** A new client begins. */
    void begin() {
        timedOut = false;
    }

    /** Whether the query was cancelled because it ran too long, and has not ended yet. */
    boolean isTimedOut() {
        return timedOut;
    }

    /** The client is told that its query was cancelled. */
    void onTimeoutTold() {
        timedOut = false;
    }

    /** What holds from now on. */
    private void adopt(TimeoutsConfig now) {
        timeouts = now;
        queryNanos = orNever(now.query());
        transactionNanos = orNever(now.transaction());
        idleNanos = orNever(now.idleInTransaction());
        cancelNanos = now.cancel().toNanos();
    }

    private static long orNever(Duration timeout) {
        return timeout.isZero() ? NEVER : timeout.toNanos();
    }

    /** Looks at the link at this instant, by what the configuration says at this instant. */
    @SuppressWarnings("ReferenceEquality") // a configuration that has changed is another object
    Late judge(Exchange x, TimeoutsConfig now, long nowNanos) {
        if (now != timeouts) {
            adopt(now);
        }
        boolean nowBusy = !x.expected.isEmpty();
        boolean nowOpen = x.client != null && (nowBusy || x.isInTransaction());
        boolean sameTransaction = open && nowOpen && transaction == x.transaction.ended();
        boolean sameStep = sameTransaction && busy == nowBusy && answers == x.expected.answered();
        open = nowOpen;
        busy = nowBusy;
        if (!sameTransaction) {
            transaction = x.transaction.ended();
            transactionSinceNanos = nowNanos;
        }
        if (!sameStep) {
            answers = x.expected.answered();
            stepSinceNanos = nowNanos;
            cancelled = false;
            timedOut = false;
        }
        return nowOpen ? judge(nowNanos, !x.batch.isReady()) : Late.NOTHING;
    }

    /** @param begun whether the client has begun a query since the last ReadyForQuery */
    private Late judge(long nowNanos, boolean begun) {
        if (nowNanos - transactionSinceNanos >= transactionNanos) {
            return Late.TRANSACTION;
        }
        long step = nowNanos - stepSinceNanos;
        if (!busy && begun && step >= queryNanos) {
            return Late.REST_OF_QUERY;
        }
        if (!busy) {
            return step >= idleNanos ? Late.IDLE_IN_TRANSACTION : Late.NOTHING;
        }
        if (cancelled) {
            return step >= cancelNanos ? Late.CANCEL : Late.NOTHING;
        }
        if (step >= queryNanos) {
            cancelled = true;
            timedOut = true;
            stepSinceNanos = nowNanos;
            return Late.QUERY;
        }
        return Late.NOTHING;
    }
}
