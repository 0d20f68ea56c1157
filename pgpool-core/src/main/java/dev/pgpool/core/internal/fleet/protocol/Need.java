package dev.pgpool.core.internal.fleet.protocol;

/**
 * What the clients of one member need at the moment.
 *
 * @param demand servers that clients have or wait for, no more than the pools may have
 * @param waiting clients that wait
 * @param linked servers that clients have
 */
public record Need(int demand, int waiting, int linked) {
    /** No client is there. */
    public static final Need NONE = new Need(0, 0, 0);

    /** The greater of both: what was needed a moment ago is needed again, as a rule. */
    Need max(Need other) {
        return new Need(
                Math.max(demand, other.demand), Math.max(waiting, other.waiting), Math.max(linked, other.linked));
    }
}
