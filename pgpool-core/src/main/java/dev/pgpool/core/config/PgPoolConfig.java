package dev.pgpool.core.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a pooler is told, checked as a whole.
 *
 * @param listen where clients come in
 * @param databases what they may connect to, by name
 * @param auth how they prove who they are
 * @param dns how long answers of the name service are believed
 * @param eventLoops threads that carry the traffic; each owns its connections
 */
public record PgPoolConfig(
        ListenConfig listen, Map<String, DatabaseConfig> databases, AuthConfig auth, DnsConfig dns, int eventLoops) {

    /** @throws ConfigException with every problem found */
    public PgPoolConfig {
        databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
        Problems problems = new Problems();
        listen.check(problems);
        problems.require(!databases.isEmpty(), "databases", "none", "at least one");
        databases.values().forEach(database -> database.check(problems));
        auth.check(problems);
        checkAuthQueries(databases, auth, problems);
        dns.check(problems);
        problems.range("eventLoops", eventLoops, 1, 1_024);
        problems.throwIfAny();
    }

    private static void checkAuthQueries(Map<String, DatabaseConfig> databases, AuthConfig auth, Problems problems) {
        databases.values().forEach(database -> {
            Optional<AuthQueryConfig> query = database.authQuery().or(auth::query);
            String path = "databases." + database.name() + ".authQuery.database";
            if (query.isEmpty()) {
                return;
            }
            Optional<String> runsIn = query.get().database();
            if (runsIn.isEmpty()) {
                // whoever knocks would choose the database that we connect to
                problems.require(
                        !database.name().equals(DatabaseConfig.FALLBACK)
                                || database.databaseName().isPresent(),
                        path,
                        "none",
                        "the name of a database, since * serves any");
            } else {
                DatabaseConfig target = databases.get(runsIn.get());
                problems.require(
                        target != null && !runsIn.get().equals(DatabaseConfig.FALLBACK),
                        path,
                        "\"" + runsIn.get() + "\"",
                        "one of the configured databases");
            }
        });
    }

    /** The database that serves a client's request: its own entry, else the fallback. */
    public Optional<DatabaseConfig> database(String name) {
        DatabaseConfig exact = databases.get(name);
        return exact != null ? Optional.of(exact) : Optional.ofNullable(databases.get(DatabaseConfig.FALLBACK));
    }

    /** Names of the configured databases, in order. */
    public List<String> databaseNames() {
        return List.copyOf(databases.keySet());
    }
}
