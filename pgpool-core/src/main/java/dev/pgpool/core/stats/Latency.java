package dev.pgpool.core.stats;

import java.time.Duration;
import java.util.List;

/**
 * A distribution of durations. The percentiles are right within 3.2 %, never below a microsecond.
 *
 * @param count how many there were
 * @param total their sum
 * @param p50 half of them took no longer; zero if there were none
 * @param p90 90 % of them took no longer
 * @param p99 99 % of them took no longer
 * @param max the longest
 * @param atMost for each of the {@link #BOUNDARIES}, how many took no longer; those within 6.3 % below a boundary may be missing
 *     from its number, and are in the next
 */
public record Latency(
        long count, Duration total, Duration p50, Duration p90, Duration p99, Duration max, List<Long> atMost) {
    /** From half a millisecond to a minute, rising. */
    public static final List<Duration> BOUNDARIES = List.of(
            Duration.ofNanos(500_000),
            Duration.ofMillis(1),
            Duration.ofNanos(2_500_000),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2_500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60));

    public Latency {
        atMost = List.copyOf(atMost);
    }
}
