package dev.pgpool.core.internal.advice;

/** What was seen of a pool in some time. Those of several times or lanes add up. Not thread-safe. */
final class Tally {
    /** Looks at the whole pool, by any of its lanes. */
    long looks;
    /** Those at which no server was free and clients waited. */
    long looksShort;
    /** Those at which some server was free. */
    long looksWithIdle;

    final Sketch inUse = Sketch.ofCounts();
    /** In use or waited for. */
    final Sketch demand = Sketch.ofCounts();

    final Sketch clients = Sketch.ofCounts();
    /** Servers that would have been in use when a client began to wait, had none ever waited; its own among them. */
    final Sketch needed = Sketch.ofCounts();

    long peakInUse;
    long peakDemand;
    /** How long the pool was looked at. */
    long observedNanos;

    /** Times that clients began to wait because all servers were in use. */
    long waits;
    /** Times that clients began to wait for a server that was being made. */
    long connectWaits;

    long transactions;
    long waitNanos;
    long transactionNanos;
    long queryNanos;
    final Sketch transactionMicros = Sketch.ofMicros();
    final Sketch waitMicros = Sketch.ofMicros();

    /** While no client waited. */
    final Doings whenEnough = new Doings();
    /** While clients waited. */
    final Doings whenShort = new Doings();

    Tally add(Tally other) {
        looks += other.looks;
        looksShort += other.looksShort;
        looksWithIdle += other.looksWithIdle;
        inUse.add(other.inUse);
        demand.add(other.demand);
        clients.add(other.clients);
        needed.add(other.needed);
        peakInUse = Math.max(peakInUse, other.peakInUse);
        peakDemand = Math.max(peakDemand, other.peakDemand);
        observedNanos += other.observedNanos;
        waits += other.waits;
        connectWaits += other.connectWaits;
        transactions += other.transactions;
        waitNanos += other.waitNanos;
        transactionNanos += other.transactionNanos;
        queryNanos += other.queryNanos;
        transactionMicros.add(other.transactionMicros);
        waitMicros.add(other.waitMicros);
        whenEnough.add(other.whenEnough);
        whenShort.add(other.whenShort);
        return this;
    }

    double share(long someLooks) {
        return looks == 0 ? 0 : (double) someLooks / looks;
    }
}
