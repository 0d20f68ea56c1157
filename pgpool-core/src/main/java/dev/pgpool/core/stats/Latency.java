package dev.pgpool.core.stats;

import java.time.Duration;

/**
 * A distribution of durations.
 *
 * @param count how many there were
 * @param total their sum
 * @param median half of them took no longer
 * @param p90 90 % of them took no longer
 * @param p99 99 % of them took no longer
 * @param max the longest
 */
public record Latency(long count, Duration total, Duration median, Duration p90, Duration p99, Duration max) {
    public static final Latency NONE =
            new Latency(0, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
