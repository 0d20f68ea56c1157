package dev.pgpool.core.internal.figures;

import dev.pgpool.core.stats.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A distribution of durations in fixed buckets: sixteen for each doubling from a microsecond to more than an hour, so
 * that whatever is read from it is right within 3.2 %. The buckets are made when the first duration comes; from then on
 * nothing is allocated. Confined to the event loop of its lane.
 */
public final class Histogram {
    /** Shorter ones count as this long: 1,024 ns. */
    private static final int LEAST_BITS = 10;

    private static final int MOST_BITS = 42;
    private static final int STEP_BITS = 4;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int BUCKETS = (MOST_BITS - LEAST_BITS) * STEPS;

    /** As many for each of the boundaries as lie wholly below it. */
    private static final int[] BELOW = Latency.BOUNDARIES.stream()
            .mapToInt(boundary -> bucket(boundary.toNanos()))
            .toArray();

    private static final List<Long> NONE = Collections.nCopies(BELOW.length, 0L);

    private long count;
    private long totalNanos;
    private long maxNanos;
    private long @Nullable [] buckets;

    void add(long nanos) {
        long[] known = buckets;
        if (known == null) {
            known = new long[BUCKETS];
            buckets = known;
        }
        known[bucket(nanos)]++;
        count++;
        totalNanos += nanos;
        maxNanos = Math.max(maxNanos, nanos);
    }

    private static int bucket(long nanos) {
        long bounded = Math.max(nanos, 1L << LEAST_BITS);
        int bits = Long.SIZE - 1 - Long.numberOfLeadingZeros(bounded);
        if (bits >= MOST_BITS) {
            return BUCKETS - 1;
        }
        int step = (int) (bounded >>> (bits - STEP_BITS)) & (STEPS - 1);
        return (bits - LEAST_BITS) * STEPS + step;
    }

    /** How many buckets there are; 0 before the first duration. */
    public int buckets() {
        return buckets == null ? 0 : BUCKETS;
    }

    /** How many durations have come into a bucket. */
    public long count(int bucket) {
        long[] known = buckets;
        return known == null ? 0 : known[bucket];
    }

    /** The middle of a bucket. */
    public static long nanos(int bucket) {
        int bits = LEAST_BITS + bucket / STEPS;
        long width = 1L << (bits - STEP_BITS);
        return (STEPS + bucket % STEPS) * width + width / 2;
    }

    void add(Histogram other) {
        long[] theirs = other.buckets;
        if (theirs == null) {
            return;
        }
        long[] ours = buckets;
        if (ours == null) {
            buckets = theirs.clone();
        } else {
            for (int i = 0; i < BUCKETS; i++) {
                ours[i] += theirs[i];
            }
        }
        count += other.count;
        totalNanos += other.totalNanos;
        maxNanos = Math.max(maxNanos, other.maxNanos);
    }

    public long totalNanos() {
        return totalNanos;
    }

    long count() {
        return count;
    }

    Latency latency() {
        return new Latency(
                count,
                Duration.ofNanos(totalNanos),
                percentile(0.5),
                percentile(0.9),
                percentile(0.99),
                Duration.ofNanos(maxNanos),
                atMost());
    }

    private List<Long> atMost() {
        long[] known = buckets;
        if (known == null) {
            return NONE;
        }
        List<Long> sums = new ArrayList<>(BELOW.length);
        long seen = 0;
        int next = 0;
        for (int end : BELOW) {
            while (next < end) {
                seen += known[next++];
            }
            sums.add(seen);
        }
        return sums;
    }

    private Duration percentile(double share) {
        long[] known = buckets;
        if (known == null) {
            return Duration.ZERO;
        }
        long wanted = (long) Math.ceil(share * count);
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += known[i];
            if (seen >= wanted) {
                return Duration.ofNanos(Math.min(nanos(i), maxNanos));
            }
        }
        return Duration.ofNanos(maxNanos);
    }
}
