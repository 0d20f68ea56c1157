package dev.pgpool.core.internal.pool;

import dev.pgpool.core.advice.LoadHistory;
import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.internal.advice.Bounds;
import dev.pgpool.core.internal.advice.HourBook;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.internal.transport.LoopTicker;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What pools advise by what was seen of them, and the book of past hours, which outlives them. Thread-safe. */
public final class PoolAdvices implements LoopTicker.Listener {
    /** For PostgreSQL to say how many connections it allows. */
    private static final long PATIENCE_SECONDS = 1;

    private static final long NOTE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final PoolRegistry registry;
    private final HourBook hours = new HourBook(Instant.now());
    private long notedNanos = System.nanoTime();

    PoolAdvices(PoolRegistry registry) {
        this.registry = registry;
    }

    /** Past hours by database. */
    HourBook hours() {
        return hours;
    }

    @Override
    public void onTick(long nowNanos) {
        if (nowNanos - notedNanos >= NOTE_NANOS) {
            hours.ran(Instant.now(), nowNanos - notedNanos);
            notedNanos = nowNanos;
        }
    }

    /** Takes over what was kept of an earlier run. */
    public void recall(String database, LoadHistory past) {
        hours.recall(database, past);
    }

    /** What is to be said now. */
    public CompletableFuture<PgPoolAdvice> advice() {
        List<ServerPool> pools = registry.all().stream()
                .sorted(Comparator.comparing(ServerPool::key))
                .toList();
        List<ServerLane> lanes =
                pools.stream().flatMap(pool -> pool.lanes().stream()).toList();
        return LoopSurvey.ask(lanes, ServerLane::eventLoop, lane -> {
                    lane.look().handOver();
                    return lane.checks().askLimit(lane.queue());
                })
                .thenCompose(asked -> CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                        .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS))
                .thenApply(all -> {
                    long now = System.nanoTime();
                    List<PoolAdvice> found = pools.stream()
                            .flatMap(pool -> pool.watch().advice(pool.key(), bounds(pool), now).stream())
                            .toList();
                    Instant taken = Instant.now();
                    return new PgPoolAdvice(taken, found, hours.histories(taken));
                });
    }

    private Bounds bounds(ServerPool pool) {
        ConnectionBudget budget = pool.budget();
        return new Bounds(
                budget.hasLimit() ? budget.maxServers() : 0, pool.serverLimit().value(), budget.sharedRoom());
    }
}
