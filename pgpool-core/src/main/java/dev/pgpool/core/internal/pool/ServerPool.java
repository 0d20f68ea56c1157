package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.CancelSender;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerSetup;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The servers for one database and one user: lanes, limits, and what their clients share. Thread-safe; the lanes are
 * reached through the event loops.
 */
public final class ServerPool implements ConnectChain.Destination {
    private static final double LIFETIME_SPREAD = 0.2;

    private final PoolKey key;
    private final DatabaseConfig config;
    private final PoolConfig rules;
    private final PoolMode mode;
    private final PoolServices services;
    private final CancelSender cancels;
    private final Consumer<ServerPool> onUnused;
    private final ConnectionBudget budget;
    private final ServerHosts hosts;
    private final StatementRegistry statements = new StatementRegistry();
    private final ParameterRegistry parameters = new ParameterRegistry();
    private final StartupProfiles profiles = new StartupProfiles();
    private final SessionRules sessionRules;
    private final List<ServerLane> lanes;
    private final AtomicInteger clients = new AtomicInteger();
    private final CloseCounts clientCloses = new CloseCounts();
    private final CloseCounts serverCloses = new CloseCounts();
    private final AtomicInteger nextLane = new AtomicInteger();

    /** What a server said about itself; replaced when a server says something else. */
    private volatile Map<String, String> readOnlyParameters = Map.of();

    /** The settable parameters of a fresh server: their names are those that servers report. */
    private volatile @Nullable SessionParameters reported;

    private volatile @Nullable ErrorFields lastFailure;

    /** Since when there are no clients; meaningful while there are none. */
    private volatile long unusedSinceNanos = System.nanoTime();

    /** The secret that the host's authenticator gave last. */
    private volatile @Nullable Credential given;

    /**
     * @param rules with what the user's entry says
     * @param onUnused called when a connect has failed, so that a pool without a purpose can be forgotten
     */
    ServerPool(
            PoolKey key,
            DatabaseConfig config,
            PoolConfig rules,
            PoolMode mode,
            @Nullable SharedCap databaseCap,
            @Nullable SharedCap userCap,
            PoolServices services,
            Consumer<ServerPool> onUnused) {
        this.onUnused = onUnused;
        this.key = key;
        this.config = config;
        this.rules = rules;
        this.mode = mode;
        this.services = services;
        this.cancels = services.cancels().within(rules.timeouts().cancel());
        this.sessionRules = SessionRules.of(mode, config.sessionState());
        this.hosts = new ServerHosts(config.hosts());
        LimitsConfig limits = rules.limits();
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
        if (databaseCap != null) {
            databaseCap.join(queues);
        }
        if (userCap != null) {
            userCap.join(queues);
        }
        lanes.forEach(ServerLane::startTicking);
    }

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
        return mode;
    }

    /** The rules of this pool, with what its user's entry says. */
    PoolConfig rules() {
        return rules;
    }

    CancelSender cancels() {
        return cancels;
    }

    List<PoolLane<ServerConnection>> queues() {
        return lanes.stream().map(ServerLane::queue).toList();
    }

    /** Servers to keep even if nobody uses them: as long as somebody might who is known. */
    int minimum() {
        int minimum = rules.limits().minConnections();
        return minimum > 0 && (config.user().isPresent() || clients.get() > 0) ? minimum : 0;
    }

    /** How old the next server gets: servers that began together must not end together. */
    long drawLifetimeNanos() {
        double share = ThreadLocalRandom.current().nextDouble(1 - LIFETIME_SPREAD, 1 + LIFETIME_SPREAD);
        return (long) (rules.servers().lifetime().toNanos() * share);
    }

    SessionRules sessionRules() {
        return sessionRules;
    }

    StatementRegistry statements() {
        return statements;
    }

    PoolServices services() {
        return services;
    }

    DatabaseConfig config() {
        return config;
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
    }

    /** Whether nothing would be missed if the pool were forgotten: nobody is there, no server ever was, none is wanted. */
    boolean isUnused() {
        return clients.get() == 0 && budget.servers() == 0 && reported == null && minimum() == 0;
    }

    /** Whether nobody has been there for so long that the pool's servers and figures can go. */
    boolean isLongUnused(long nowNanos) {
        long limit = unusedLimitNanos();
        return limit > 0 && clients.get() == 0 && budget.connecting() == 0 && nowNanos - unusedSinceNanos >= limit;
    }

    private long unusedLimitNanos() {
        long named = rules.servers().poolIdleTimeout().toNanos();
        if (!config.name().equals(DatabaseConfig.FALLBACK)) {
            return named;
        }
        long automatic = rules.servers().autoDatabaseIdleTimeout().toNanos();
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
        return new ServerTarget(
                host,
                address,
                Map.of("user", key.user(), "database", config.databaseName().orElse(key.database())),
                key.user(),
                credential.orElse(null),
                new ServerSetup(wanted, config.connectQuery()),
                rules.maxPreparedStatements(),
                services.tls().servers(config));
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
        return hosts;
    }

    /** Logins to servers may succeed from now on: a client has shown a secret, or the host has given one (or null). */
    public void secretBecame(@Nullable Credential now) {
        if (now != null) {
            given = now;
        }
        lastFailure = null;
        budget.unblock();
    }

    @Override
    public void secretRefused(@Nullable Credential refused) {
        if (refused != null && refused.equals(given)) {
            given = null;
        }
    }

    @Override
    public Duration connectTimeout() {
        return rules.timeouts().connect();
    }

    /** The secret for server connections; looked up each time, since it changes. */
    @Override
    public CompletionStage<Optional<Credential>> credential() {
        Credential known = given;
        if (known != null) {
            return CompletableFuture.completedFuture(Optional.of(known));
        }
        if (config.password().isPresent() && config.user().equals(Optional.of(key.user()))) {
            return CompletableFuture.completedFuture(
                    Optional.of(Credential.parse(key.user(), config.password().get())));
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
        FlightEvents.serverConnect(key, tookNanos);
        services.listener().onServerConnected(key, Duration.ofNanos(tookNanos));
    }

    void serverFailed(ErrorFields error) {
        lastFailure = error;
        unpooledFailed(error);
    }

    /** A connection that is not pooled was made: it says nothing about the others. */
    void unpooledConnected(long tookNanos) {
        FlightEvents.serverConnect(key, tookNanos);
        services.listener().onServerConnected(key, Duration.ofNanos(tookNanos));
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

    void serverGone(CloseReason reason) {
        serverCloses.count(reason);
        FlightEvents.serverClose(key, reason);
        services.listener().onServerClosed(key, reason);
    }

    /** What to tell clients while no server is there and the last attempt has failed; null if they may wait. */
    @Nullable
    ErrorFields refusal(long nowNanos) {
        ErrorFields failure = lastFailure;
        if (failure == null || hasServers() || !budget.isBlocked(nowNanos) || maySoonConnect(failure)) {
            return null;
        }
        return refusalFor(failure);
    }

    /** Whether servers are there, those under construction not counted. */
    boolean hasServers() {
        return budget.servers() > budget.connecting();
    }

    /** The error for clients after a failed connect: the server's SQLSTATE, its words behind ours. */
    static ErrorFields refusalFor(ErrorFields failure) {
        ErrorFields ours = PoolerError.SERVER_LOGIN_FAILED.with(failure.message());
        return new ErrorFields("FATAL", failure.sqlState(), ours.message(), failure.detail(), failure.hint());
    }

    /** A server that is starting up will be there in a moment: waiting is better than an error. */
    static boolean maySoonConnect(ErrorFields failure) {
        return failure.sqlState().equals("57P03");
    }

    /** Replaces the servers that exist: idle ones at once, those in use when they come back. */
    void replaceServers() {
        lanes.forEach(ServerLane::replaceServers);
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
                mode,
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
