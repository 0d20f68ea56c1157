package dev.pgpool.core.internal.pool;

import dev.pgpool.core.stats.CloseReason;

/**
 * Idle servers of a lane that no client of its pool waits for: other lanes of the pool may have them, and other pools under
 * the same cap may have them closed. Confined to the event loop of its lane.
 */
final class SpareServers<S> {
    private final PoolLane<S> lane;
    private final LaneOwner<S> owner;
    private final IdleServers<S> idle;
    private final LaneDispatcher<S> dispatcher;

    SpareServers(PoolLane<S> lane, LaneOwner<S> owner, IdleServers<S> idle, LaneDispatcher<S> dispatcher) {
        this.lane = lane;
        this.owner = owner;
        this.idle = idle;
        this.dispatcher = dispatcher;
    }

    /** Whether there is one. */
    boolean isAny() {
        return !idle.isEmpty() && !lane.isWanted();
    }

    /** Since when the one was idle that was so for longest. */
    long oldestSinceNanos() {
        S oldest = idle.oldest();
        return oldest == null ? lane.tickNanos() : owner.age(oldest).idleSinceNanos();
    }

    /** Closes the one that was idle for longest, if there is one: that makes room for another pool. */
    void evictOldest() {
        S oldest = isAny() ? idle.oldest() : null;
        if (oldest != null) {
            idle.remove(oldest);
            owner.retire(oldest, CloseReason.EVICTED);
        }
    }

    /** Gives one to another lane of the pool; false if there is none. */
    boolean give(PoolLane<S> to) {
        return !lane.isHeld() && isAny() && dispatcher.handOver(to);
    }
}
