package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The auth queries of all databases: one for each database that has one configured, so that no stranger can make more of
 * them by asking for databases. Immutable; what it holds is confined to event loops.
 */
public final class AuthQueries {
    private final PgPoolConfig config;
    private final Map<String, AuthQuery> queries;

    private AuthQueries(PgPoolConfig config, Map<String, AuthQuery> queries) {
        this.config = config;
        this.queries = Map.copyOf(queries);
    }

    /** Prepares them; nothing is connected before somebody asks. */
    public static AuthQueries create(
            PgPoolConfig config,
            List<EventLoop> loops,
            List<LoopTicker> tickers,
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls) {
        Map<String, AuthQuery> made = new HashMap<>();
        CredentialStore host = config.auth().credentials();
        config.databases().values().forEach(database -> {
            Optional<AuthQueryConfig> query = database.authQuery().or(config.auth()::query);
            if (query.isPresent()) {
                DatabaseConfig target =
                        query.get().database().map(config.databases()::get).orElse(database);
                int loop = made.size() % loops.size();
                made.put(
                        database.name(),
                        new AuthQuery(
                                query.get(),
                                new AuthQueryDestination(query.get(), target, host, connector, resolver, tls),
                                loops.get(loop),
                                tickers.get(loop)));
            }
        });
        made.values().forEach(AuthQuery::startTicking);
        return new AuthQueries(config, made);
    }

    /** The query for users of a database, by the name that clients use; null if there is none. */
    @Nullable
    AuthQuery of(String database) {
        return config.database(database).map(entry -> queries.get(entry.name())).orElse(null);
    }

    /** Closes their connections; completes when the event loops have done so. */
    public CompletableFuture<Void> close() {
        return CompletableFuture.allOf(
                queries.values().stream().map(AuthQuery::close).toArray(CompletableFuture[]::new));
    }
}
