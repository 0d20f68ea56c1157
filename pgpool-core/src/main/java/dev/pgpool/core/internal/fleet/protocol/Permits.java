package dev.pgpool.core.internal.fleet.protocol;

/** Of how many servers a member may have: taken by its lanes, granted and freed by the protocol. Thread-safe. */
public interface Permits {
    /** Servers that there are, those being made and those that end included. */
    int taken();

    /** There may be so many servers from now on, and this is known to be so at this moment. */
    void grant(int servers);

    /**
     * There may be no more servers than this from now on; those that there are stay.
     *
     * @return how many slots they need: more than wanted if there are more servers
     */
    int lower(int servers);

    /** So many servers that had ended are gone, as PostgreSQL sees it. */
    void freed(int servers);

    /** So many servers are to be closed when no client has them; none any more for 0. */
    void shed(int servers);
}
