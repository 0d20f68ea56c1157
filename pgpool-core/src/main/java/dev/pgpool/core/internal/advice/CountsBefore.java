package dev.pgpool.core.internal.advice;

/** What a lane had counted the last time. Confined to the event loop of its lane. */
final class CountsBefore {
    private long transactions;
    private long waitNanos;
    private long transactionNanos;
    private long queryNanos;
    private long[] transactionTimes = {};
    private long[] waitTimes = {};

    /** Adds what has been counted since the last call. */
    void addChanges(LaneCounts now, Tally to) {
        to.transactions += now.transactions() - transactions;
        to.waitNanos += now.waitNanos() - waitNanos;
        to.transactionNanos += now.transactionNanos() - transactionNanos;
        to.queryNanos += now.queryNanos() - queryNanos;
        transactions = now.transactions();
        waitNanos = now.waitNanos();
        transactionNanos = now.transactionNanos();
        queryNanos = now.queryNanos();
        transactionTimes = addChanges(now.transactionTimes(), transactionTimes, to.transactionMicros);
        waitTimes = addChanges(now.waitTimes(), waitTimes, to.waitMicros);
    }

    private static long[] addChanges(Durations now, long[] before, Sketch to) {
        long[] known = before.length < now.buckets() ? new long[now.buckets()] : before;
        for (int i = 0; i < now.buckets(); i++) {
            long count = now.count(i);
            to.add(now.nanos(i) / 1_000, count - known[i]);
            known[i] = count;
        }
        return known;
    }
}
