package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.admin.ControlException;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What an operator does to pools. Where a database is optional, none means all. What takes its time completes later;
 * nothing blocks. Thread-safe.
 */
public final class PoolCommands {
    private static final String QUERY_CANCELED = "57014";

    private final PoolRegistry registry;
    private final DatabaseGates gates;
    private final Conditions conditions;

    PoolCommands(PoolRegistry registry, DatabaseGates gates, Conditions conditions) {
        this.registry = registry;
        this.gates = gates;
        this.conditions = conditions;
    }

    /** What holds for all databases. */
    public Status status() {
        return gates.status();
    }

    /** Whether the database itself was paused. */
    public boolean isPausedAlone(String database) {
        return gates.isPausedAlone(database);
    }

    /** Whether there is anything that {@link #resume} of all would undo. */
    public boolean isAnyPaused() {
        return gates.isAnyPaused();
    }

    public boolean isDisabled(String database) {
        return gates.isDisabled(database);
    }

    /** Gives no servers to clients any more; completes when all are back and closed, fails if {@link #resume} comes before. */
    public CompletableFuture<Void> pause(Optional<String> database) {
        hold(database);
        return conditions.await(() -> isPaused(database)
                ? CompletableFuture.completedFuture(pools(database).allMatch(PoolCommands::isEmpty))
                : revoked("PAUSE"));
    }

    /** Whether there are no servers, nor any under construction. */
    private static boolean isEmpty(ServerPool pool) {
        return pool.budget().servers() == 0;
    }

    private boolean isPaused(Optional<String> database) {
        return gates.all() == LaneHold.PAUSED
                || database.filter(gates::isPausedAlone).isPresent();
    }

    private static CompletableFuture<Boolean> revoked(String command) {
        return CompletableFuture.failedFuture(
                new ControlException(QUERY_CANCELED, command + " was revoked by RESUME before it was complete"));
    }

    /** Gives no servers to clients any more; completes when all are back, fails if {@link #resume} comes before. They are kept. */
    public CompletableFuture<Void> suspend() {
        gates.all(LaneHold.SUSPENDED);
        applyHolds();
        return conditions.await(() -> gates.all() != LaneHold.SUSPENDED
                ? revoked("SUSPEND")
                : figures(Optional.empty()).thenApply(lanes -> lanes.stream().allMatch(lane -> lane.active() == 0)));
    }

    /** Gives servers to clients again. */
    public void resume(Optional<String> database) {
        if (database.isPresent()) {
            gates.resume(database.get());
        } else {
            gates.resumeAll();
        }
        applyHolds();
    }

    public void disable(String database) {
        gates.disable(database);
    }

    public void enable(String database) {
        gates.enable(database);
    }

    /** Replaces servers: idle ones at once, those in use when they come back. */
    public void reconnect(Optional<String> database) {
        pools(database).forEach(ServerPool::replaceServers);
    }

    /** Gives no servers to clients any more; those that no client uses are closed. */
    public void hold(Optional<String> database) {
        if (database.isPresent()) {
            gates.pause(database.get());
        } else {
            gates.all(LaneHold.PAUSED);
        }
        applyHolds();
    }

    /**
     * Gives no servers to clients ever again, and sends the clients away that wait for one; completes when no client has one, walsenders
     * among them.
     */
    public CompletableFuture<Void> end() {
        gates.end();
        applyHolds();
        return conditions.await(
                () -> CompletableFuture.completedFuture(registry.all().stream().allMatch(PoolCommands::isEmpty)));
    }

    /** Closes servers, also those that clients have. */
    public void killServers(Optional<String> database) {
        pools(database).forEach(ServerPool::killServers);
    }

    /** Completes when all servers are gone that are to be replaced. */
    public CompletableFuture<Void> waitClose(Optional<String> database) {
        return conditions.await(() -> figures(database)
                .thenApply(lanes -> pools(database)
                        .allMatch(pool -> isWithoutOutdated(
                                pool,
                                lanes.stream()
                                        .filter(lane -> lane.pool() == pool)
                                        .toList()))));
    }

    /** One that is not in any lane is on its way to one, and may be outdated as well. */
    private static boolean isWithoutOutdated(ServerPool pool, List<LaneFigures> lanes) {
        int known = lanes.stream().mapToInt(LaneFigures::servers).sum()
                + pool.budget().connecting();
        return known >= pool.budget().servers() && lanes.stream().allMatch(lane -> lane.outdated() == 0);
    }

    /** Completes when no server is in the hands of a client. */
    public CompletableFuture<Void> whenNoneIsActive() {
        return conditions.await(() ->
                figures(Optional.empty()).thenApply(lanes -> lanes.stream().allMatch(lane -> lane.active() == 0)));
    }

    private void applyHolds() {
        registry.all().forEach(pool -> pool.hold(gates));
    }

    private CompletionStage<List<LaneFigures>> figures(Optional<String> database) {
        List<ServerLane> lanes =
                pools(database).flatMap(pool -> pool.lanes().stream()).toList();
        return LoopSurvey.ask(lanes, ServerLane::eventLoop, ServerLane::figures);
    }

    private Stream<ServerPool> pools(Optional<String> database) {
        Predicate<ServerPool> wanted =
                pool -> database.isEmpty() || pool.key().database().equals(database.get());
        return registry.all().stream().filter(wanted);
    }
}
