package dev.pgpool.core.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a pooler is told, checked as a whole.
 *
 * @param instance its name and its threads, and what its start waits for
 * @param listen where clients come in
 * @param clients what they are told and asked beside their login
 * @param databases what they may connect to, by name
 * @param users what is different for some users, by name
 * @param poolMode for how long clients keep their servers where neither user nor database says it
 * @param auth how they prove who they are
 * @param dns how long answers of the name service are believed
 * @param admin who may use the console
 * @param peers other poolers behind the same address
 * @param tcp what is told to the system of connections
 * @param fleet a budget of servers that it shares with other poolers; empty for none
 * @param eventLoops threads that carry the traffic; each owns its connections
 */
public record PgPoolConfig(
        InstanceConfig instance,
        ListenConfig listen,
        ClientsConfig clients,
        Map<String, DatabaseConfig> databases,
        Map<String, UserConfig> users,
        PoolMode poolMode,
        AuthConfig auth,
        DnsConfig dns,
        AdminConfig admin,
        PeersConfig peers,
        TcpConfig tcp,
        Optional<FleetConfig> fleet,
        int eventLoops) {

    private static final List<String> CONSOLE = List.of("pgbouncer", "pgpool");

    /** @throws ConfigException with every problem found */
    public PgPoolConfig {
        databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
        users = Collections.unmodifiableMap(new LinkedHashMap<>(users));
        Problems problems = new Problems();
        instance.check(problems);
        listen.check(problems);
        clients.check(problems);
        problems.require(!databases.isEmpty(), "databases", "none", "at least one");
        databases.values().forEach(database -> database.check(problems));
        users.values().forEach(user -> user.check(problems));
        auth.check(problems);
        checkAuthQueries(databases, auth, problems);
        dns.check(problems);
        admin.check(problems);
        peers.check(problems);
        tcp.check(problems);
        problems.require(
                peers.id() == 0 || listen.maxClientConnections() <= PeersConfig.MOST_CLIENTS,
                "listen.maxClientConnections",
                listen.maxClientConnections(),
                "at most " + PeersConfig.MOST_CLIENTS + " with peers");
        checkConsole(databases, problems);
        FleetRules.check(fleet, databases, users, problems);
        problems.range("eventLoops", eventLoops, 1, 1_024);
        problems.throwIfAny();
    }

    private static void checkConsole(Map<String, DatabaseConfig> databases, Problems problems) {
        for (String name : CONSOLE) {
            problems.require(
                    !databases.containsKey(name),
                    "databases." + name,
                    "a database",
                    "another name: this is the console");
        }
    }

    /** Whether this is a name of the console, which is no database. */
    public static boolean isConsole(String name) {
        return CONSOLE.contains(name);
    }

    private static void checkAuthQueries(Map<String, DatabaseConfig> databases, AuthConfig auth, Problems problems) {
        databases.values().forEach(database -> {
            Optional<String> runsIn = database.authQuery()
                    .or(auth::query)
                    .filter(query -> !query.failAtLogin())
                    .flatMap(AuthQueryConfig::database);
            runsIn.ifPresent(name -> problems.require(
                    !name.equals(DatabaseConfig.FALLBACK)
                            && !isConsole(name)
                            && (databases.containsKey(name) || databases.containsKey(DatabaseConfig.FALLBACK)),
                    "databases." + database.name() + ".authQuery.database",
                    "\"" + name + "\"",
                    "one of the configured databases, or any where there is a *"));
        });
    }

    /** The database that serves a client's request: its own entry, else the fallback. */
    public Optional<DatabaseConfig> database(String name) {
        DatabaseConfig exact = databases.get(name);
        return exact != null ? Optional.of(exact) : Optional.ofNullable(databases.get(DatabaseConfig.FALLBACK));
    }

    /** What is different for a user, if anything is: its own entry, else the fallback. */
    public Optional<UserConfig> user(String name) {
        UserConfig exact = users.get(name);
        return Optional.ofNullable(exact != null ? exact : users.get(UserConfig.FALLBACK));
    }

    /** The fleet that the servers of a database and a user are of: the user's, else the database's, else the pooler's. */
    public Optional<FleetConfig> fleet(DatabaseConfig database, String user) {
        return user(user).flatMap(UserConfig::fleet).or(database::fleet).or(this::fleet);
    }

    /** All fleets, each with the name of the database in which its budget is kept. */
    public Map<FleetConfig, String> fleets() {
        return FleetRules.homes(fleet, databases, users);
    }

    /** Names of the configured databases, in order. */
    public List<String> databaseNames() {
        return List.copyOf(databases.keySet());
    }
}
