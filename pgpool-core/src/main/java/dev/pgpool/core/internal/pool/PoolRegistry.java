package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** The pools by name, made on first use. Thread-safe. */
public final class PoolRegistry {
    private final PoolServices services;
    private final Map<PoolKey, ServerPool> pools = new ConcurrentHashMap<>();

    public PoolRegistry(PoolServices services) {
        this.services = services;
    }

    /** The pool for a client of this database and user, entered: the client must leave it in the end. */
    public ServerPool enter(DatabaseConfig database, String requestedDatabase, String clientUser) {
        return enterAs(database, requestedDatabase, database.user().orElse(clientUser));
    }

    /** As {@link #enter}, with the user of the servers chosen by the host's authenticator. */
    public ServerPool enterAs(DatabaseConfig database, String requestedDatabase, String serverUser) {
        PoolKey key = new PoolKey(requestedDatabase, serverUser);
        return pools.compute(key, (k, existing) -> {
            ServerPool pool = existing != null ? existing : new ServerPool(k, database, services, this::forgetIfUnused);
            pool.clientEntered();
            return pool;
        });
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
            var unused = known.close();
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
        return CompletableFuture.allOf(
                pools.values().stream().map(ServerPool::close).toArray(CompletableFuture[]::new));
    }
}
