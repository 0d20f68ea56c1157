package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.Traffic;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final PoolMode defaultMode;
    private final Map<String, UserConfig> users;
    private final Map<PoolKey, ServerPool> pools = new ConcurrentHashMap<>();
    private final SharedCaps databaseCaps = new SharedCaps();
    private final SharedCaps userCaps = new SharedCaps();
    private final CloseCounts strangers = new CloseCounts();
    /** What went through pools that are gone, by database. Held while a pool goes, so that nothing is counted twice or not. */
    private final Map<String, Traffic> past = new HashMap<>();

    /**
     * @param defaultMode where neither user nor database says it
     * @param users what is different for some users, by name
     */
    public PoolRegistry(PoolServices services, PoolMode defaultMode, Map<String, UserConfig> users) {
        this.services = services;
        this.defaultMode = defaultMode;
        this.users = Map.copyOf(users);
    }

    /** Begins to drop unused pools, and makes those that want servers before there are clients. */
    public void start(Collection<DatabaseConfig> databases) {
        LoopTicker ticker = services.tickers().get(0);
        services.loops().get(0).execute(() -> ticker.add(this));
        for (DatabaseConfig database : databases) {
            String user = database.user().orElse("");
            if (!user.isEmpty()
                    && database.pool().limits().minConnections() > 0
                    && !database.name().equals(DatabaseConfig.FALLBACK)) {
                PoolKey key = new PoolKey(database.name(), user);
                pools.computeIfAbsent(key, k -> create(k, database));
            }
        }
    }

    /** The pool for a client of this database and user, entered: the client must leave it in the end. */
    public ServerPool enter(DatabaseConfig database, String requestedDatabase, String clientUser) {
        return enterAs(database, requestedDatabase, database.user().orElse(clientUser));
    }

    /** As {@link #enter}, with the user of the servers chosen by the host's authenticator. */
    public ServerPool enterAs(DatabaseConfig database, String requestedDatabase, String serverUser) {
        PoolKey key = new PoolKey(requestedDatabase, serverUser);
        return pools.compute(key, (k, existing) -> {
            ServerPool pool = existing != null ? existing : create(k, database);
            pool.clientEntered();
            return pool;
        });
    }

    private ServerPool create(PoolKey key, DatabaseConfig database) {
        UserConfig user = users.get(key.user());
        PoolConfig rules = user == null ? database.pool() : database.pool().with(user);
        return new ServerPool(
                key,
                database,
                rules,
                rules.mode().orElse(defaultMode),
                databaseCaps.enter(key.database(), rules.limits().maxServerConnections()),
                userCaps.enter(key.user(), user == null ? 0 : user.maxServerConnections()),
                services,
                this::forgetIfUnused);
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
        Traffic last = pool.trafficAtRest();
        if (last.serverAssignments() > 0) {
            past.merge(pool.key().database(), last, Traffic::plus);
        } else if (last.connectFailures() > 0) {
            // what * serves has any name that a client thinks of
            past.merge(pool.config().name(), last, Traffic::plus);
        }
        var unused = pool.close(reason).thenRun(() -> {
            databaseCaps.leave(pool.key().database(), pool.queues());
            userCaps.leave(pool.key().user(), pool.queues());
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
                LOGGER.atInfo().addKeyValue("pool", key).log("pool dropped");
                drop(known, CloseReason.POOL_IDLE_TIMEOUT);
                return null;
            });
        }
    }

    /** Replaces the servers of these databases: idle ones at once, those in use when they come back. */
    public void replaceServers(Set<String> databases) {
        pools.values().stream()
                .filter(pool -> databases.contains(pool.config().name()))
                .forEach(ServerPool::replaceServers);
    }

    /** The figures of this instant. */
    public PgPoolSnapshot snapshot(int clients) {
        List<ServerPool> present;
        Map<String, PgPoolSnapshot.Database> databases = new TreeMap<>();
        synchronized (past) {
            present = List.copyOf(pools.values());
            past.forEach((name, traffic) ->
                    databases.put(name, new PgPoolSnapshot.Database(name, 0, 0, false, false, traffic)));
        }
        List<ServerLane> lanes =
                present.stream().flatMap(pool -> pool.lanes().stream()).toList();
        Map<ServerPool, List<ServerLane.Figures>> byPool =
                LoopSurvey.ask(lanes, ServerLane::eventLoop, ServerLane::figures).join().stream()
                        .collect(Collectors.groupingBy(ServerLane.Figures::pool));
        List<PgPoolSnapshot.Pool> figures = present.stream()
                .map(pool -> pool.snapshot(byPool.getOrDefault(pool, List.of())))
                .sorted(Comparator.comparing(pool -> pool.key().toString()))
                .toList();
        for (PgPoolSnapshot.Pool pool : figures) {
            String name = pool.key().database();
            databases.merge(
                    name,
                    new PgPoolSnapshot.Database(name, pool.clients(), pool.servers(), false, false, pool.traffic()),
                    PoolRegistry::sum);
        }
        return new PgPoolSnapshot(
                PgPoolSnapshot.Status.ACTIVE, clients, List.copyOf(databases.values()), figures, strangers.toMap());
    }

    private static PgPoolSnapshot.Database sum(PgPoolSnapshot.Database one, PgPoolSnapshot.Database other) {
        return new PgPoolSnapshot.Database(
                one.name(),
                one.clients() + other.clients(),
                one.servers() + other.servers(),
                one.paused() || other.paused(),
                one.disabled() || other.disabled(),
                one.traffic().plus(other.traffic()));
    }

    /** Closes all servers. */
    public CompletableFuture<Void> close() {
        return CompletableFuture.allOf(pools.values().stream()
                .map(pool -> pool.close(CloseReason.SHUTDOWN))
                .toArray(CompletableFuture[]::new));
    }
}
