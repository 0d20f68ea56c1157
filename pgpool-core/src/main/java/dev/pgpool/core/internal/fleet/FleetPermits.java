package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.internal.fleet.protocol.Permits;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Of how many servers this process may have in a fleet. Asked by lanes, told by the member. Thread-safe without locks: a
 * grant is taken by one compare-and-set, and what was granted and taken is in one number.
 */
public final class FleetPermits implements Permits {
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger toShed = new AtomicInteger();
    private final long freshNanos;
    private final LongSupplier clock;
    private volatile long grantedNanos;
    /** Servers that the fleet leaves to this process, as of the last look; below zero if it is not known. */
    private volatile int room = -1;

    /** @param freshNanos for how long a grant counts */
    FleetPermits(long freshNanos, LongSupplier clock) {
        this.freshNanos = freshNanos;
        this.clock = clock;
    }

    private static int taken(long both) {
        return (int) (both >>> 32);
    }

    private static int granted(long both) {
        return (int) both;
    }

    private static long both(int taken, int granted) {
        return (long) taken << 32 | granted;
    }

    /** Takes a permit, if there is one and it was granted just now. */
    public boolean tryTake() {
        while (true) {
            long before = numbers.get();
            if (taken(before) >= granted(before) || !isFresh()) {
                return false;
            }
            if (numbers.compareAndSet(before, both(taken(before) + 1, granted(before)))) {
                return true;
            }
        }
    }

    /** A server takes the place of one that has just ended. */
    public void takeOver() {
        numbers.addAndGet(both(1, 0));
    }

    private boolean isFresh() {
        return clock.getAsLong() - grantedNanos <= freshNanos;
    }

    /** How many are left to take now. */
    public int free() {
        long now = numbers.get();
        return isFresh() ? Math.max(0, granted(now) - taken(now)) : 0;
    }

    /** So many servers does the fleet leave to this process; below zero if it is not known. */
    void leave(int servers) {
        room = servers;
    }

    /** How many servers the fleet would leave to this process if its clients needed them; empty if it is not known. */
    public OptionalInt room() {
        int known = room;
        return known < 0 ? OptionalInt.empty() : OptionalInt.of(known);
    }

    @Override
    public int taken() {
        return taken(numbers.get());
    }

    @Override
    public void grant(int servers) {
        grantedNanos = clock.getAsLong();
        numbers.updateAndGet(before -> both(taken(before), servers));
    }

    @Override
    public int lower(int servers) {
        long now = numbers.updateAndGet(before -> both(taken(before), Math.min(granted(before), servers)));
        return Math.max(servers, taken(now));
    }

    @Override
    public void freed(int servers) {
        numbers.addAndGet(-both(servers, 0));
    }

    @Override
    public void shed(int servers) {
        toShed.set(servers);
    }

    /** Whether there are servers to be closed. */
    public boolean isShedding() {
        return toShed.get() > 0;
    }

    /** Whether a server that no client has is to be closed; the caller closes it. */
    public boolean tryShed() {
        return toShed.get() > 0 && toShed.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }
}
