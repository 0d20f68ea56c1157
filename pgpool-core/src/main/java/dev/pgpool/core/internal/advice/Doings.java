package dev.pgpool.core.internal.advice;

/** What servers in use were doing, in servers times looks. */
public final class Doings {
    private static final long LONG_NANOS = 1_000_000_000;

    private long servers;
    private long longRunning;
    private long idleInTransaction;
    private long kept;

    /**
     * A server is in use.
     *
     * @param age since its transaction has begun; negative if its client keeps it outside of one
     * @param clientsTurn whether it waits for its client
     * @param times how often this counts
     */
    public void inUse(long age, boolean clientsTurn, int times) {
        servers += times;
        if (age < 0) {
            kept += times;
        } else if (clientsTurn) {
            idleInTransaction += times;
        } else if (age >= LONG_NANOS) {
            longRunning += times;
        }
    }

    void add(Doings other) {
        servers += other.servers;
        longRunning += other.longRunning;
        idleInTransaction += other.idleInTransaction;
        kept += other.kept;
    }

    private double share(long some) {
        return servers == 0 ? 0 : (double) some / servers;
    }

    /** In a transaction of more than a second, and working. */
    double longRunning() {
        return share(longRunning);
    }

    /** In a transaction, and waiting for the client. */
    double idleInTransaction() {
        return share(idleInTransaction);
    }

    /** Kept by a client outside of a transaction. */
    double kept() {
        return share(kept);
    }
}
