package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The auth queries of all databases: one for each database that has one configured, so that no stranger can make more of
 * them by asking for databases. Replaced as a whole when the configuration changes; what it holds is confined to event
 * loops.
 */
public final class AuthQueries {
    private final PgPoolConfig config;
    private final Map<String, Entry> queries;

    /** A query, and what it was made for. */
    private record Entry(
            AuthQueryConfig config, DatabaseConfig target, ServerTls tls, CredentialStore host, AuthQuery query) {
        boolean isFor(AuthQueryConfig wanted, DatabaseConfig runsIn, ServerTls encrypted, CredentialStore asked) {
            return config.equals(wanted) && target.equals(runsIn) && tls == encrypted && host == asked;
        }
    }

    private AuthQueries(PgPoolConfig config, Map<String, Entry> queries) {
        this.config = config;
        this.queries = Map.copyOf(queries);
    }

    /**
     * Prepares them; nothing is connected before somebody asks.
     *
     * @param before whose queries are taken over where nothing has changed, and are retired where it has; null if there
     *     were none
     */
    public static AuthQueries create(
            PgPoolConfig config,
            @Nullable AuthQueries before,
            List<EventLoop> loops,
            List<LoopTicker> tickers,
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls) {
        Map<String, Entry> made = new HashMap<>();
        CredentialStore host = config.auth().credentials();
        config.databases().values().forEach(database -> {
            Optional<AuthQueryConfig> query = database.authQuery().or(config.auth()::query);
            if (query.isPresent()) {
                DatabaseConfig target =
                        query.get().database().map(config.databases()::get).orElse(database);
                ServerTls encrypted = tls.servers(target);
                Entry known = before == null ? null : before.queries.get(database.name());
                if (known != null && known.isFor(query.get(), target, encrypted, host)) {
                    made.put(database.name(), known);
                    return;
                }
                int loop = made.size() % loops.size();
                made.put(
                        database.name(),
                        new Entry(
                                query.get(),
                                target,
                                encrypted,
                                host,
                                new AuthQuery(
                                        query.get(),
                                        new AuthQueryDestination(
                                                query.get(), target, host, connector, resolver, encrypted),
                                        loops.get(loop),
                                        tickers.get(loop))));
                made.get(database.name()).query.startTicking();
            }
        });
        if (before != null) {
            before.queries.forEach((name, entry) -> {
                if (!entry.equals(made.get(name))) {
                    entry.query.retire();
                }
            });
        }
        return new AuthQueries(config, made);
    }

    /** The query for users of a database, by the name that clients use; null if there is none. */
    @Nullable
    AuthQuery of(String database) {
        return config.database(database)
                .map(entry -> queries.get(entry.name()))
                .map(Entry::query)
                .orElse(null);
    }

    /** For a while there must be no connections in these databases, by the names that servers know, that nobody uses. */
    void vacate(Set<String> databases, long untilNanos) {
        queries.values().stream()
                .filter(entry -> databases.contains(entry.query.serverDatabase()))
                .forEach(entry -> entry.query.vacate(untilNanos));
    }

    /** Connections are not what new ones would be. */
    void outdated(GlobalDdl ddl) {
        queries.values().stream()
                .filter(entry -> ddl.outdates(entry.config.user(), entry.query.serverDatabase()))
                .forEach(entry -> entry.query.replaceConnections());
    }

    /** Closes their connections; completes when the event loops have done so. */
    public CompletableFuture<Void> close() {
        return CompletableFuture.allOf(
                queries.values().stream().map(entry -> entry.query.close()).toArray(CompletableFuture[]::new));
    }
}
