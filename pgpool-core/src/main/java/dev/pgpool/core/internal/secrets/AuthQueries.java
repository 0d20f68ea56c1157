package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The auth queries of all databases. There is one for each database that has one configured; where the entry {@code *}
 * serves any name and says no database to ask in, as many as there are names, but no more than a few at once, so that no
 * stranger can have many made by asking for databases. Replaced as a whole when the configuration changes; what it holds is
 * confined to event loops. Thread-safe.
 */
public final class AuthQueries {
    /** Names that {@code *} serves and that are asked in at once; the one that was so longest ago makes room. */
    private static final int MOST_BY_NAME = 100;

    /** Under which the query for users of the console stands; no database can be called so. */
    private static final String CONSOLE = "pgbouncer";

    private final PgPoolConfig config;
    private final Means means;
    private final Map<String, Entry> queries = new HashMap<>();
    /** Of names that {@code *} serves, by use; guarded by itself. */
    private final Map<String, Entry> byName = new LinkedHashMap<>(16, 0.75f, true);

    /** What queries are made of. */
    private record Means(
            List<EventLoop> loops,
            List<LoopTicker> tickers,
            PgPoolListener listener,
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls) {}

    /** A query, and what it was made for. */
    private record Entry(
            AuthQueryConfig config, DatabaseConfig target, ServerTls tls, CredentialStore host, AuthQuery query) {
        boolean isFor(AuthQueryConfig wanted, DatabaseConfig runsIn, ServerTls encrypted, CredentialStore asked) {
            return config.equals(wanted) && target.equals(runsIn) && tls == encrypted && host == asked;
        }
    }

    private AuthQueries(PgPoolConfig config, Means means) {
        this.config = config;
        this.means = means;
    }

    /**
     * Prepares them; nothing is connected before a login asks.
     *
     * @param before whose queries are taken over where nothing has changed, and are retired where it has; null if there
     *     were none
     */
    public static AuthQueries create(
            PgPoolConfig config,
            @Nullable AuthQueries before,
            List<EventLoop> loops,
            List<LoopTicker> tickers,
            PgPoolListener listener,
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls) {
        AuthQueries made = new AuthQueries(config, new Means(loops, tickers, listener, connector, resolver, tls));
        config.databases().values().forEach(database -> made.prepare(database, before));
        made.prepareForConsole(before);
        if (before != null) {
            before.queries.forEach((name, entry) -> {
                if (!entry.equals(made.queries.get(name))) {
                    entry.query.retire();
                }
            });
            before.retireByName();
        }
        return made;
    }

    private void prepare(DatabaseConfig database, @Nullable AuthQueries before) {
        Optional<AuthQueryConfig> query = queryOf(database);
        if (query.isPresent() && !isByName(database, query.get())) {
            prepare(database.name(), query.get(), query.get().database().orElse(database.name()), before);
        }
    }

    /** The console is no database: its users are looked up where the query for all says, if it says so. */
    private void prepareForConsole(@Nullable AuthQueries before) {
        config.auth()
                .query()
                .ifPresent(query -> query.database().ifPresent(name -> prepare(CONSOLE, query, name, before)));
    }

    private void prepare(String users, AuthQueryConfig query, String name, @Nullable AuthQueries before) {
        Optional<DatabaseConfig> target = config.database(name);
        if (target.isEmpty() || PgPoolConfig.isConsole(name)) {
            return;
        }
        Entry known = before == null ? null : before.queries.get(users);
        boolean same = known != null
                && known.isFor(
                        query,
                        target.get(),
                        means.tls.servers(target.get()),
                        config.auth().credentials());
        queries.put(users, known != null && same ? known : make(query, name, target.get(), queries.size()));
    }

    private Optional<AuthQueryConfig> queryOf(DatabaseConfig database) {
        return database.authQuery().or(config.auth()::query);
    }

    /** Whether only a client says in which database to ask. */
    private static boolean isByName(DatabaseConfig database, AuthQueryConfig query) {
        return database.name().equals(DatabaseConfig.FALLBACK)
                && query.database().isEmpty()
                && database.databaseName().isEmpty();
    }

    private Entry make(AuthQueryConfig query, String name, DatabaseConfig target, int number) {
        CredentialStore host = config.auth().credentials();
        ServerTls encrypted = means.tls.servers(target);
        int loop = Math.floorMod(number, means.loops.size());
        AuthQuery made = new AuthQuery(
                query,
                new AuthQueryDestination(
                        query, name, target, host, means.listener, means.connector, means.resolver, encrypted),
                means.loops.get(loop),
                means.tickers.get(loop));
        made.startTicking();
        return new Entry(query, target, encrypted, host, made);
    }

    private Optional<AuthQueryConfig> queryFor(String database) {
        return PgPoolConfig.isConsole(database)
                ? config.auth().query()
                : config.database(database).flatMap(this::queryOf);
    }

    /** The query for users of a database, by the name that clients use; null if there is none that could be asked. */
    @Nullable
    AuthQuery of(String database) {
        DatabaseConfig entry = config.database(database).orElse(null);
        Entry known = PgPoolConfig.isConsole(database)
                ? queries.get(CONSOLE)
                : entry == null ? null : queries.get(entry.name());
        AuthQueryConfig query = queryFor(database).orElse(null);
        if (known != null || entry == null || query == null || unusable(database) != null) {
            return known == null ? null : known.query;
        }
        synchronized (byName) {
            Entry named = byName.get(database);
            if (named == null) {
                named = make(query, database, entry, database.hashCode());
                byName.put(database, named);
                makeRoom();
            }
            return named.query;
        }
    }

    /** The other database that is said to know the users of this one; null if there is none. */
    @Nullable
    String databaseFor(String database) {
        return queryFor(database).flatMap(AuthQueryConfig::database).orElse(null);
    }

    /** Why the database that is said to know the users of this one can't be asked, in PgBouncer's words; null if it can. */
    @Nullable
    String unusable(String database) {
        if (queryFor(database).isEmpty()) {
            return null;
        }
        String asked = databaseFor(database);
        String name = asked == null ? database : asked;
        if (PgPoolConfig.isConsole(name)) {
            return "cannot use the reserved \"" + name + "\" database as an auth_dbname";
        }
        return config.database(name).isEmpty() ? "authentication database \"" + name + "\" is not configured" : null;
    }

    private void makeRoom() {
        Iterator<Entry> eldest = byName.values().iterator();
        while (byName.size() > MOST_BY_NAME) {
            Entry entry = eldest.next();
            eldest.remove();
            entry.query.retire();
        }
    }

    private void retireByName() {
        synchronized (byName) {
            byName.values().forEach(entry -> entry.query.retire());
            byName.clear();
        }
    }

    private List<Entry> all() {
        List<Entry> all = new ArrayList<>(queries.values());
        synchronized (byName) {
            all.addAll(byName.values());
        }
        return all;
    }

    /** For a while there must be no connections in these databases, by the names that servers know, that no client uses. */
    public void vacate(Set<String> databases, long untilNanos) {
        all().stream()
                .filter(entry -> databases.contains(entry.query.serverDatabase()))
                .forEach(entry -> entry.query.vacate(untilNanos));
    }

    /** Connections are not what new ones would be. */
    public void outdated(GlobalDdl ddl) {
        all().stream()
                .filter(entry -> ddl.outdates(entry.config.user(), entry.query.serverDatabase()))
                .forEach(entry -> entry.query.replaceConnections());
    }

    /** Closes their connections; completes when the event loops have done so. */
    public CompletableFuture<Void> close() {
        return CompletableFuture.allOf(
                all().stream().map(entry -> entry.query.close()).toArray(CompletableFuture[]::new));
    }
}
