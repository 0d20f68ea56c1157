package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.internal.server.ServerCheck;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuestion;
import dev.pgpool.core.stats.CloseReason;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the pooler itself asks idle servers of a lane. Confined to the event loop of the lane. */
final class LaneChecks {
    /** What is left of it if a role or database may have fewer; names in full, since a client may have set the search path. */
    private static final String LIMIT = """
            SELECT least(pg_catalog.current_setting('max_connections')::pg_catalog.int4
                - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
                - coalesce(pg_catalog.current_setting('reserved_connections', true)::pg_catalog.int4, 0),
                nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1))
            FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
            WHERE r.rolname = session_user AND d.datname = pg_catalog.current_database()""";

    private final ServerPool pool;
    private final LaneServers servers;
    private @Nullable CompletableFuture<Void> limitWanted;

    LaneChecks(ServerPool pool, LaneServers servers) {
        this.pool = pool;
        this.servers = servers;
    }

    /** Begins to check a server that was idle for long, or to ask it; ends in {@code checked} or {@code gone}. */
    void begin(ServerConnection server, PoolLane<ServerConnection> queue) {
        ServerLifeConfig life = pool.shape().rules().servers();
        Runnable passed = () -> {
            if (servers.isOutdated(server)) {
                server.close(CloseReason.SERVER_REPLACED);
            } else {
                queue.checked(server);
            }
        };
        CompletableFuture<Void> wanted = limitWanted;
        if (wanted != null) {
            ServerQuestion.begin(
                    server,
                    LIMIT,
                    life.checkTimeout(),
                    answer -> {
                        pool.serverLimit().learned(answer == null ? OptionalInt.empty() : parse(answer));
                        wanted.complete(null);
                    },
                    passed);
            return;
        }
        String sql = life.checkQuery().equals(ServerLifeConfig.EMPTY_QUERY) ? "" : life.checkQuery();
        ServerCheck.begin(server, sql, life.checkTimeout(), passed);
    }

    private static OptionalInt parse(String answer) {
        try {
            return OptionalInt.of(Integer.parseInt(answer));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** Asks an idle server how many connections PostgreSQL lets the pool have, if that is due; done when that is known, or no server can be asked. */
    CompletableFuture<Void> askLimit(PoolLane<ServerConnection> queue) {
        CompletableFuture<Void> wanted = new CompletableFuture<>();
        if (!pool.serverLimit().isDue()) {
            wanted.complete(null);
            return wanted;
        }
        limitWanted = wanted;
        boolean begun = queue.ask();
        limitWanted = null;
        if (begun) {
            pool.serverLimit().asked();
        } else {
            wanted.complete(null);
        }
        return wanted;
    }
}
