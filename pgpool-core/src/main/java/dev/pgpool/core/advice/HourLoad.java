package dev.pgpool.core.advice;

import java.time.Duration;
import java.time.Instant;

/**
 * One hour of a database.
 *
 * @param begin a whole hour in UTC
 * @param observed how long the pooler ran within it
 * @param servers servers in use at once, on the average of the time observed
 * @param transactions transactions that have ended
 */
public record HourLoad(Instant begin, Duration observed, double servers, long transactions) {
    private static final int SECONDS = 3_600;

    public HourLoad {
        if (begin.getEpochSecond() % SECONDS != 0 || begin.getNano() != 0) {
            throw new IllegalArgumentException("begin: " + begin + " (expected: a whole hour in UTC)");
        }
    }

    /** The sum of the loads of two databases in the same hour. */
    HourLoad plus(HourLoad other) {
        return new HourLoad(
                begin,
                observed.compareTo(other.observed) > 0 ? observed : other.observed,
                servers + other.servers,
                transactions + other.transactions);
    }
}
