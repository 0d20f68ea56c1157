package dev.pgpool.core.internal.fleet.protocol;

/**
 * The last server of a member whose clients ask for one now and then. To give it away and to get another costs PostgreSQL two
 * processes and the clients a hand-over, so one that was missed as soon as it was given away is kept for a while the next time.
 */
final class LastServer {
    private final long keepNanos;
    private long usedNanos;
    private boolean ever;
    private boolean missing;
    private boolean kept;

    /** @param keepNanos how long it is kept, and what is as soon */
    LastServer(long keepNanos) {
        this.keepNanos = keepNanos;
    }

    /** What the clients need, and how many slots there are for them. */
    void see(Need need, int slots, long nowNanos) {
        boolean misses = need.demand() > 0 && slots == 0;
        if (misses && !missing) {
            kept = ever && nowNanos - usedNanos < keepNanos;
        }
        missing = misses;
        if (!misses && need.idleNanos() < keepNanos) {
            usedNanos = nowNanos - need.idleNanos();
            ever = true;
        }
    }

    /** Whether it stays, though other members need servers and no client here has it. */
    boolean isKept(long nowNanos) {
        return kept && ever && nowNanos - usedNanos < keepNanos;
    }
}
