package dev.pgpool.core.internal.pool;

import java.util.List;

/**
 * Looks for idle servers on the other lanes before a lane connects: one lane after the other is asked, by tasks, and hands
 * over what it can spare. A lane that has a server of its own never gets here.
 *
 * <p>Confined to the event loop of its lane, but for {@link #ask}, which runs on that of the lane asked.
 */
final class LaneSearch<S> {
    private final PoolLane<S> lane;
    private final LaneGrowth<S> growth;
    private final ConnectionBudget budget;
    private List<PoolLane<S>> lanes = List.of();
    private int index;
    private boolean running;
    /** Servers on their way here; below zero while one is here before the word of it. */
    private int coming;

    LaneSearch(PoolLane<S> lane, LaneGrowth<S> growth, ConnectionBudget budget) {
        this.lane = lane;
        this.growth = growth;
        this.budget = budget;
    }

    void join(List<PoolLane<S>> allLanes, int indexOfLane) {
        lanes = allLanes;
        index = indexOfLane;
    }

    /** Servers that other lanes have sent, and that are not here yet. */
    int coming() {
        return Math.max(0, coming);
    }

    /**
     * Looks for this many servers, unless there is none that could be idle elsewhere, or no room for a connect instead.
     *
     * @return whether it looks now: what comes of it is heard of later
     */
    boolean begin(int wanted) {
        if (running) {
            return true;
        }
        if (lanes.size() < 2 || budget.servers() <= budget.connecting() || !budget.hasRoom()) {
            return false;
        }
        running = true;
        pass(wanted, 1);
        return true;
    }

    /** Asks the lane that is this many further. */
    private void pass(int wanted, int distance) {
        PoolLane<S> next = lanes.get((index + distance) % lanes.size());
        next.execute(() -> ask(next, wanted, distance));
    }

    private void ask(PoolLane<S> other, int wanted, int distance) {
        int left = wanted;
        while (left > 0 && other.spares().give(lane)) {
            left--;
        }
        if (left > 0 && distance + 1 < lanes.size()) {
            pass(left, distance + 1);
        } else {
            int missing = left;
            lane.execute(() -> ended(missing));
        }
    }

    private void ended(int missing) {
        running = false;
        if (missing > 0) {
            growth.connectForWaiters();
        } else {
            // other clients may have begun to wait meanwhile
            growth.grow();
        }
    }

    /** A server was sent here. */
    void expect() {
        coming++;
    }

    /** A server that was sent is here, or was lost. */
    void arrived() {
        coming--;
    }
}
