package dev.pgpool.core.internal.pool;

import java.util.List;

/**
 * What the lanes of a pool tell each other of clients that wait: a lane that is short of servers and may not connect announces
 * that it is hungry, and takes that back when no client waits there any more. Each lane notes what the others have said, so
 * that a lane which has servers need not ask.
 *
 * <p>Confined to the event loop of its lane; other lanes are told by tasks.
 */
final class LaneHunger<S> {
    private final PoolLane<S> lane;
    private final ConnectionBudget budget;
    private List<PoolLane<S>> lanes = List.of();
    private int index;
    /** Which of the other lanes are hungry. */
    private WaitingLanes others = new WaitingLanes(0);

    private boolean announced;

    LaneHunger(PoolLane<S> lane, ConnectionBudget budget) {
        this.lane = lane;
        this.budget = budget;
    }

    void join(List<PoolLane<S>> allLanes, int indexOfLane) {
        lanes = allLanes;
        index = indexOfLane;
        others = new WaitingLanes(allLanes.size());
    }

    /** Whether the others know that this lane is hungry. */
    boolean isAnnounced() {
        return announced;
    }

    /** Which of the other lanes are hungry. */
    WaitingLanes others() {
        return others;
    }

    /** The hungry lane of this index gets a server now, and has to announce itself again if it needs more. */
    PoolLane<S> serve(int hungry) {
        others.note(hungry, WaitingLanes.NOT_HUNGRY);
        return lanes.get(hungry);
    }

    /** There may be room for another server where a lane is hungry. */
    void growOthers() {
        if (others.isEmpty()) {
            return;
        }
        for (int i = 0; i < lanes.size(); i++) {
            if (others.isHungry(i)) {
                grow(i);
            }
        }
    }

    private void grow(int hungry) {
        PoolLane<S> other = lanes.get(hungry);
        other.execute(other.growth()::grow);
    }

    /** @param since since when the oldest client here waits */
    void announce(long since) {
        if (lanes.size() > 1) {
            announced = true;
            tellOthers(since);
        }
    }

    /** No client waits here any more. */
    void calm() {
        if (announced) {
            announced = false;
            tellOthers(WaitingLanes.NOT_HUNGRY);
        }
    }

    private void tellOthers(long since) {
        for (PoolLane<S> other : lanes) {
            if (other != lane) {
                other.execute(() -> other.onHungry(index, since));
            }
        }
    }

    /** Another lane has said since when its oldest client waits, or that none does. */
    void note(int other, long since) {
        others.note(other, since);
    }

    /** A permit may have been freed here before it was known that the other lane is hungry. */
    void growIfStillHungry(int other) {
        if (others.isHungry(other) && budget.hasRoom()) {
            grow(other);
        }
    }
}
