package dev.pgpool.core.internal.advice;

import java.util.Arrays;

/**
 * A distribution of whole numbers with weights. The first are exact, then there is a fixed number of buckets for each doubling;
 * two of them add up to the sketch of both. Takes the memory of its largest number, and none while it is empty.
 */
final class Sketch {
    private static final long[] NONE = {};
    /** Larger numbers count as this one. */
    private static final int MOST_BITS = 40;

    /** Numbers below two to this power are exact; as many buckets follow for each doubling, or fewer. */
    private final int exactBits;

    private final int stepBits;
    private long weight;
    private long most;
    private long[] buckets = NONE;

    private Sketch(int exactBits, int stepBits) {
        this.exactBits = exactBits;
        this.stepBits = stepBits;
    }

    /** Of servers or clients: exact below 128, then within 1.6 %. */
    static Sketch ofCounts() {
        return new Sketch(7, 5);
    }

    /** Of microseconds: within 6.3 %. */
    static Sketch ofMicros() {
        return new Sketch(3, 3);
    }

    void add(long value, long times) {
        if (times <= 0) {
            return;
        }
        long bounded = Math.min(Math.max(0, value), (1L << MOST_BITS) - 1);
        int bucket = bucket(bounded);
        if (bucket >= buckets.length) {
            buckets = Arrays.copyOf(buckets, bucket + 1);
        }
        buckets[bucket] += times;
        weight += times;
        most = Math.max(most, bounded);
    }

    void add(Sketch other) {
        if (other.buckets.length > buckets.length) {
            buckets = Arrays.copyOf(buckets, other.buckets.length);
        }
        for (int i = 0; i < other.buckets.length; i++) {
            buckets[i] += other.buckets[i];
        }
        weight += other.weight;
        most = Math.max(most, other.most);
    }

    private int bucket(long value) {
        if (value < 1L << exactBits) {
            return (int) value;
        }
        int bits = Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
        int step = (int) (value >>> (bits - stepBits)) & ((1 << stepBits) - 1);
        return (1 << exactBits) + ((bits - exactBits) << stepBits) + step;
    }

    /** The middle of a bucket. */
    private long value(int bucket) {
        if (bucket < 1 << exactBits) {
            return bucket;
        }
        int beyond = bucket - (1 << exactBits);
        int bits = exactBits + (beyond >> stepBits);
        long width = 1L << (bits - stepBits);
        return ((1L << stepBits) + (beyond & ((1 << stepBits) - 1))) * width + width / 2;
    }

    /** The least number that at least this share of the weight does not exceed; 0 if there is nothing. */
    long quantile(double share) {
        double wanted = share * weight;
        long seen = 0;
        for (int i = 0; i < buckets.length; i++) {
            seen += buckets[i];
            if (seen > 0 && seen >= wanted) {
                return Math.min(value(i), most);
            }
        }
        return most;
    }

    /** The share of the weight at this number or above; 0 if there is nothing. */
    double shareFrom(long value) {
        long above = 0;
        for (int i = bucket(Math.min(Math.max(0, value), (1L << MOST_BITS) - 1)); i < buckets.length; i++) {
            above += buckets[i];
        }
        return weight == 0 ? 0 : (double) above / weight;
    }

    /** The share that numbers from this one on have in the sum of all; 0 if there is nothing. */
    double sumShareFrom(long from) {
        double all = 0;
        double above = 0;
        for (int i = 0; i < buckets.length; i++) {
            double part = (double) buckets[i] * value(i);
            all += part;
            above += value(i) >= from ? part : 0;
        }
        return all == 0 ? 0 : above / all;
    }

    double mean() {
        double sum = 0;
        for (int i = 0; i < buckets.length; i++) {
            sum += (double) buckets[i] * value(i);
        }
        return weight == 0 ? 0 : sum / weight;
    }

    long weight() {
        return weight;
    }

    long most() {
        return most;
    }
}
