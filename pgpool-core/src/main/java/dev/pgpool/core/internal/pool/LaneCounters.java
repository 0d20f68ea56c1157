package dev.pgpool.core.internal.pool;

/** Counts of one lane: plain longs, written and read on its event loop only. */
public final class LaneCounters {
    private long transactions;
    private long clientParses;
    private long serverParses;
    private long binds;
    private long rollbacks;

    /** A transaction is over. */
    public void countTransaction() {
        transactions++;
    }

    /** A client has sent a Parse. */
    public void countClientParse() {
        clientParses++;
    }

    /** A server was sent a Parse. */
    public void countServerParse() {
        serverParses++;
    }

    /** A client has sent a Bind. */
    public void countBind() {
        binds++;
    }

    /** A transaction was rolled back because its client left. */
    public void countRollback() {
        rollbacks++;
    }

    /** The counts of this instant. */
    public LaneCounters copy() {
        LaneCounters copy = new LaneCounters();
        copy.transactions = transactions;
        copy.clientParses = clientParses;
        copy.serverParses = serverParses;
        copy.binds = binds;
        copy.rollbacks = rollbacks;
        return copy;
    }

    public long transactions() {
        return transactions;
    }

    public long clientParses() {
        return clientParses;
    }

    public long serverParses() {
        return serverParses;
    }

    public long binds() {
        return binds;
    }

    public long rollbacks() {
        return rollbacks;
    }
}
