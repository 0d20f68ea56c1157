package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;

/**
 * Ends the wait of clients that get no server from their lane, with the reason: they have waited for too long, or none can be
 * had. Confined to the event loop of its lane.
 */
final class WaitEnds<S> {
    private static final String PAUSED_HINT = "An operator has paused the pool, and has to resume it.";

    private final PoolLane<S> lane;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private final WaiterQueue<S> waiters;
    private final LaneGrowth<S> growth;
    private LaneRules rules;

    WaitEnds(
            PoolLane<S> lane,
            LaneOwner<S> owner,
            ConnectionBudget budget,
            LaneRules rules,
            WaiterQueue<S> waiters,
            LaneGrowth<S> growth) {
        this.lane = lane;
        this.owner = owner;
        this.budget = budget;
        this.rules = rules;
        this.waiters = waiters;
        this.growth = growth;
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
    }

    /** Tells the clients that have waited too long that there is no server, and those that have waited for long that they do. */
    void onTick(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        while (oldest != null && nowNanos - oldest.waitingSinceNanos >= rules.waitTimeoutNanos()) {
            waiters.remove(oldest);
            oldest.onWaitTimeout(timedOut());
            oldest = waiters.peek();
        }
        while (oldest != null) {
            ErrorFields refusal = owner.refusal(nowNanos, nowNanos - oldest.waitingSinceNanos);
            if (refusal == null) {
                break;
            }
            waiters.remove(oldest);
            oldest.onNoServer(refusal);
            oldest = waiters.peek();
        }
        if (rules.waitNoticeNanos() != LaneRules.NEVER) {
            waiters.tellLongWait(nowNanos - rules.waitNoticeNanos());
        }
        growth.calm();
    }

    /** Tells the clients that have waited since then or longer that no server can be had. */
    void refuse(ErrorFields error, long waitingSinceNanos) {
        Waiter<S> oldest = waiters.peek();
        while (oldest != null && oldest.waitingSinceNanos - waitingSinceNanos <= 0) {
            waiters.remove(oldest);
            oldest.onNoServer(error);
            oldest = waiters.peek();
        }
        growth.calm();
    }

    /** If the pool is paused or connects fail, that is why, and not that there are too few servers. */
    private ErrorFields timedOut() {
        ErrorFields failure = owner.lastFailure();
        ErrorFields timeout = PoolerError.QUERY_WAIT_TIMEOUT.with(state());
        if (lane.isHeld()) {
            return new ErrorFields(
                    timeout.severity(), timeout.sqlState(), timeout.message(), null, PAUSED_HINT, timeout.words());
        }
        return failure == null
                ? timeout
                : new ErrorFields(
                        timeout.severity(),
                        timeout.sqlState(),
                        timeout.message() + ": " + failure.message(),
                        failure.detail(),
                        failure.hint());
    }

    private String state() {
        SharedCap cap = growth.place().cap();
        return "no server within " + rules.waitTimeoutNanos() / 1_000_000 + " ms ("
                + (lane.isHeld() ? "paused, " : "")
                + "servers " + budget.servers()
                + (budget.hasLimit() ? " of " + budget.maxServers() : "")
                + (cap == null ? "" : ", with other pools " + cap.taken() + " of " + cap.max())
                + ", connecting " + budget.connecting() + ", idle here " + lane.idleCount() + pinned()
                + ", waiting here " + waiters.size() + ")";
    }

    private String pinned() {
        int pinned = owner.pinned();
        return pinned == 0 ? "" : ", pinned here " + pinned;
    }
}
