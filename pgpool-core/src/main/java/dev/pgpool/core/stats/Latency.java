package dev.pgpool.core.stats;

import java.time.Duration;

/**
 * A distribution of durations. The percentiles are right within 3.2 %, never below a microsecond.
 *
 * @param count how many there were
 * @param total their sum
 * @param p50 half of them took no longer; zero if there were none
 * @param p90 90 % of them took no longer
 * @param p99 99 % of them took no longer
 * @param max the longest
 */
public record Latency(long count, Duration total, Duration p50, Duration p90, Duration p99, Duration max) {}
