package dev.pgpool.core.internal.advice;

/** How many things have taken how long, by ascending buckets of duration. */
public interface Durations {
    /** How many buckets there are; 0 before the first duration. */
    int buckets();

    /** The middle of a bucket. */
    long nanos(int bucket);

    /** How many there have been; only grows. */
    long count(int bucket);
}
