package dev.pgpool.core.internal.pool;

import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many servers several pools may have together: those of a database, or those of a user. Thread-safe without locks.
 *
 * <p>A lane that finds no room is put into a queue. When a permit comes free, the first of the queue is woken, and wakes
 * the next if there is room left; others take nothing as long as there is a queue, so that no pool starves. The permit is
 * not handed to the lane that is woken: it may need one of another cap too, and two lanes that each hold what the other
 * needs would never end.
 */
sealed class SharedCap permits FleetCap {
    /** Of a cap that limits nothing. */
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private volatile int max;
    private final AtomicInteger taken = new AtomicInteger();
    private final Deque<PoolLane<?>> hungry = new ConcurrentLinkedDeque<>();
    private final List<PoolLane<?>> members = new CopyOnWriteArrayList<>();

    /** @param max 0 for no limit */
    SharedCap(int max) {
        this.max = max == 0 ? UNLIMITED : max;
    }

    /** There may be more, or fewer, from now on; permits that are taken stay so. */
    final void limit(int now) {
        max = now == 0 ? UNLIMITED : now;
        wakeFor(max - taken.get());
    }

    /** So many may try again. */
    final void wakeFor(int permits) {
        for (int room = permits; room > 0 && !hungry.isEmpty(); room--) {
            wakeNext();
        }
    }

    void join(List<? extends PoolLane<?>> lanes) {
        members.addAll(lanes);
    }

    /** The lanes belong no longer to it. */
    void leave(List<? extends PoolLane<?>> lanes) {
        members.removeAll(lanes);
        hungry.removeAll(lanes);
    }

    /** Permits in use. */
    final int taken() {
        return taken.get();
    }

    /** Whether there is a limit. */
    boolean limits() {
        return max != UNLIMITED;
    }

    int max() {
        return max;
    }

    /** @param woken whether the taker was woken, and need not mind the queue */
    boolean tryTake(boolean woken) {
        return (woken || hungry.isEmpty()) && take();
    }

    /** Takes a permit if one is free. */
    boolean take() {
        return ConnectionBudget.increment(taken, max);
    }

    /** A permit is free. */
    void give() {
        taken.decrementAndGet();
        wakeNext();
    }

    /** If there is room, the first in the queue may try again. */
    void wakeNext() {
        if (isFull()) {
            return;
        }
        PoolLane<?> next = hungry.poll();
        if (next != null) {
            try {
                next.execute(() -> next.onRoom(this));
            } catch (RejectedExecutionException e) {
                // the pooler is closing, no client waits any more
            }
        }
    }

    /**
     * The lane found no room: it will be woken.
     *
     * @param first whether it was woken already and keeps its place
     */
    void enqueue(PoolLane<?> lane, boolean first) {
        if (first) {
            hungry.addFirst(lane);
        } else {
            hungry.addLast(lane);
        }
        // a permit may have come free before the lane was in the queue
        wakeNext();
    }

    /** The lane wants no permit any more; it may be woken nevertheless. */
    void dequeue(PoolLane<?> lane) {
        hungry.remove(lane);
    }

    /** Whether no permit is free. */
    boolean isFull() {
        return taken.get() >= max;
    }

    /** The lanes of other pools than the lane's own, as far as they have servers. */
    List<PoolLane<?>> othersThan(PoolLane<?> lane) {
        return members.stream()
                .filter(other -> !other.isSiblingOf(lane) && other.poolHasServers())
                .toList();
    }
}
