package dev.pgpool.core.internal.figures;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.stats.PgPoolSnapshot.Latencies;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Counts of one lane, or the sum of several: plain longs, written and read on the lane's event loop only. */
public final class LaneCounters {
    private long assignments;
    private long transactions;
    private long queries;
    private long bytesReceived;
    private long bytesSent;
    private long clientParses;
    private long serverParses;
    private long binds;
    private long rollbacks;
    private long cleanings;
    private long evictions;
    private long connectFailures;
    private final long[] pins = new long[SessionState.count()];
    private int pinned;
    private final Histogram waits = new Histogram();
    private final Histogram queryTimes = new Histogram();
    private final Histogram transactionTimes = new Histogram();
    private final Histogram connects = new Histogram();
    private final Histogram logins = new Histogram();

    private boolean countsStatements = true;

    /** Whether the Parses and Binds of clients are counted: as in PgBouncer, not where {@code max_prepared_statements} is 0. */
    public void countStatements(boolean wanted) {
        countsStatements = wanted;
    }

    /** A client was given a server. */
    public void countAssignment() {
        assignments++;
    }

    /** A transaction is over. */
    public void countTransaction() {
        transactions++;
    }

    /** A ReadyForQuery was passed on. */
    public void countQuery() {
        queries++;
    }

    /** Bytes have come from a client. */
    public void countReceived(int bytes) {
        bytesReceived += bytes;
    }

    /** Bytes have gone to a client. */
    public void countSent(long bytes) {
        bytesSent += bytes;
    }

    /** A client has sent a Parse. */
    public void countClientParse() {
        if (countsStatements) {
            clientParses++;
        }
    }

    /** A server was sent a Parse. */
    public void countServerParse() {
        if (countsStatements) {
            serverParses++;
        }
    }

    /** A client has sent a Bind. */
    public void countBind() {
        if (countsStatements) {
            binds++;
        }
    }

    /** A transaction was rolled back because its client left. */
    public void countRollback() {
        rollbacks++;
    }

    /** Session state was taken off a server after its client. */
    public void countCleaning() {
        cleanings++;
    }

    /** A server has made room for another pool. */
    public void countEviction() {
        evictions++;
    }

    /** A server connection could not be made. */
    public void countConnectFailure() {
        connectFailures++;
    }

    /** A client keeps its server for the kinds in {@code after}; before it was those in {@code before}. */
    public void countPins(int before, int after) {
        for (int i = 0; i < pins.length; i++) {
            int bit = 1 << i;
            if ((after & bit) != 0 && (before & bit) == 0) {
                pins[i]++;
            }
        }
        pinned += (after == 0 ? 0 : 1) - (before == 0 ? 0 : 1);
    }

    /** A client has waited for the server that it was given. */
    public void waited(long nanos) {
        waits.add(nanos);
    }

    /** All that a server owed is answered. */
    public void queryTook(long nanos) {
        queryTimes.add(nanos);
    }

    /** A transaction is over, and nothing is owed. */
    public void transactionTook(long nanos) {
        transactionTimes.add(nanos);
    }

    /** A server connection is ready. */
    public void connectTook(long nanos) {
        connects.add(nanos);
    }

    /** A client has logged in. */
    public void loginTook(long nanos) {
        logins.add(nanos);
    }

    /** Adds another lane's counts to these. */
    public LaneCounters add(LaneCounters other) {
        assignments += other.assignments;
        transactions += other.transactions;
        queries += other.queries;
        bytesReceived += other.bytesReceived;
        bytesSent += other.bytesSent;
        clientParses += other.clientParses;
        serverParses += other.serverParses;
        binds += other.binds;
        rollbacks += other.rollbacks;
        cleanings += other.cleanings;
        evictions += other.evictions;
        connectFailures += other.connectFailures;
        for (int i = 0; i < pins.length; i++) {
            pins[i] += other.pins[i];
        }
        pinned += other.pinned;
        waits.add(other.waits);
        queryTimes.add(other.queryTimes);
        transactionTimes.add(other.transactionTimes);
        connects.add(other.connects);
        logins.add(other.logins);
        return this;
    }

    /** The counts of this instant. */
    public LaneCounters copy() {
        return new LaneCounters().add(this);
    }

    public Traffic traffic() {
        return new Traffic(
                assignments,
                transactions,
                queries,
                bytesReceived,
                bytesSent,
                Duration.ofNanos(transactionTimes.totalNanos()),
                Duration.ofNanos(queryTimes.totalNanos()),
                Duration.ofNanos(waits.totalNanos()),
                clientParses,
                serverParses,
                binds,
                logins.count(),
                connectFailures);
    }

    public Latencies latencies() {
        return new Latencies(
                waits.latency(),
                queryTimes.latency(),
                transactionTimes.latency(),
                connects.latency(),
                logins.latency());
    }

    /** Transactions that are over. */
    public long transactions() {
        return transactions;
    }

    /** How long clients have waited for the servers that they were given. */
    public Histogram waits() {
        return waits;
    }

    /** How long transactions have taken. */
    public Histogram transactionTimes() {
        return transactionTimes;
    }

    /** How long servers have worked on what was answered. */
    public Histogram queryTimes() {
        return queryTimes;
    }

    public long rollbacks() {
        return rollbacks;
    }

    public long cleanings() {
        return cleanings;
    }

    public long evictions() {
        return evictions;
    }

    /** How often each kind of state has bound a client to its server. */
    public Map<SessionState, Long> pins() {
        Map<SessionState, Long> byKind = new EnumMap<>(SessionState.class);
        for (SessionState kind : SessionState.values()) {
            byKind.put(kind, pins[kind.ordinal()]);
        }
        return byKind;
    }

    /** Clients that keep their server now. */
    public int pinned() {
        return pinned;
    }
}
