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
 * @param keepNanos how long a member keeps its last server that it would soon need again
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
        long debtNanos,
        long keepNanos) {
    private static final long MILLIS = 1_000_000;
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
            1_000 * MILLIS,
            500 * MILLIS);
}
