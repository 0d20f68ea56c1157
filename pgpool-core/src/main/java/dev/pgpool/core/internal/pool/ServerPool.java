package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.figures.CloseCounts;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.hosts.ServerHosts;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerSetup;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import dev.pgpool.core.stats.Traffic;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The servers for one database and one user: lanes, limits, and what their clients share. Thread-safe; the lanes are
 * reached through the event loops.
 */
public final class ServerPool implements ConnectChain.Destination {
    private static final double LIFETIME_SPREAD = 0.2;
    /** A server that others use comes free within this time, as a rule. */
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final PoolKey key;
    private final PoolServices services;
    private final GlobalChanges globals;
    private final Consumer<ServerPool> onUnused;
    private final ConnectionBudget budget;
    private final StatementRegistry statements = new StatementRegistry();
    private final ParameterRegistry parameters = new ParameterRegistry();
    private final StartupProfiles profiles = new StartupProfiles();
    private final List<ServerLane> lanes;
    private final AtomicInteger clients = new AtomicInteger();
    private final CloseCounts clientCloses = new CloseCounts();
    private final CloseCounts serverCloses = new CloseCounts();
    private final AtomicInteger nextLane = new AtomicInteger();

    private volatile PoolShape shape;
    /** Servers of an older one are replaced. */
    private volatile int generation;
    /** Whether the configuration has no place for it any more: its clients leave when they can. */
    private volatile boolean removed;

    /** What a server said about itself; replaced when a server says something else. */
    private volatile Map<String, String> readOnlyParameters = Map.of();

    /** The settable parameters of a fresh server: their names are those that servers report. */
    private volatile @Nullable SessionParameters reported;

    private volatile @Nullable ErrorFields lastFailure;
    private volatile long lastFailureNanos;
    /** Changes with each secret that becomes known. */
    private final AtomicInteger secrets = new AtomicInteger();

    /** Since when there are no clients; meaningful while there are none. */
    private volatile long unusedSinceNanos = System.nanoTime();

    /** For how long there must be no servers that no client has use for, and how many clients don't count. */
    private record Vacancy(long untilNanos, int own) {}

    private volatile Vacancy vacancy = new Vacancy(System.nanoTime(), 0);

    /** The secret that the host's authenticator gave last. */
    private volatile @Nullable Credential given;

    /**
     * @param shape what it is told
     * @param globals what its clients do to roles and databases
     * @param onUnused called when a connect has failed, so that a pool without a purpose can be forgotten
     */
    ServerPool(
            PoolKey key,
            PoolShape shape,
            SharedCap databaseCap,
            SharedCap userCap,
            PoolServices services,
            GlobalChanges globals,
            Consumer<ServerPool> onUnused) {
        this.globals = globals;
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
                userCap);
        int loops = services.loops().size();
        int count = Math.min(loops, budget.maxServers());
        // small pools do not all begin on the first loop
        int first = Math.floorMod(key.hashCode(), loops);
        List<ServerLane> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(new ServerLane(this, i, (first + i) % loops));
        }
        this.lanes = List.copyOf(made);
        List<PoolLane<ServerConnection>> queues = queues();
        queues.forEach(queue -> queue.join(queues));
        databaseCap.join(queues);
        userCap.join(queues);
        lanes.forEach(ServerLane::startTicking);
    }

    @Override
    public PoolKey key() {
        return key;
    }

    @Override
    public ParameterRegistry parameters() {
        return parameters;
    }

    public StartupProfiles profiles() {
        return profiles;
    }

    /** Parameters that only the server sets, as the newest server has them; empty before the first one. */
    public Map<String, String> readOnlyParameters() {
        return readOnlyParameters;
    }

    /** The settable parameters of a fresh server, null before the first one. */
    public @Nullable SessionParameters reported() {
        return reported;
    }

    PoolMode mode() {
        return shape.mode();
    }

    /** The rules of this pool, with what its user's entry says. */
    PoolConfig rules() {
        return shape.rules();
    }

    CancelSender cancels() {
        return shape.cancels();
    }

    List<PoolLane<ServerConnection>> queues() {
        return lanes.stream().map(ServerLane::queue).toList();
    }

    /** The database, by the name that servers know it by. */
    String serverDatabase() {
        return config().databaseName().orElse(key.database());
    }

    /** A client is about to run something that roles or databases are changed by. */
    void globalChangeBegins(GlobalDdl ddl) {
        globals.begins(this, ddl);
    }

    /** The transaction has ended in which it did so. */
    void globalChangeEnded(GlobalDdl ddl) {
        globals.ended(ddl);
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
        if (isVacant() && clients.get() <= vacancy.own()) {
            replaceServers();
        }
    }

    boolean isVacant() {
        return vacancy.untilNanos() - System.nanoTime() > 0;
    }

    /** Servers are not what new ones would be; what was refused may go well now. */
    void outdated() {
        lastFailure = null;
        budget.unblock();
        replaceServers();
    }

    /** Servers to keep even if no client uses them: as long as a known client might. */
    int minimum() {
        PoolShape now = shape;
        int minimum = removed || isVacant() ? 0 : now.rules().limits().minConnections();
        return minimum > 0 && (now.config().user().isPresent() || clients.get() > 0) ? minimum : 0;
    }

    /** How old a server gets: servers that began together must not end together. */
    long lifetimeNanos(ServerConnection server) {
        double between = (System.identityHashCode(server) & 0xFFFF) / (double) 0xFFFF;
        double share = 1 - LIFETIME_SPREAD + 2 * LIFETIME_SPREAD * between;
        return (long) (rules().servers().lifetime().toNanos() * share);
    }

    SessionRules sessionRules() {
        return shape.sessionRules();
    }

    StatementRegistry statements() {
        return statements;
    }

    PoolServices services() {
        return services;
    }

    DatabaseConfig config() {
        return shape.config();
    }

    ConnectionBudget budget() {
        return budget;
    }

    /** The lane on the given loop, else any lane: then the client has to move there. */
    public ServerLane laneFor(EventLoop loop) {
        for (ServerLane lane : lanes) {
            if (lane.eventLoop() == loop) {
                return lane;
            }
        }
        return lanes.get(Math.floorMod(nextLane.getAndIncrement(), lanes.size()));
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

    /** A client has logged in. */
    public void clientEntered() {
        clients.incrementAndGet();
    }

    /** A client that had logged in is gone. */
    void clientLeft(CloseReason reason) {
        clientCloses.count(reason);
        FlightEvents.clientClose(key, reason);
        unusedSinceNanos = System.nanoTime();
        clients.decrementAndGet();
        vacateIfUnused();
    }

    /** A client that had entered does not come in after all. */
    void clientWithdrew() {
        unusedSinceNanos = System.nanoTime();
        clients.decrementAndGet();
        vacateIfUnused();
    }

    /** Whether nothing would be missed if the pool were forgotten: no client is there, no server ever was, none is wanted. */
    boolean isUnused() {
        return clients.get() == 0 && budget.servers() == 0 && reported == null && minimum() == 0;
    }

    /** Whether no client has been there for so long that the pool's servers and figures can go. */
    boolean isLongUnused(long nowNanos) {
        long limit = unusedLimitNanos();
        if (removed) {
            return clients.get() == 0 && budget.connecting() == 0;
        }
        return limit > 0 && clients.get() == 0 && budget.connecting() == 0 && nowNanos - unusedSinceNanos >= limit;
    }

    private long unusedLimitNanos() {
        ServerLifeConfig life = rules().servers();
        long named = life.poolIdleTimeout().toNanos();
        if (!config().name().equals(DatabaseConfig.FALLBACK)) {
            return named;
        }
        long automatic = life.autoDatabaseIdleTimeout().toNanos();
        return named == 0 || (automatic > 0 && automatic < named) ? automatic : named;
    }

    void forgetIfUnused() {
        if (isUnused()) {
            onUnused.accept(this);
        }
    }

    @Override
    public ServerTarget target(
            HostConfig host, SocketAddress address, TargetSessionAttributes wanted, Optional<Credential> credential) {
        PoolShape now = shape;
        // before what it stands for is looked up: what changes then is noticed
        int madeNow = generation;
        return new ServerTarget(
                host,
                address,
                Map.of(
                        "user",
                        key.user(),
                        "database",
                        now.config().databaseName().orElse(key.database())),
                key.user(),
                credential.orElse(null),
                new ServerSetup(wanted, now.config().connectQuery()),
                now.statementsKept(),
                now.tls(),
                madeNow);
    }

    @Override
    public PgPoolListener listener() {
        return services.listener();
    }

    @Override
    public HostResolver resolver() {
        return services.resolver();
    }

    @Override
    public ServerConnector connector() {
        return services.connector();
    }

    @Override
    public ServerHosts hosts() {
        return shape.hosts();
    }

    /** Logins to servers may succeed from now on: a client has shown a secret, or the host has given one (or null). */
    public void secretBecame(@Nullable Credential now) {
        if (now != null) {
            if (now.equals(given)) {
                // the same one proves nothing about a server that could not be logged in to
                return;
            }
            given = now;
        }
        secrets.incrementAndGet();
        lastFailure = null;
        budget.unblock();
    }

    /** Which secrets there are to log in with: an attempt that was begun when it was another number says nothing any more. */
    int secrets() {
        return secrets.get();
    }

    @Override
    public void secretRefused(@Nullable Credential refused) {
        if (refused != null && refused.equals(given)) {
            given = null;
        }
    }

    @Override
    public Duration connectTimeout() {
        return rules().timeouts().connect();
    }

    /** The secret for server connections; looked up each time, since it changes. */
    @Override
    public CompletionStage<Optional<Credential>> credential() {
        Credential known = given;
        if (known != null) {
            return CompletableFuture.completedFuture(Optional.of(known));
        }
        DatabaseConfig now = config();
        if (now.password().isPresent() && now.user().equals(Optional.of(key.user()))) {
            return CompletableFuture.completedFuture(
                    Optional.of(Credential.parse(key.user(), now.password().get())));
        }
        return services.credentials().find(key.database(), key.user());
    }

    void serverConnected(ServerConnection server, long tookNanos) {
        lastFailure = null;
        Map<String, String> said = Map.copyOf(server.readOnlyParameters());
        if (!said.equals(readOnlyParameters) || !server.loginParameters().equals(reported)) {
            readOnlyParameters = said;
            reported = server.loginParameters();
            // other defaults may come with another server
            profiles.clear();
        }
        ready(server, tookNanos);
    }

    private void ready(ServerConnection server, long tookNanos) {
        FlightEvents.serverConnect(key, tookNanos);
        services.listener().onServerConnected(key, Duration.ofNanos(tookNanos));
        services.listener().onServerReady(ServerView.of(server, key, ServerInfo.State.NEW));
    }

    /** Goes on from what a pool of the same name knew. */
    void recall(FailureMemory.Failure failure) {
        failed(failure.error());
        budget.block(failure.retryAtNanos());
    }

    /** What the next pool of the name should know; null if nothing has failed, or the next attempt is due. */
    FailureMemory.@Nullable Failure failureToRemember(long nowNanos) {
        ErrorFields failure = lastFailure;
        Long retryAt = budget.blockedUntilNanos(nowNanos);
        return failure == null || retryAt == null ? null : new FailureMemory.Failure(failure, retryAt);
    }

    void serverFailed(ErrorFields error) {
        failed(error);
        unpooledFailed(error);
    }

    private void failed(ErrorFields error) {
        lastFailureNanos = System.nanoTime();
        lastFailure = error;
    }

    /** A connection that is not pooled was made: it says nothing about the others. */
    void unpooledConnected(ServerConnection server, long tookNanos) {
        ready(server, tookNanos);
    }

    /** A connection that is not pooled could not be made. */
    void unpooledFailed(ErrorFields error) {
        FlightEvents.serverConnectFailed(key, error.sqlState(), error.message());
        services.listener().onServerConnectFailed(key, error.sqlState(), error.message());
    }

    /** All servers have gone by themselves: what replaces them may be another version with other defaults. */
    void forgetProfilesIfEmpty() {
        if (!hasServers()) {
            profiles.clear();
        }
    }

    void serverGone(ServerConnection server, CloseReason reason) {
        serverCloses.count(reason);
        FlightEvents.serverClose(key, reason);
        services.listener().onServerClosed(key, reason);
        ErrorFields last = server.lastError();
        services.listener()
                .onServerEnded(
                        ServerView.of(server, key, ServerInfo.State.NEW),
                        reason,
                        last == null ? Optional.empty() : Optional.of(last.message()));
    }

    /**
     * What to tell a client that has waited for this long, while the last attempt to connect has failed in a way that
     * waiting can't help; null if it may wait.
     */
    @Nullable
    ErrorFields refusal(long nowNanos, long waitedNanos) {
        ErrorFields failure = lastFailure;
        if (failure == null
                || ConnectFailures.mayPass(failure)
                || !budget.isBlocked(nowNanos)
                || waitedNanos < patienceNanos()) {
            return null;
        }
        // as PgBouncer has it: what a client waited for has failed, and who comes later is told from memory
        boolean waitedForIt = nowNanos - waitedNanos - lastFailureNanos <= 0;
        return (waitedForIt ? PoolerError.SERVER_LOGIN_FAILED : PoolerError.SERVER_LOGIN_FAILING).from(failure);
    }

    /** How long clients wait for a server that is there and in use, before they hear why there can't be another. */
    long patienceNanos() {
        return hasServers() ? PATIENCE_NANOS : 0;
    }

    /** Why the last attempt to connect has failed; null if it has not. */
    @Nullable
    ErrorFields lastFailure() {
        return lastFailure;
    }

    /** Whether servers are there, those under construction not counted. */
    boolean hasServers() {
        return budget.servers() > budget.connecting();
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
            lastFailure = null;
            budget.unblock();
            profiles.clear();
            replaceServers();
        }
    }

    PoolShape shape() {
        return shape;
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

    /** Whether there are no servers, nor any under construction. */
    boolean isEmpty() {
        return budget.servers() == 0;
    }

    /** Closes all servers; completes when their loops have done so. */
    public CompletableFuture<Void> close(CloseReason reason) {
        return CompletableFuture.allOf(
                lanes.stream().map(lane -> lane.close(reason)).toArray(CompletableFuture[]::new));
    }

    /** What went through it; from any thread, but only while it has no clients: then nothing is counted. */
    Traffic trafficAtRest() {
        LaneCounters sum = new LaneCounters();
        lanes.forEach(lane -> sum.add(lane.counters()));
        return sum.traffic();
    }

    List<ServerLane> lanes() {
        return lanes;
    }

    /** The figures of this pool, from those of its lanes. */
    PgPoolSnapshot.Pool snapshot(List<ServerLane.Figures> figures) {
        LaneCounters sum = new LaneCounters();
        figures.forEach(lane -> sum.add(lane.counters()));
        return new PgPoolSnapshot.Pool(
                key,
                mode(),
                clients.get(),
                figures.stream().mapToInt(ServerLane.Figures::waiting).sum(),
                Duration.ofNanos(figures.stream()
                        .mapToLong(ServerLane.Figures::longestWaitNanos)
                        .max()
                        .orElse(0)),
                budget.servers(),
                figures.stream().mapToInt(ServerLane.Figures::idle).sum(),
                new PgPoolSnapshot.ServerStates(
                        figures.stream().mapToInt(ServerLane.Figures::active).sum(),
                        budget.connecting(),
                        figures.stream().mapToInt(ServerLane.Figures::used).sum(),
                        figures.stream().mapToInt(ServerLane.Figures::tested).sum(),
                        figures.stream()
                                .mapToInt(ServerLane.Figures::beingCanceled)
                                .sum(),
                        Math.max(0, budget.servers() - budget.maxServers())),
                sum.traffic(),
                sum.latencies(),
                sum.rollbacks(),
                statements.size(),
                sum.pinned(),
                sum.pins(),
                sum.cleanings(),
                sum.evictions(),
                clientCloses.toMap(),
                serverCloses.toMap());
    }
}
