package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.sql.GlobalDdl;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What it means for servers when a client changes roles or databases. Sessions that are kept for clients to come must not be
 * seen: without a pooler there would be none. So databases that a statement wants for itself lose the servers that no client
 * has use for, and servers whose role or database is not what it was are replaced.
 *
 * <p>Names are looked at, not hosts: one server may be known by several of them, and a reconnect more costs little.
 * Thread-safe.
 */
public final class GlobalChanges {
    /**
     * For how long a database stays without servers that no client has use for. PostgreSQL looks for other sessions again and
     * again for 5 seconds before it refuses the statement (CountOtherDBBackends).
     */
    private static final long VACANT_NANOS = TimeUnit.SECONDS.toNanos(6);

    private static final Logger LOGGER = LoggerFactory.getLogger(GlobalChanges.class);

    private final PoolRegistry registry;
    private volatile @Nullable Supplier<AuthQueries> authQueries;

    GlobalChanges(PoolRegistry registry) {
        this.registry = registry;
    }

    /** Connections of auth queries are concerned as well; before anything else happens. */
    public void concern(Supplier<AuthQueries> queries) {
        authQueries = queries;
    }

    /** A client of this pool is about to run it: to be called before it goes to the server. */
    void begins(ServerPool pool, GlobalDdl ddl) {
        if (ddl.vacated().isEmpty()) {
            return;
        }
        long until = System.nanoTime() + VACANT_NANOS;
        for (ServerPool other : registry.all()) {
            if (ddl.vacated().contains(other.serverDatabase())) {
                other.vacate(until, other == pool ? 1 : 0);
            }
        }
        Supplier<AuthQueries> queries = authQueries;
        if (queries != null) {
            queries.get().vacate(ddl.vacated(), until);
        }
    }

    /** The transaction in which it ran has ended, well or not. */
    void ended(GlobalDdl ddl) {
        int pools = 0;
        registry.forgetFailures();
        for (ServerPool pool : registry.all()) {
            if (ddl.outdates(pool.key().user(), pool.serverDatabase())) {
                pool.outdated();
                pools++;
            }
        }
        Supplier<AuthQueries> queries = authQueries;
        if (queries != null) {
            queries.get().outdated(ddl);
        }
        if (pools > 0) {
            LogLine.info(LOGGER, "servers are replaced: roles or databases were changed")
                    .with("roles", ddl.roles())
                    .with("databases", ddl.databases())
                    .with("pools", pools)
                    .write();
        }
    }
}
