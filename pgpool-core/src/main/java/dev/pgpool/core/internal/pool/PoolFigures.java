package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;

/** Adds up the figures of a pool's lanes. */
final class PoolFigures {
    private PoolFigures() {}

    static PgPoolSnapshot.Pool of(ServerPool pool, List<LaneFigures> lanes) {
        LaneCounters sum = new LaneCounters();
        lanes.forEach(lane -> sum.add(lane.counters()));
        ConnectionBudget budget = pool.budget();
        return new PgPoolSnapshot.Pool(
                pool.key(),
                pool.shape().mode(),
                pool.clients().count(),
                sum(lanes, LaneFigures::waiting),
                Duration.ofNanos(lanes.stream()
                        .mapToLong(LaneFigures::longestWaitNanos)
                        .max()
                        .orElse(0)),
                budget.servers(),
                sum(lanes, LaneFigures::idle),
                new PgPoolSnapshot.ServerStates(
                        sum(lanes, LaneFigures::active),
                        budget.connecting(),
                        sum(lanes, LaneFigures::used),
                        sum(lanes, LaneFigures::tested),
                        sum(lanes, LaneFigures::beingCanceled),
                        Math.max(0, budget.servers() - budget.maxServers())),
                sum.traffic(),
                sum.latencies(),
                sum.rollbacks(),
                pool.statements().size(),
                sum.pinned(),
                sum.pins(),
                sum.cleanings(),
                sum.evictions(),
                pool.clients().closes().toMap(),
                pool.events().closes().toMap());
    }

    /** What went through the lanes; from any thread, but only while their pool has no clients: then nothing is counted. */
    static Traffic trafficAtRest(List<ServerLane> lanes) {
        LaneCounters sum = new LaneCounters();
        lanes.forEach(lane -> sum.add(lane.counters()));
        return sum.traffic();
    }

    private static int sum(List<LaneFigures> lanes, ToIntFunction<LaneFigures> figure) {
        return lanes.stream().mapToInt(figure).sum();
    }
}
