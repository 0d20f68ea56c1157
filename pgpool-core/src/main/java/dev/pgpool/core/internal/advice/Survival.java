package dev.pgpool.core.internal.advice;

import java.util.Arrays;

/**
 * The share of transactions that take longer than a given time, from counts by duration. Before anything is known, all do.
 * Confined to the event loop of its lane.
 */
final class Survival {
    /** Fewer say nothing. */
    private static final long ENOUGH = 50;

    private long[] base = {};
    private long[] last = {};
    private double[] longer = {};
    private long[] nanos = {};
    private boolean known;

    /** Forgets what was before the last call of this. */
    void age(Durations durations) {
        if (durations.buckets() > 0) {
            base = last;
            last = counts(durations);
        }
    }

    private static long[] counts(Durations durations) {
        long[] counts = new long[durations.buckets()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = durations.count(i);
        }
        return counts;
    }

    /** Takes what there has been since the last but one call of {@link #age}, or ever if that is too little. */
    void learn(Durations durations) {
        int count = durations.buckets();
        if (longer.length != count) {
            longer = new double[count];
            nanos = new long[count];
            for (int i = 0; i < count; i++) {
                nanos[i] = durations.nanos(i);
            }
        }
        long recent = fill(durations, base);
        if (recent < ENOUGH) {
            recent = fill(durations, new long[0]);
        }
        known = recent >= ENOUGH;
        if (recent == 0) {
            Arrays.fill(longer, 1);
        } else {
            for (int i = 0; i < count; i++) {
                longer[i] /= recent;
            }
        }
    }

    /** Puts into {@link #longer} how many took longer than a bucket's, half of its own among them; returns how many there are. */
    private long fill(Durations durations, long[] before) {
        long above = 0;
        for (int i = longer.length - 1; i >= 0; i--) {
            long here = durations.count(i) - (i < before.length ? before[i] : 0);
            longer[i] = above + here / 2.0;
            above += here;
        }
        return above;
    }

    /** Whether there has been enough to go by. */
    boolean isKnown() {
        return known;
    }

    /** The share of those that have taken {@code age} which go on for {@code more}. */
    double of(long age, long more) {
        if (more <= 0 || longer.length == 0) {
            return 1;
        }
        double begun = longerThan(age);
        return begun <= 0 ? 1 : longerThan(age + more) / begun;
    }

    private double longerThan(long time) {
        if (time <= nanos[0]) {
            return 1;
        }
        int found = Arrays.binarySearch(nanos, time);
        if (found >= 0) {
            return longer[found];
        }
        int above = -found - 1;
        if (above >= nanos.length) {
            return longer[nanos.length - 1];
        }
        double part = (double) (time - nanos[above - 1]) / (nanos[above] - nanos[above - 1]);
        return longer[above - 1] + part * (longer[above] - longer[above - 1]);
    }
}
