package dev.pgpool.core.internal.link;

/** Counts of one lane: plain longs, written and read on its event loop only. */
public final class LinkCounters {
    long transactions;
    long clientParses;
    long serverParses;
    long binds;
    long rollbacks;

    /** The counts of this instant. */
    public LinkCounters copy() {
        LinkCounters copy = new LinkCounters();
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
