package dev.pgpool.core.internal.pool;

import java.util.Arrays;

/** Which lanes of the pool are short of servers, and since when their oldest client waits. Confined to one lane's loop. */
final class WaitingLanes {
    static final long NOT_HUNGRY = Long.MIN_VALUE;

    private final long[] since;
    private int hungry;

    WaitingLanes(int lanes) {
        since = new long[lanes];
        Arrays.fill(since, NOT_HUNGRY);
    }

    boolean isEmpty() {
        return hungry == 0;
    }

    boolean isHungry(int lane) {
        return since[lane] != NOT_HUNGRY;
    }

    /** Since when the oldest client of a hungry lane waits. */
    long since(int lane) {
        return since[lane];
    }

    /** The lane whose client has waited for longest, or -1. */
    int hungriest() {
        int found = -1;
        for (int i = 0; hungry > 0 && i < since.length; i++) {
            if (since[i] != NOT_HUNGRY && (found < 0 || since[i] - since[found] < 0)) {
                found = i;
            }
        }
        return found;
    }

    void note(int lane, long sinceNanos) {
        if ((since[lane] == NOT_HUNGRY) != (sinceNanos == NOT_HUNGRY)) {
            hungry += sinceNanos == NOT_HUNGRY ? -1 : 1;
        }
        since[lane] = sinceNanos;
    }
}
