package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.pool.ConnectionBudget.Start;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.server.ServerAge.Succession;
import dev.pgpool.core.stats.CloseReason;
import java.util.ArrayDeque;

/**
 * Closes servers of a lane that are too old or were idle for too long, has those replaced first that the pool can't do
 * without, and keeps the minimum. Never locks anything and never has another pool's servers closed.
 *
 * <p>Confined to the event loop of its lane.
 */
final class LaneHousekeeper<S> {
    /** A lane whose servers clients have used within this time is taken to need the only one that is idle. */
    private static final long BUSY_NANOS = 1_000_000_000;

    private final LaneGrowth<S> growth;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private LaneRules rules;
    private final IdleServers<S> idle;
    /** Servers that go when the next connect has succeeded. */
    private final ArrayDeque<S> predecessors = new ArrayDeque<>();
    /** When a client gave a server back last; that a server has connected does not count. */
    private long usedNanos;

    LaneHousekeeper(
            LaneGrowth<S> growth,
            LaneOwner<S> owner,
            ConnectionBudget budget,
            LaneRules rules,
            IdleServers<S> idle,
            long nowNanos) {
        this.growth = growth;
        this.owner = owner;
        this.budget = budget;
        this.rules = rules;
        this.idle = idle;
        this.usedNanos = nowNanos - BUSY_NANOS;
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
        idle.roundRobin(now.roundRobin());
    }

    void onTick(long nowNanos) {
        if (!idle.isEmpty()) {
            for (S server : idle.filter(server -> isDue(owner.age(server), nowNanos))) {
                closeIfDue(server, nowNanos);
            }
        }
        int minimum = owner.minimum();
        boolean more = minimum > 0;
        while (more && budget.servers() < minimum) {
            more = growth.tryConnect(nowNanos, minimum) == Start.STARTED;
        }
    }

    private boolean isDue(ServerAge age, long nowNanos) {
        return age.idleNanos(nowNanos) >= rules.idleNanos() || (!rules.useOnce() && age.isOver(nowNanos));
    }

    /** What closing one server has led to may have changed what is true of the next. */
    private void closeIfDue(S server, long nowNanos) {
        ServerAge age = owner.age(server);
        if (age.idleNanos(nowNanos) >= rules.idleNanos() && budget.servers() > owner.minimum()) {
            if (idle.remove(server)) {
                owner.retire(server, CloseReason.SERVER_IDLE_TIMEOUT);
            }
        } else if (!rules.useOnce() && age.isOver(nowNanos)) {
            boolean needed =
                    budget.servers() <= owner.minimum() || (idle.size() == 1 && nowNanos - usedNanos < BUSY_NANOS);
            if (!maySurvive(server, needed, nowNanos) && idle.remove(server)) {
                owner.retire(server, CloseReason.SERVER_LIFETIME);
            }
        }
    }

    /** A client has given a server back. */
    void used(long nowNanos) {
        usedNanos = nowNanos;
    }

    /** When a client has given a server back last, by the clock of the event loop. */
    long usedNanos() {
        return usedNanos;
    }

    /** Whether a server that was just used and is too old is used on until its replacement is there. */
    boolean maySurviveRelease(S server, boolean wanted, long nowNanos) {
        if (rules.useOnce()) {
            return false;
        }
        boolean needed = wanted || idle.isEmpty() || budget.servers() <= owner.minimum();
        return maySurvive(server, needed, nowNanos);
    }

    private boolean maySurvive(S server, boolean needed, long nowNanos) {
        ServerAge age = owner.age(server);
        if (age.succession() == Succession.BEGUN) {
            return age.overdueNanos(nowNanos) < rules.graceNanos();
        }
        if (age.succession() == Succession.DONE || !needed) {
            return false;
        }
        Start outcome = growth.tryConnect(nowNanos, budget.maxServers());
        if (outcome == Start.STARTED) {
            age.succession(Succession.BEGUN);
            predecessors.add(server);
        }
        // a server that has become old is better than none
        return outcome == Start.STARTED || outcome == Start.TOO_EARLY || outcome == Start.ENOUGH_CONNECTING;
    }

    /** A server has connected: one that waited for that goes, now or when its client has given it back. */
    void onConnected() {
        S old = predecessors.poll();
        if (old != null) {
            owner.age(old).succession(Succession.DONE);
            if (idle.remove(old)) {
                owner.retire(old, CloseReason.SERVER_LIFETIME);
            }
        }
    }

    /** A connect has failed: one that waited for that waits on. */
    void onConnectFailed() {
        S old = predecessors.poll();
        if (old != null) {
            owner.age(old).succession(Succession.NONE);
        }
    }

    /** A server is not of this lane any more. */
    void forget(S server) {
        if (!predecessors.isEmpty()) {
            predecessors.remove(server);
        }
    }
}
