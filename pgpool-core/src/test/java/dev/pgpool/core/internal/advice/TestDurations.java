package dev.pgpool.core.internal.advice;

/** Buckets as the lanes of real pools have them: sixteen for each doubling from a microsecond on. */
final class TestDurations implements Durations {
    private final long[] counts = new long[512];
    private long total;

    void add(long nanos) {
        long bounded = Math.max(nanos, 1_024);
        int bits = 63 - Long.numberOfLeadingZeros(bounded);
        counts[(bits - 10) * 16 + (int) ((bounded >>> (bits - 4)) & 15)]++;
        total += nanos;
    }

    long total() {
        return total;
    }

    @Override
    public int buckets() {
        return counts.length;
    }

    @Override
    public long nanos(int bucket) {
        int bits = 10 + bucket / 16;
        long width = 1L << (bits - 4);
        return (16 + bucket % 16) * width + width / 2;
    }

    @Override
    public long count(int bucket) {
        return counts[bucket];
    }
}
