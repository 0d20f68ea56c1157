package dev.pgpool.core.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * A lane's place in the queue of a {@link SharedCap} that is in its way, and its claim that other pools make room.
 * Confined to the event loop of its lane.
 */
final class CapQueuePlace {
    private final PoolLane<?> lane;
    private final ConnectionBudget budget;
    private @Nullable SharedCap cap;
    private boolean woken;
    private boolean evicting;

    CapQueuePlace(PoolLane<?> lane, ConnectionBudget budget) {
        this.lane = lane;
        this.budget = budget;
    }

    /** The cap in whose queue the lane is. */
    @Nullable
    SharedCap cap() {
        return cap;
    }

    /** Whether it is the lane's turn, so that it need not mind queues. */
    boolean isWoken() {
        return woken;
    }

    /** Waits in the queue of this cap and in no other; in none for null. */
    void waitAt(@Nullable SharedCap wanted) {
        SharedCap before = cap;
        if (before == wanted) {
            return;
        }
        cap = wanted;
        if (before != null) {
            before.dequeue(lane);
        }
        if (wanted != null) {
            wanted.enqueue(lane, woken);
            evict();
        }
    }

    /** Asks the other pools to make room, if it is waited for; again and again, but one server at a time. */
    void evict() {
        if (cap != null && !evicting) {
            evicting = true;
            new Eviction(budget.fullCaps(), lane).begin();
        }
    }

    void onEvictionEnded() {
        evicting = false;
    }

    /** There is room under the cap, and it is the lane's turn; what it has no use for is the next one's. */
    void onRoom(SharedCap roomy, Runnable grow) {
        if (cap == roomy) {
            cap = null;
        }
        woken = true;
        try {
            grow.run();
        } finally {
            woken = false;
        }
        roomy.wakeNext();
    }
}
