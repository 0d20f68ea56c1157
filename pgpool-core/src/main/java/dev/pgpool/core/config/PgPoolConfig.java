package dev.pgpool.core.config;

import dev.pgpool.core.auth.CredentialStore;
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
 * @param credentials who they are
 * @param dns how long answers of the name service are believed
 * @param eventLoops threads that carry the traffic; each owns its connections
 */
public record PgPoolConfig(
        ListenConfig listen,
        Map<String, DatabaseConfig> databases,
        CredentialStore credentials,
        DnsConfig dns,
        int eventLoops) {

    /** @throws ConfigException with every problem found */
    public PgPoolConfig {
        databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
        Problems problems = new Problems();
        listen.check(problems);
        problems.require(!databases.isEmpty(), "databases", "none", "at least one");
        databases.values().forEach(database -> database.check(problems));
        dns.check(problems);
        problems.range("eventLoops", eventLoops, 1, 1_024);
        problems.throwIfAny();
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
