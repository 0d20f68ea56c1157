package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.fleet.FleetClients;
import dev.pgpool.core.internal.fleet.protocol.Need;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.LoopSurvey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The pools of this process that share in a fleet. Thread-safe. */
final class FleetPools implements FleetClients {
    /** What one lane has, and had since it was asked last. */
    private record LaneNeed(ServerPool pool, int linked, int waiting, long usedNanos) {
        static LaneNeed of(ServerLane lane) {
            PoolLane<?> queue = lane.queue();
            int linked = Math.max(0, lane.servers().size() - queue.idleThroughout() - queue.checkingCount());
            return new LaneNeed(lane.pool(), linked, queue.waitingCount(), queue.usedNanos());
        }

        LaneNeed plus(LaneNeed other) {
            long later = usedNanos - other.usedNanos < 0 ? other.usedNanos : usedNanos;
            return new LaneNeed(pool, linked + other.linked, waiting + other.waiting, later);
        }

        /** A pool that can't connect takes nothing away from others. */
        Need need(long nowNanos) {
            ConnectionBudget budget = pool.budget();
            int most = budget.isBlocked(nowNanos) ? linked : Math.max(linked, budget.maxServers());
            int demand = (int) Math.min(most, (long) linked + waiting);
            long idle = linked + waiting > 0 ? 0 : Math.max(0, nowNanos - usedNanos);
            return new Need(Math.max(demand, Math.min(most, pool.minimum())), waiting, linked, idle);
        }
    }

    private final List<ServerPool> pools = new CopyOnWriteArrayList<>();
    private final Set<Scope> known;
    private volatile @Nullable FleetCap cap;

    /** @param known of which kinds servers may be, before there are pools */
    FleetPools(Set<Scope> known) {
        this.known = Set.copyOf(known);
    }

    void capIs(FleetCap made) {
        cap = made;
    }

    void add(ServerPool pool) {
        pools.add(pool);
    }

    void remove(ServerPool pool) {
        pools.remove(pool);
    }

    private List<ServerLane> lanes() {
        return pools.stream().flatMap(pool -> pool.lanes().stream()).toList();
    }

    @Override
    public CompletableFuture<Need> need() {
        return LoopSurvey.ask(lanes(), ServerLane::eventLoop, LaneNeed::of).thenApply(FleetPools::sum);
    }

    private static Need sum(List<LaneNeed> lanes) {
        Map<ServerPool, LaneNeed> byPool = new HashMap<>();
        lanes.forEach(lane -> byPool.merge(lane.pool(), lane, LaneNeed::plus));
        long now = System.nanoTime();
        int demand = 0;
        int waiting = 0;
        int linked = 0;
        long idle = Long.MAX_VALUE;
        for (LaneNeed pool : byPool.values()) {
            Need need = pool.need(now);
            demand += need.demand();
            waiting += need.waiting();
            linked += need.linked();
            idle = Math.min(idle, need.idleNanos());
        }
        return new Need(demand, waiting, linked, idle);
    }

    @Override
    public Set<Scope> scopes() {
        Set<Scope> all = new HashSet<>(known);
        pools.forEach(
                pool -> all.add(new Scope(pool.serverDatabase(), pool.key().user())));
        return all;
    }

    @Override
    public void onPermits() {
        FleetCap told = cap;
        if (told != null) {
            told.wakeAll();
        }
    }

    @Override
    public void closeIdle() {
        FleetCap told = cap;
        if (told != null && told.isShedding()) {
            onLoops(lane -> shedIdle(told, lane.queue().spares()));
        }
    }

    /** As long as another member of the fleet needs them more. */
    private static void shedIdle(FleetCap cap, SpareServers<ServerConnection> spares) {
        while (spares.isAny() && cap.tryShed()) {
            spares.evictOldest();
        }
    }

    @Override
    public void abandonConnects() {
        onLoops(lane -> lane.connects().abandonAll());
    }

    private void onLoops(Consumer<ServerLane> task) {
        lanes().forEach(lane -> lane.queue().execute(() -> task.accept(lane)));
    }
}
