package dev.pgpool.core.internal.fleet.protocol;

/**
 * How many of the slots that a member holds may have a server. A slot is proven by a look that was taken while it was held:
 * slots and sessions that no member answers for are within the bound together. Whatever a dead member has left is one of these
 * sessions, so a slot that it has lost is not used as long as its server is there.
 *
 * <p>A connection that PostgreSQL has not let in is no session yet. So a look proves nothing for a while after a control
 * session has ended for a reason that is not known.
 */
final class SlotProof {
    private static final long FIRST_DELAY_NANOS = 5_000_000;
    private static final long PASSING_DELAY_NANOS = 20_000_000;
    private static final long LONGEST_DELAY_NANOS = 200_000_000;

    private final int bound;
    private int proven;
    private long suspectUntilNanos;
    private long delayNanos = FIRST_DELAY_NANOS;
    private long nextNanos = Long.MAX_VALUE;

    SlotProof(int bound) {
        this.bound = bound;
    }

    int proven() {
        return proven;
    }

    /** When the next look may prove more; {@link Long#MAX_VALUE} if there is nothing to prove. */
    long nextNanos() {
        return nextNanos;
    }

    void lost() {
        proven = 0;
        nextNanos = Long.MAX_VALUE;
    }

    /** A member has gone or come, and not all that it has begun may be seen yet. */
    void suspect(long untilNanos) {
        suspectUntilNanos = untilNanos;
    }

    /** So many slots are held now: those that were given back were not needed. */
    void held(int slots) {
        proven = Math.min(proven, slots);
    }

    /**
     * @param nowNanos when the look was asked for: an answer may come late
     * @param passing whether sessions that no member answers for are new: a member makes them, and answers for them soon
     */
    void look(int slots, FleetView view, long nowNanos, boolean passing) {
        int unproven = slots - proven;
        if (unproven <= 0) {
            nextNanos = Long.MAX_VALUE;
            delayNanos = FIRST_DELAY_NANOS;
        } else if (nowNanos - suspectUntilNanos < 0) {
            nextNanos = suspectUntilNanos;
        } else {
            int excess = Math.max(0, view.slotsHeld() + view.unregistered().size() - bound);
            proven += Math.max(0, unproven - excess);
            boolean rest = proven < slots;
            nextNanos = rest ? nowNanos + delayNanos : Long.MAX_VALUE;
            long longest = passing ? PASSING_DELAY_NANOS : LONGEST_DELAY_NANOS;
            delayNanos = rest ? Math.min(longest, 2 * delayNanos) : FIRST_DELAY_NANOS;
        }
    }
}
