package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.SessionState;

/** Counts of one lane: plain longs, written and read on its event loop only. */
public final class LaneCounters {
    private long transactions;
    private long clientParses;
    private long serverParses;
    private long binds;
    private long rollbacks;
    private long cleanings;
    private long[] pins = new long[SessionState.count()];
    private int pinned;

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

    /** Session state was taken off a server after its client. */
    public void countCleaning() {
        cleanings++;
    }

    /** A client keeps its server for the kinds in {@code after}; before it was those in {@code before}. */
    void countPins(int before, int after) {
        for (int i = 0; i < pins.length; i++) {
            int bit = 1 << i;
            if ((after & bit) != 0 && (before & bit) == 0) {
                pins[i]++;
            }
        }
        pinned += (after == 0 ? 0 : 1) - (before == 0 ? 0 : 1);
    }

    /** The counts of this instant. */
    public LaneCounters copy() {
        LaneCounters copy = new LaneCounters();
        copy.transactions = transactions;
        copy.clientParses = clientParses;
        copy.serverParses = serverParses;
        copy.binds = binds;
        copy.rollbacks = rollbacks;
        copy.cleanings = cleanings;
        copy.pins = pins.clone();
        copy.pinned = pinned;
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

    public long cleanings() {
        return cleanings;
    }

    /** How often a kind of state has bound a client to its server. */
    public long pins(SessionState kind) {
        return pins[kind.ordinal()];
    }

    /** Clients that keep their server now. */
    public int pinned() {
        return pinned;
    }
}
