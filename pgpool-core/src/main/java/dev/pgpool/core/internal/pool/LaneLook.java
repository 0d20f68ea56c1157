package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.advice.Doings;
import dev.pgpool.core.internal.advice.Durations;
import dev.pgpool.core.internal.advice.LaneCounts;
import dev.pgpool.core.internal.advice.LaneWatch;
import dev.pgpool.core.internal.advice.Need;
import dev.pgpool.core.internal.figures.Histogram;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.server.ServerConnection;

/** Shows a lane to those who watch it for advice. Confined to the event loop of the lane. */
final class LaneLook implements LaneWatch.Lane, LaneCounts {
    private final ServerPool pool;
    private final PoolLane<ServerConnection> queue;
    private final LaneServers servers;
    private final LaneCounters counters;
    private final LaneWatch watch;

    LaneLook(ServerPool pool, int index, PoolLane<ServerConnection> queue, LaneServers servers, LaneCounters counters) {
        this.pool = pool;
        this.queue = queue;
        this.servers = servers;
        this.counters = counters;
        this.watch = new LaneWatch(pool.watch(), index, this, System.nanoTime());
    }

    private int inUse() {
        return servers.size() - queue.idleCount() - queue.checkingCount();
    }

    /** A client got a server at once. */
    void used() {
        watch.used(inUse());
    }

    /** A client begins to wait. */
    void waits(long nowNanos, long lastNanos) {
        watch.waits(
                pool.budget().connecting() > 0 || pool.budget().isBlocked(nowNanos) || queue.checkingCount() > 0,
                Math.max(0, inUse()) + queue.waitingCount(),
                nowNanos,
                lastNanos,
                queue.longestWaitNanos(nowNanos));
    }

    void onTick(long nowNanos) {
        int waiting = queue.isHeld() ? 0 : queue.waitingCount();
        watch.onTick(
                nowNanos,
                Math.max(0, inUse()),
                queue.idleCount(),
                waiting,
                pool.budget().servers() - pool.budget().connecting(),
                pool.clients().count());
    }

    /** What was seen until now becomes the pool's. */
    void handOver() {
        watch.handOver(System.nanoTime());
    }

    @Override
    public void describe(Need need, long nowNanos) {
        servers.describe(need, nowNanos);
        queue.describeWaiting(need, nowNanos);
    }

    @Override
    public void describe(Doings doings, int times, long nowNanos) {
        servers.describe(doings, times, nowNanos);
    }

    @Override
    public LaneCounts counts() {
        return this;
    }

    @Override
    public long transactions() {
        return counters.transactions();
    }

    @Override
    public long waitNanos() {
        return counters.waits().totalNanos();
    }

    @Override
    public long transactionNanos() {
        return counters.transactionTimes().totalNanos();
    }

    @Override
    public long queryNanos() {
        return counters.queryTimes().totalNanos();
    }

    @Override
    public Durations transactionTimes() {
        return new Counted(counters.transactionTimes());
    }

    @Override
    public Durations waitTimes() {
        return new Counted(counters.waits());
    }

    /** A histogram as advice reads it. */
    private record Counted(Histogram histogram) implements Durations {
        @Override
        public int buckets() {
            return histogram.buckets();
        }

        @Override
        public long nanos(int bucket) {
            return Histogram.nanos(bucket);
        }

        @Override
        public long count(int bucket) {
            return histogram.count(bucket);
        }
    }
}
