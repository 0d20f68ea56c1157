package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.figures.CloseCounts;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import dev.pgpool.core.stats.Traffic;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pools by name, made on first use. Thread-safe. */
public final class PoolRegistry implements LoopTicker.Listener {
    private static final Logger LOGGER = LoggerFactory.getLogger(PoolRegistry.class);

    private final PoolServices services;
    private volatile PgPoolConfig config;
    private final Map<PoolKey, ServerPool> pools = new ConcurrentHashMap<>();
    private final SharedCaps databaseCaps = new SharedCaps();
    private final SharedCaps userCaps = new SharedCaps();
    private final DatabaseGates gates = new DatabaseGates();
    private final Conditions conditions = new Conditions();
    private final PoolCommands commands = new PoolCommands(this, gates, conditions);
    private final Fleets fleets;
    private final GlobalChanges globals = new GlobalChanges(this);
    private final PoolAdvices advices = new PoolAdvices(this);
    private final FailureMemory failures = new FailureMemory();
    private final CloseCounts strangers = new CloseCounts();
    /** What went through pools that are gone, by database. Held while a pool goes, so that nothing is counted twice or not. */
    private final Map<String, Traffic> past = new HashMap<>();

    public PoolRegistry(PoolServices services, PgPoolConfig config) {
        this.services = services;
        this.config = config;
        this.fleets = new Fleets(services, () -> this.config);
    }

    /** What an operator does to pools. */
    public PoolCommands commands() {
        return commands;
    }

    /** What is advised by what was seen. */
    public PoolAdvices advices() {
        return advices;
    }

    /** What clients do to roles and databases. */
    public GlobalChanges globals() {
        return globals;
    }

    /** Begins to drop unused pools, and makes those that want servers before there are clients. */
    public void start() {
        LoopTicker ticker = services.tickers().get(0);
        services.loops().get(0).execute(() -> {
            ticker.add(this);
            ticker.add(conditions);
            ticker.add(advices);
        });
        fleets.start();
        prepare();
    }

    private void prepare() {
        for (DatabaseConfig database : config.databases().values()) {
            String user = database.user().orElse("");
            if (!user.isEmpty()
                    && database.pool().limits().minConnections() > 0
                    && !database.name().equals(DatabaseConfig.FALLBACK)) {
                PoolKey key = new PoolKey(database.name(), user);
                ServerPool pool = pools.computeIfAbsent(key, k -> create(k, database));
                holdIfMissed(pool);
            }
        }
    }

    /**
     * Takes another configuration: pools that it does not concern go on, others adopt it, and the clients of those that
     * have no place in it are to leave when they can. Its TLS has been read before.
     */
    public void adopt(PgPoolConfig next) {
        PgPoolConfig before = config;
        config = next;
        failures.clear();
        pools.values().forEach(pool -> reconcile(pool, false));
        if (!before.databases().equals(next.databases())) {
            prepare();
        }
    }

    /**
     * Brings a pool in line with the configuration.
     *
     * @param entered whether a client has just come to it, as the right one
     */
    private void reconcile(ServerPool pool, boolean entered) {
        PoolKey key = pool.key();
        PgPoolConfig now = config;
        Optional<DatabaseConfig> entry = now.database(key.database());
        if (entry.isEmpty()
                || (!entered && !entry.get().user().equals(pool.shape().config().user()))) {
            pool.removed(true);
            return;
        }
        pool.removed(false);
        PoolShape shape = shape(key, entry.get(), now);
        if (!shape.isSame(pool.shape())) {
            databaseCaps.limit(key.database(), shape.rules().limits().maxServerConnections());
            userCaps.limit(key.user(), shape.maxOfUser());
            pool.adopt(shape);
        }
    }

    private PoolShape shape(PoolKey key, DatabaseConfig database, PgPoolConfig now) {
        return PoolShape.of(
                database,
                now.user(key.user()).orElse(null),
                now.poolMode(),
                services.cancels(),
                services.tls().servers(database));
    }

    /** The pool for a client of this database and user, entered: the client must leave it in the end. */
    public ServerPool enter(DatabaseConfig database, String requestedDatabase, String clientUser) {
        return enterAs(database, requestedDatabase, database.user().orElse(clientUser));
    }

    /** As {@link #enter}, with the user of the servers chosen by the host's authenticator. */
    public ServerPool enterAs(DatabaseConfig database, String requestedDatabase, String serverUser) {
        PgPoolConfig before = config;
        PoolKey key = new PoolKey(requestedDatabase, serverUser);
        boolean news = database.name().equals(DatabaseConfig.FALLBACK)
                && pools.keySet().stream().noneMatch(known -> known.database().equals(requestedDatabase));
        ServerPool entered = pools.compute(key, (k, existing) -> {
            ServerPool pool = existing != null ? existing : create(k, database);
            pool.clients().entered();
            return pool;
        });
        holdIfMissed(entered);
        if (news) {
            services.listener().onFallbackUsed(requestedDatabase);
        }
        if (entered.isRemoved()
                || isOutdated(before)
                || !before.database(requestedDatabase).equals(Optional.of(database))) {
            // the configuration has changed since this client began to log in, or since the pool was for others
            reconcile(entered, true);
        }
        return entered;
    }

    @SuppressWarnings("ReferenceEquality") // a reload may bring the same settings with other files
    private boolean isOutdated(PgPoolConfig known) {
        return known != config;
    }

    /** An operator may have looked for pools before this one could be seen. */
    private void holdIfMissed(ServerPool pool) {
        if (gates.hold(pool.key().database()) != LaneHold.NONE) {
            pool.hold(gates);
        }
    }

    private ServerPool create(PoolKey key, DatabaseConfig database) {
        PoolShape shape = shape(key, database, config);
        ServerPool made = new ServerPool(
                key,
                shape,
                databaseCaps.enter(key.database(), shape.rules().limits().maxServerConnections()),
                userCaps.enter(key.user(), shape.maxOfUser()),
                fleets.capFor(key, database),
                services,
                globals,
                advices.hours(),
                this::forgetIfUnused);
        fleets.entered(made);
        FailureMemory.Failure failure = failures.take(key);
        if (failure != null) {
            made.failure().recall(failure);
        }
        return made;
    }

    /** A connection is gone that never belonged to a pool. */
    public void strangerLeft(CloseReason reason) {
        strangers.count(reason);
    }

    /** A client leaves its pool. A pool that never had a server and has no clients is forgotten. */
    public void leave(ServerPool pool, CloseReason reason) {
        pool.clientLeft(reason);
        forgetIfUnused(pool);
    }

    /** A client that was about to come in goes back to its login. */
    public void withdraw(ServerPool pool) {
        pool.clientWithdrew();
        forgetIfUnused(pool);
    }

    private void forgetIfUnused(ServerPool pool) {
        if (!pool.isUnused()) {
            return;
        }
        synchronized (past) {
            pools.computeIfPresent(pool.key(), (key, known) -> {
                if (known != pool || !known.isUnused()) {
                    return known;
                }
                drop(known, CloseReason.SHUTDOWN);
                return null;
            });
        }
    }

    private void drop(ServerPool pool, CloseReason reason) {
        FailureMemory.Failure failure = pool.failure().toRemember(System.nanoTime());
        if (failure != null) {
            failures.remember(pool.key(), failure);
        }
        Traffic last = PoolFigures.trafficAtRest(pool.lanes());
        if (last.serverAssignments() > 0) {
            past.merge(pool.key().database(), last, Traffic::plus);
        } else if (last.connectFailures() > 0) {
            // what * serves has any name that a client thinks of
            past.merge(pool.shape().config().name(), last, Traffic::plus);
        }
        var unused = pool.close(reason).thenRun(() -> {
            databaseCaps.leave(pool.key().database(), pool.queues());
            userCaps.leave(pool.key().user(), pool.queues());
            fleets.left(pool);
        });
    }

    @Override
    public void onTick(long nowNanos) {
        for (ServerPool pool : pools.values()) {
            if (pool.isLongUnused(nowNanos)) {
                dropIfStillUnused(pool.key(), nowNanos);
            }
        }
    }

    private void dropIfStillUnused(PoolKey name, long nowNanos) {
        synchronized (past) {
            pools.computeIfPresent(name, (key, known) -> {
                if (!known.isLongUnused(nowNanos)) {
                    return known;
                }
                LogLine.info(LOGGER, "pool dropped").with("pool", key).write();
                drop(known, CloseReason.POOL_IDLE_TIMEOUT);
                return null;
            });
        }
    }

    /** Roles or databases have changed: what was refused may go well now. */
    void forgetFailures() {
        failures.clear();
    }

    /** The pools of this instant. */
    Collection<ServerPool> all() {
        return pools.values();
    }

    /** All servers, as operators see them. */
    public CompletableFuture<List<ServerInfo>> servers() {
        List<ServerLane> lanes =
                pools.values().stream().flatMap(pool -> pool.lanes().stream()).toList();
        return LoopSurvey.ask(
                        lanes, ServerLane::eventLoop, lane -> lane.servers().view(lane.queue()))
                .thenApply(views -> views.stream().flatMap(List::stream).toList());
    }

    /** Whether there are pools whose clients are to leave. */
    public boolean hasRemoved() {
        for (ServerPool pool : pools.values()) {
            if (pool.isRemoved()) {
                return true;
            }
        }
        return false;
    }

    /** The fleets that the pooler is a member of. */
    public CompletableFuture<List<FleetInfo>> fleets() {
        return fleets.info();
    }

    /** The figures of this instant. */
    public CompletableFuture<PgPoolSnapshot> snapshot(int clients, int activeLoops) {
        List<ServerPool> present;
        Map<String, Traffic> totals = new TreeMap<>();
        config.databaseNames().stream()
                .filter(name -> !name.equals(DatabaseConfig.FALLBACK))
                .forEach(name -> totals.put(name, Traffic.NONE));
        synchronized (past) {
            present = List.copyOf(pools.values());
            totals.putAll(past);
        }
        List<ServerLane> lanes =
                present.stream().flatMap(pool -> pool.lanes().stream()).toList();
        return LoopSurvey.ask(lanes, ServerLane::eventLoop, ServerLane::figures)
                .thenApply(answers -> snapshot(clients, activeLoops, present, totals, answers));
    }

    private PgPoolSnapshot snapshot(
            int clients,
            int activeLoops,
            List<ServerPool> present,
            Map<String, Traffic> totals,
            List<LaneFigures> answers) {
        Map<ServerPool, List<LaneFigures>> byPool = answers.stream().collect(Collectors.groupingBy(LaneFigures::pool));
        Map<String, PgPoolSnapshot.Database> databases = new TreeMap<>();
        totals.forEach((name, traffic) -> databases.put(name, database(name, 0, 0, traffic)));
        List<PgPoolSnapshot.Pool> figures = present.stream()
                .map(pool -> PoolFigures.of(pool, byPool.getOrDefault(pool, List.of())))
                .sorted(Comparator.comparing(pool -> pool.key().toString()))
                .toList();
        for (PgPoolSnapshot.Pool pool : figures) {
            String name = pool.key().database();
            databases.merge(name, database(name, pool.clients(), pool.servers(), pool.traffic()), PoolRegistry::sum);
        }
        return new PgPoolSnapshot(
                gates.status(), clients, activeLoops, List.copyOf(databases.values()), figures, strangers.toMap());
    }

    private PgPoolSnapshot.Database database(String name, int clients, int servers, Traffic traffic) {
        return new PgPoolSnapshot.Database(
                name, clients, servers, gates.isPausedAlone(name), gates.isDisabled(name), traffic);
    }

    private static PgPoolSnapshot.Database sum(PgPoolSnapshot.Database one, PgPoolSnapshot.Database other) {
        return new PgPoolSnapshot.Database(
                one.name(),
                one.clients() + other.clients(),
                one.servers() + other.servers(),
                one.paused(),
                one.disabled(),
                one.traffic().plus(other.traffic()));
    }

    /** Closes all servers. */
    public CompletableFuture<Void> close() {
        conditions.close();
        return CompletableFuture.allOf(pools.values().stream()
                        .map(pool -> pool.close(CloseReason.SHUTDOWN))
                        .toArray(CompletableFuture[]::new))
                .thenCompose(all -> fleets.close());
    }
}
