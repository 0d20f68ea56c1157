package dev.pgpool.core.internal.fleet.protocol;

/** The most that clients have needed within a moment: what was needed just now is needed again, as a rule. */
final class RecentNeed {
    private final long halfNanos;
    private long begunNanos;
    private Need present = Need.NONE;
    private Need past = Need.NONE;

    /** @param halfNanos of the moment */
    RecentNeed(long halfNanos) {
        this.halfNanos = halfNanos;
    }

    /** Returns the most of what is needed now and was before. */
    Need see(Need now, long nowNanos) {
        long age = nowNanos - begunNanos;
        if (age < halfNanos) {
            present = now.max(present);
        } else {
            past = age < 2 * halfNanos ? present : Need.NONE;
            present = now;
            begunNanos = nowNanos;
        }
        return present.max(past);
    }
}
