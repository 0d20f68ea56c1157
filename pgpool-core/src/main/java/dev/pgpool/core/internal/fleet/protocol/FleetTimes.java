package dev.pgpool.core.internal.fleet.protocol;

/**
 * How long a member waits for what, all by its own monotonic clock; no member's clock is compared with another's.
 *
 * @param settleNanos after the unexplained end of a control session, until its connections are sessions or gone
 * @param freshNanos for how long after an answer a server may be begun: a process that was stopped asks again
 * @param alertNanos between two looks at its own clients while clients of any member wait
 * @param periodNanos between two looks at the fleet while clients wait
 * @param restNanos between two looks at the fleet while none does
 * @param callNanos between two calls of a hungry member
 * @param heardNanos for how long a call counts
 * @param turnNanos how long a member has a server that others wait for, when there are more members than servers
 * @param debtNanos until servers without a slot are closed
 */
public record FleetTimes(
        long settleNanos,
        long freshNanos,
        long alertNanos,
        long periodNanos,
        long restNanos,
        long callNanos,
        long heardNanos,
        long turnNanos,
        long debtNanos) {
    private static final long MILLIS = 1_000_000;
    private static final long PAUSE_NANOS = 10 * MILLIS;

    /** Those of poolers. */
    public static final FleetTimes USUAL = new FleetTimes(
            300 * MILLIS,
            100 * MILLIS,
            25 * MILLIS,
            1_000 * MILLIS,
            5_000 * MILLIS,
            1_000 * MILLIS,
            2_500 * MILLIS,
            300 * MILLIS,
            1_000 * MILLIS);

    /** Between two looks for calls that are no news: the more members, the longer, since each call makes all of them look. */
    long pauseNanos(int members) {
        return Math.min(callNanos / 2, members * PAUSE_NANOS);
    }
}
