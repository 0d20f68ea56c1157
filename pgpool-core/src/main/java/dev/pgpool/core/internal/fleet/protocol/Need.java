package dev.pgpool.core.internal.fleet.protocol;

/**
 * What the clients of one member need at the moment.
 *
 * @param demand servers that clients have or wait for, no more than the pools may have
 * @param waiting clients that wait
 * @param linked servers that clients have
 * @param idleNanos since a client has had a server; 0 while one has or wants one
 */
public record Need(int demand, int waiting, int linked, long idleNanos) {
    /** No client is there. */
    public static final Need NONE = new Need(0, 0, 0, Long.MAX_VALUE);

    /** The greater of both: what was needed a moment ago is needed again, as a rule. */
    Need max(Need other) {
        return new Need(
                Math.max(demand, other.demand),
                Math.max(waiting, other.waiting),
                Math.max(linked, other.linked),
                Math.min(idleNanos, other.idleNanos));
    }

    /** The same, with at least so many servers. */
    Need atLeast(int servers) {
        return servers <= demand ? this : new Need(servers, waiting, linked, idleNanos);
    }
}
