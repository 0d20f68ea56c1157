package dev.pgpool.core.internal.fleet.protocol;

/**
 * When the step was asked that is under way, and whether its answer is one of now. A network that held it back for a while may
 * hold back the end of the session, too: what the answer says may not be so any more.
 */
final class AnswerTime {
    private final long soonNanos;
    private long askedNanos;
    private long lastNanos;

    /** @param soonNanos within which an answer is never late */
    AnswerTime(long soonNanos) {
        this.soonNanos = soonNanos;
    }

    void asked(long nowNanos) {
        askedNanos = nowNanos;
    }

    /** What the answer says was so then, or later. */
    long askedNanos() {
        return askedNanos;
    }

    /** Whether the answer took much longer than the one before: where all take long, none is late. */
    boolean isLate(long nowNanos) {
        long took = nowNanos - askedNanos;
        boolean late = took > soonNanos && took > 2 * lastNanos;
        lastNanos = took;
        return late;
    }
}
