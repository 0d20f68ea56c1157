package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
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

    /** A client leaves its pool. A pool that never had a server and has no clients is forgotten. */
    public void leave(ServerPool pool) {
        pool.clientLeft();
        forgetIfUnused(pool);
    }

    private void forgetIfUnused(ServerPool pool) {
        pools.computeIfPresent(pool.key(), (key, known) -> {
            if (known != pool || !known.isUnused()) {
                return known;
            }
            drop(known, CloseReason.SHUTDOWN);
            return null;
        });
    }

    private void drop(ServerPool pool, CloseReason reason) {
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
        pools.computeIfPresent(name, (key, known) -> {
            if (!known.isLongUnused(nowNanos)) {
                return known;
            }
            LOGGER.atInfo().addKeyValue("pool", key).log("pool dropped");
            drop(known, CloseReason.POOL_IDLE_TIMEOUT);
            return null;
        });
    }

    /** Replaces the servers of these databases: idle ones at once, those in use when they come back. */
    public void replaceServers(Set<String> databases) {
        pools.values().stream()
                .filter(pool -> databases.contains(pool.config().name()))
                .forEach(ServerPool::replaceServers);
    }

    /** The figures of all pools, by name. */
    public List<PgPoolSnapshot.Pool> snapshot() {
        List<CompletableFuture<PgPoolSnapshot.Pool>> asked =
                pools.values().stream().map(ServerPool::snapshot).toList();
        return asked.stream()
                .map(CompletableFuture::join)
                .sorted(Comparator.comparing(p -> p.key().toString()))
                .toList();
    }

    /** Closes all servers. */
    public CompletableFuture<Void> close() {
        return CompletableFuture.allOf(pools.values().stream()
                .map(pool -> pool.close(CloseReason.SHUTDOWN))
                .toArray(CompletableFuture[]::new));
    }
}
