package dev.pgpool.core.internal.transport;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many event loops carry the traffic, and when clients go from one to another, by how busy each has been. One
 * loop is cheapest while a core can carry the traffic: with more of them each finds fewer bytes when it wakes up.
 *
 * <pre>
 *   the busiest loop is busy ({@link #BUSY}) for {@link #GROW_NANOS}:
 *       another one has time ({@link #IDLE}): a part of the clients goes there
 *       none has, and one more is allowed:    it begins, and a part of the clients goes there
 *   one loop less would have time enough ({@link #IDLE}) for {@link #SHRINK_NANOS}:
 *       the last one ends, and its clients go to the first
 * </pre>
 *
 * <p>What counts is the processor time that a loop's thread got, not the time that it wanted: where the machine as a whole is
 * busy another thread brings nothing. Between the two bounds lies enough that a decision does not bring about its
 * opposite. Knows no clock and no thread: its caller has both.
 */
final class LoopDemand {
    /** The share of a core from which a loop is busy. */
    static final double BUSY = 0.8;

    /** The share of a core up to which a loop has time for more. */
    static final double IDLE = 0.5;

    /** Longer than a burst, and than what the compiler takes of a core at the beginning of one. */
    static final long GROW_NANOS = 500_000_000L;

    /** Long, since clients that are moved twice gain nothing. */
    static final long SHRINK_NANOS = 10_000_000_000L;

    /** What is to be done: clients of one loop go to another. */
    record Move(int from, int to, double share) {}

    private static final long NEVER = -1;

    private final int most;
    private int active = 1;
    private long busyNanos = NEVER;
    private long idleNanos = NEVER;

    /** @param most how many loops there are */
    LoopDemand(int most) {
        this.most = most;
    }

    /** How many loops carry traffic: the first so many. */
    int active() {
        return active;
    }

    /**
     * Tells how busy the loops were in the last moments, and learns what follows.
     *
     * @param elapsedNanos for how long
     * @param shares of a core, for each loop, the inactive ones, too
     * @return null if nothing is to be done; otherwise the number of active loops may have changed
     */
    @Nullable
    Move observe(long elapsedNanos, double[] shares) {
        int busiest = 0;
        int idlest = 0;
        for (int i = 1; i < active; i++) {
            busiest = shares[i] > shares[busiest] ? i : busiest;
            idlest = shares[i] < shares[idlest] ? i : idlest;
        }
        busyNanos = shares[busiest] >= BUSY ? since(busyNanos, elapsedNanos) : NEVER;
        boolean tooMany = active > 1 && Arrays.stream(shares).sum() <= IDLE * (active - 1);
        idleNanos = tooMany ? since(idleNanos, elapsedNanos) : NEVER;
        if (busyNanos >= GROW_NANOS) {
            busyNanos = NEVER;
            return relieve(busiest, idlest, shares);
        }
        if (idleNanos >= SHRINK_NANOS) {
            idleNanos = NEVER;
            active--;
            return new Move(active, 0, 1);
        }
        return null;
    }

    /** The first look begins a time, and does not count: it was so at its end only. */
    private static long since(long before, long elapsedNanos) {
        return before == NEVER ? 0 : before + elapsedNanos;
    }

    private @Nullable Move relieve(int busiest, int idlest, double[] shares) {
        if (busiest != idlest && shares[idlest] <= IDLE) {
            return new Move(busiest, idlest, (shares[busiest] - shares[idlest]) / 2 / shares[busiest]);
        }
        if (active == most) {
            return null;
        }
        return new Move(busiest, active++, 0.5);
    }
}
