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
 * @param users what is different for some users, by name
 * @param poolMode for how long clients keep their servers where neither user nor database says it
 * @param credentials who they are
 * @param dns how long answers of the name service are believed
 * @param eventLoops threads that carry the traffic; each owns its connections
 */
public record PgPoolConfig(
        ListenConfig listen,
        Map<String, DatabaseConfig> databases,
        Map<String, UserConfig> users,
        PoolMode poolMode,
        CredentialStore credentials,
        DnsConfig dns,
        int eventLoops) {

    /** @throws ConfigException with every problem found */
    public PgPoolConfig {
        databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
        users = Collections.unmodifiableMap(new LinkedHashMap<>(users));
        Problems problems = new Problems();
        listen.check(problems);
        problems.require(!databases.isEmpty(), "databases", "none", "at least one");
        databases.values().forEach(database -> database.check(problems));
        users.values().forEach(user -> user.check(problems));
        dns.check(problems);
        problems.range("eventLoops", eventLoops, 1, 1_024);
        problems.throwIfAny();
    }

    /** The database that serves a client's request: its own entry, else the fallback. */
    public Optional<DatabaseConfig> database(String name) {
        DatabaseConfig exact = databases.get(name);
        return exact != null ? Optional.of(exact) : Optional.ofNullable(databases.get(DatabaseConfig.FALLBACK));
    }

    /** What is different for a user, if anything is. */
    public Optional<UserConfig> user(String name) {
        return Optional.ofNullable(users.get(name));
    }

    /** Names of the configured databases, in order. */
    public List<String> databaseNames() {
        return List.copyOf(databases.keySet());
    }
}
