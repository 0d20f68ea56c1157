package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.internal.advice.HourBook;
import dev.pgpool.core.internal.advice.PoolWatch;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import io.netty.channel.EventLoop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The servers for one database and one user: lanes, limits, and what their clients share. Thread-safe; the lanes are
 * reached through the event loops.
 */
public final class ServerPool {
    private final PoolKey key;
    private final PoolServices services;
    private final GlobalChanges globals;
    private final Consumer<ServerPool> onUnused;
    private final @Nullable FleetCap fleet;
    private final ConnectionBudget budget;
    private final LastFailure failure;
    private final PoolDestination destination;
    private final PoolClients clients;
    private final ServerEvents events;
    private final StatementRegistry statements = new StatementRegistry();
    private final ParameterRegistry parameters = new ParameterRegistry();
    private final StartupProfiles profiles = new StartupProfiles();
    private final PoolWatch watch;
    private final ServerLimit serverLimit = new ServerLimit();
    private final List<ServerLane> lanes;
    private final AtomicInteger nextLane = new AtomicInteger();

    private volatile PoolShape shape;
    /** Servers of an older one are replaced. */
    private volatile int generation;
    /** Whether the configuration has no place for it any more: its clients leave when they can. */
    private volatile boolean removed;

    /** For how long there must be no servers that no client has use for, and how many clients don't count. */
    private record Vacancy(long untilNanos, int own) {}

    private volatile Vacancy vacancy = new Vacancy(System.nanoTime(), 0);

    /**
     * @param shape what it is told
     * @param fleet what it shares with pools of other processes, if it does
     * @param globals what its clients do to roles and databases
     * @param hours where its past hours are noted
     * @param onUnused called when a connect has failed, so that a pool without a purpose can be forgotten
     */
    ServerPool(
            PoolKey key,
            PoolShape shape,
            SharedCap databaseCap,
            SharedCap userCap,
            @Nullable FleetCap fleet,
            PoolServices services,
            GlobalChanges globals,
            HourBook hours,
            Consumer<ServerPool> onUnused) {
        this.globals = globals;
        this.fleet = fleet;
        this.onUnused = onUnused;
        this.key = key;
        this.shape = shape;
        this.services = services;
        LimitsConfig limits = shape.rules().limits();
        this.budget = new ConnectionBudget(
                limits.maxConnections(),
                limits.reserveConnections(),
                limits.maxParallelConnects(),
                databaseCap,
                userCap,
                fleet);
        this.failure = new LastFailure(budget);
        this.destination = new PoolDestination(this);
        this.clients = new PoolClients(key);
        this.events = new ServerEvents(key, services.listener(), fleet);
        int loops = services.loops().size();
        int count = Math.min(loops, budget.maxServers());
        // small pools do not all begin on the first loop
        int first = Math.floorMod(key.hashCode(), loops);
        this.watch = new PoolWatch(
                count,
                System.nanoTime(),
                (busyNanos, transactions) -> hours.worked(key.database(), Instant.now(), busyNanos, transactions));
        List<ServerLane> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(new ServerLane(this, i, (first + i) % loops));
        }
        this.lanes = List.copyOf(made);
        List<PoolLane<ServerConnection>> queues = queues();
        queues.forEach(queue -> queue.join(queues));
        databaseCap.join(queues);
        userCap.join(queues);
        if (fleet != null) {
            fleet.join(queues);
        }
        lanes.forEach(ServerLane::startTicking);
    }

    // ---- its parts

    /** Its name. */
    public PoolKey key() {
        return key;
    }

    /** What the configuration says, with what follows from it. */
    PoolShape shape() {
        return shape;
    }

    PoolServices services() {
        return services;
    }

    /** What its clients do to roles and databases. */
    GlobalChanges globals() {
        return globals;
    }

    /** How many servers it may have. */
    ConnectionBudget budget() {
        return budget;
    }

    /** What it shares with pools of other processes; null if nothing. */
    @Nullable
    FleetCap fleet() {
        return fleet;
    }

    /** Whether a server that no client has is to be closed now, since another member of the fleet needs it more. */
    boolean isShed() {
        return fleet != null && fleet.tryShed();
    }

    /** Why the last attempt to connect has failed, if it has. */
    LastFailure failure() {
        return failure;
    }

    /** Where its servers are. */
    PoolDestination destination() {
        return destination;
    }

    /** How many clients it has. */
    PoolClients clients() {
        return clients;
    }

    /** What is told of its servers. */
    ServerEvents events() {
        return events;
    }

    /** How many connections PostgreSQL lets it have. */
    ServerLimit serverLimit() {
        return serverLimit;
    }

    /** What was seen of it, for advice. */
    PoolWatch watch() {
        return watch;
    }

    /** The statements of its clients. */
    StatementRegistry statements() {
        return statements;
    }

    /** The parameters of its sessions. */
    public ParameterRegistry parameters() {
        return parameters;
    }

    /** What becomes of clients' start-up settings. */
    public StartupProfiles profiles() {
        return profiles;
    }

    /** The database, by the name that servers know it by. */
    String serverDatabase() {
        return shape.config().databaseName().orElse(key.database());
    }

    // ---- lanes

    List<ServerLane> lanes() {
        return lanes;
    }

    List<PoolLane<ServerConnection>> queues() {
        return lanes.stream().map(ServerLane::queue).toList();
    }

    /** The lane on the given loop, else any lane: then the client has to move there. */
    public ServerLane laneFor(EventLoop loop) {
        ServerLane here = laneOn(loop);
        return here != null ? here : lanes.get(Math.floorMod(nextLane.getAndIncrement(), lanes.size()));
    }

    /** The lane on the given loop; null if there is none. */
    public @Nullable ServerLane laneOn(EventLoop loop) {
        for (ServerLane lane : lanes) {
            if (lane.eventLoop() == loop) {
                return lane;
            }
        }
        return null;
    }

    /** The lane that has this queue. */
    ServerLane laneOf(PoolLane<ServerConnection> queue) {
        for (ServerLane lane : lanes) {
            if (lane.queue() == queue) {
                return lane;
            }
        }
        throw new IllegalArgumentException("a lane of another pool");
    }

    // ---- clients come and go

    /** A client that had logged in is gone. */
    void clientLeft(CloseReason reason) {
        clients.left(reason);
        vacateIfUnused();
    }

    /** A client that had entered does not come in after all. */
    void clientWithdrew() {
        clients.withdrew();
        vacateIfUnused();
    }

    /**
     * For a while there must be no servers that no client has use for.
     *
     * @param own clients that do not count, since one of them wants it so
     */
    void vacate(long untilNanos, int own) {
        vacancy = new Vacancy(untilNanos, own);
        vacateIfUnused();
    }

    /** With a client of the database there would be a session without a pooler, too. */
    private void vacateIfUnused() {
        if (isVacant() && clients.count() <= vacancy.own()) {
            replaceServers();
        }
    }

    boolean isVacant() {
        return vacancy.untilNanos() - System.nanoTime() > 0;
    }

    /** Servers to keep even if no client uses them: as long as a known client might. */
    int minimum() {
        PoolShape now = shape;
        int minimum = removed || isVacant() ? 0 : now.rules().limits().minConnections();
        return minimum > 0 && (now.config().user().isPresent() || clients.count() > 0) ? minimum : 0;
    }

    /** Whether nothing would be missed if the pool were forgotten: no client is there, no server ever was, none is wanted. */
    boolean isUnused() {
        return clients.count() == 0 && budget.servers() == 0 && !profiles.isServerKnown() && minimum() == 0;
    }

    /** Whether no client has been there for so long that the pool's servers and figures can go. */
    boolean isLongUnused(long nowNanos) {
        if (clients.count() > 0 || budget.connecting() > 0) {
            return false;
        }
        long limit = shape.unusedLimitNanos();
        return removed || (limit > 0 && clients.areGoneSince(nowNanos - limit));
    }

    void forgetIfUnused() {
        if (isUnused()) {
            onUnused.accept(this);
        }
    }

    // ---- servers come and go

    void serverConnected(ServerConnection server, long tookNanos) {
        failure.connected();
        profiles.serverSays(server);
        events.connected(server, tookNanos);
    }

    void serverFailed(ErrorFields error) {
        failure.failed(error);
        events.connectFailed(error);
    }

    /** If all servers have gone by themselves, what replaces them may be another version with other defaults. */
    void forgetProfilesIfEmpty() {
        if (!budget.hasReady()) {
            profiles.clear();
        }
    }

    /** Logins to servers may succeed from now on: a client has shown a secret, or the host has given one (or null). */
    public void secretBecame(@Nullable Credential now) {
        if (destination.secretBecame(now)) {
            failure.forget();
        }
    }

    /** Servers are not what new ones would be; what was refused may go well now. */
    void outdated() {
        failure.forget();
        replaceServers();
    }

    /** Replaces the servers that exist: idle ones at once, those in use when they come back. */
    synchronized void replaceServers() {
        generation++;
        // what was learned of them is not what new ones will say
        profiles.clear();
        lanes.forEach(ServerLane::replaceServers);
    }

    /** Which servers are not to be replaced: those that were begun since it was this. */
    int generation() {
        return generation;
    }

    // ---- what the configuration and operators say

    /** Takes another shape; servers that the other would not have made are replaced. */
    synchronized void adopt(PoolShape next) {
        PoolShape before = shape;
        shape = before.config().hosts().equals(next.config().hosts()) ? next.with(before.hosts()) : next;
        LimitsConfig limits = next.rules().limits();
        budget.limit(limits.maxConnections(), limits.reserveConnections(), limits.maxParallelConnects());
        TimeoutsConfig was = before.rules().timeouts();
        TimeoutsConfig is = next.rules().timeouts();
        if (!was.connectRetryDelay().equals(is.connectRetryDelay())) {
            // the delay that runs is the old one
            budget.unblock();
        }
        boolean otherPatience = !was.connect().equals(is.connect());
        lanes.forEach(lane -> lane.adopt(otherPatience));
        boolean tooMany = budget.servers() > budget.maxWithReserve();
        if (tooMany || !before.makesSameServersAs(next)) {
            failure.forget();
            profiles.clear();
            replaceServers();
        }
    }

    /** The configuration has no place for it any more, or has one again. */
    void removed(boolean now) {
        removed = now;
    }

    /** Whether its clients are to leave when they can. */
    public boolean isRemoved() {
        return removed;
    }

    /** Gives servers to clients from now on, or does not, as the gates say. */
    void hold(DatabaseGates gates) {
        lanes.forEach(lane -> lane.hold(gates));
    }

    /** Closes all servers, also those that clients have. */
    synchronized void killServers() {
        generation++;
        lanes.forEach(ServerLane::killServers);
    }

    /** Closes all servers; completes when their loops have done so. */
    public CompletableFuture<Void> close(CloseReason reason) {
        return CompletableFuture.allOf(
                lanes.stream().map(lane -> lane.close(reason)).toArray(CompletableFuture[]::new));
    }
}
