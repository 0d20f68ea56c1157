package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerAge;
import org.jspecify.annotations.Nullable;

/**
 * Which servers of a lane must be checked before a client gets them, and the checks that are running. Confined to the event
 * loop of its lane.
 */
final class IdleChecks<S> {
    private final PoolLane<S> lane;
    private final LaneOwner<S> owner;
    private LaneRules rules;
    private int running;
    /** A server that has just connected or passed its check: it need not be checked. */
    private @Nullable S knownGood;

    IdleChecks(PoolLane<S> lane, LaneOwner<S> owner, LaneRules rules) {
        this.lane = lane;
        this.owner = owner;
        this.rules = rules;
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
    }

    /** Whether an idle server would be checked before a client gets it. */
    boolean isStale(S server, long tickNanos) {
        ServerAge age = owner.age(server);
        return age.idleNanos(tickNanos) >= rules.checkDelayNanos() && server != knownGood && !age.isFresh(tickNanos);
    }

    /** The server that needs no check for now; null for none. */
    void trust(@Nullable S server) {
        knownGood = server;
    }

    /** Servers that are being checked. */
    int running() {
        return running;
    }

    void begin(S server) {
        running++;
        owner.age(server).checking(true);
        owner.check(server, lane);
    }

    /** The check of this server is over: it has passed, or the server is gone. */
    void end(S server) {
        owner.age(server).checking(false);
        running--;
    }
}
