package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import org.jspecify.annotations.Nullable;

/** Why the last attempt of a pool to connect has failed, and what clients are told because of it. Thread-safe. */
final class LastFailure {
    /** A server that others use comes free within this time, as a rule. */
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final ConnectionBudget budget;
    private volatile @Nullable ErrorFields error;
    private volatile long failedNanos;

    LastFailure(ConnectionBudget budget) {
        this.budget = budget;
    }

    /** Null if the last attempt has not failed, or says nothing any more. */
    @Nullable
    ErrorFields error() {
        return error;
    }

    void failed(ErrorFields now) {
        failedNanos = System.nanoTime();
        error = now;
    }

    /** An attempt has succeeded. */
    void connected() {
        error = null;
    }

    /** What was refused may go well now: the next attempt need not wait. */
    void forget() {
        error = null;
        budget.unblock();
    }

    /** Goes on from what a pool of the same name knew. */
    void recall(FailureMemory.Failure failure) {
        failed(failure.error());
        budget.block(failure.retryAtNanos());
    }

    /** What the next pool of the name should know; null if nothing has failed, or the next attempt is due. */
    FailureMemory.@Nullable Failure toRemember(long nowNanos) {
        ErrorFields failure = error;
        Long retryAt = budget.blockedUntilNanos(nowNanos);
        return failure == null || retryAt == null ? null : new FailureMemory.Failure(failure, retryAt);
    }

    /**
     * What to tell a client that has waited for this long, while the last attempt to connect has failed in a way that
     * waiting can't help; null if it may wait.
     */
    @Nullable
    ErrorFields refusal(long nowNanos, long waitedNanos) {
        ErrorFields failure = error;
        if (failure == null
                || ConnectFailures.mayPass(failure)
                || !budget.isBlocked(nowNanos)
                || waitedNanos < patienceNanos()) {
            return null;
        }
        // as PgBouncer has it: what a client waited for has failed, and a client that comes later is told from memory
        boolean waitedForIt = nowNanos - waitedNanos - failedNanos <= 0;
        return (waitedForIt ? PoolerError.SERVER_LOGIN_FAILED : PoolerError.SERVER_LOGIN_FAILING).from(failure);
    }

    /** How long clients wait for a server that is there and in use, before they hear why there can't be another. */
    long patienceNanos() {
        return budget.hasReady() ? PATIENCE_NANOS : 0;
    }
}
