package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TcpBuilder;
import dev.pgpool.core.config.UserConfig;
import io.netty.channel.epoll.Epoll;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What an ini file and the changes that were made to it come to: a configuration, or problems. Immutable when made. */
final class Draft {
    private static final List<String> FACILITIES = List.of(
            "auth",
            "authpriv",
            "daemon",
            "user",
            "local0",
            "local1",
            "local2",
            "local3",
            "local4",
            "local5",
            "local6",
            "local7");
    private static final int MOST_CLIENTS = 1_000_000;
    private static final int MOST_PEERS = 16_383;
    private static final Set<String> PEER_KEYS = Set.of("host", "port", "pool_size");

    private final Path file;
    private final IniFile ini;
    private final Map<String, Value> values;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> problems;
    /** What is wrong with settings of TLS only as long as others, or files, don't fit them. */
    private final List<String> unfit = new ArrayList<>();

    private @Nullable PgPoolConfig config;

    /**
     * @param problems of reading the file
     * @param fixed what can't change any more, as it was when the pooler began
     * @param changes what was changed since
     * @param stores makes the store of a userlist file, or gives the one that was made for it before
     */
    Draft(
            Path file,
            IniFile ini,
            List<String> problems,
            Map<String, Value> fixed,
            Map<String, Value> changes,
            Function<Path, CredentialStore> stores) {
        this.file = file;
        this.ini = ini;
        this.problems = new ArrayList<>(problems);
        this.values = new LinkedHashMap<>(ini.section("pgbouncer"));
        fixed.forEach(this::keep);
        values.putAll(changes);
        judge();
        build(stores);
    }

    /** That of a file which no pooler runs by. */
    static Draft of(Path file, IniFile ini, List<String> problems) {
        return new Draft(file, ini, problems, Map.of(), Map.of(), CredentialStore::file);
    }

    Map<String, Value> values() {
        return values;
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Says problems of the pooler in the words of the file. */
    IniWords words() {
        return new IniWords(file, values, ini.section("databases"), ini.section("peers"));
    }

    /** Whether all that is wrong are settings of TLS that others don't fit yet. */
    boolean isOnlyUnfit() {
        return problems.isEmpty() && !unfit.isEmpty();
    }

    /** Everything that is wrong. */
    List<String> problems() {
        List<String> all = new ArrayList<>(problems);
        all.addAll(unfit);
        return all.stream().distinct().toList();
    }

    /** @throws ConfigException with every problem found */
    PgPoolConfig config() {
        PgPoolConfig made = config;
        if (made == null) {
            throw new ConfigException(problems());
        }
        return made;
    }

    private void keep(String name, Value was) {
        Value given = values.get(name);
        String now = given == null ? Keys.of(name).defaultValue() : given.text();
        if (!now.equals(was.text())) {
            warnings.add((given == null ? file.toString() : given.where()) + ": " + name + ": \"" + now
                    + "\" is not used before a restart: it can't change while the pooler runs");
        }
        if (was.where().equals("default")) {
            values.remove(name);
        } else {
            values.put(name, was);
        }
    }

    /** Keys that are not known, or that mean nothing. */
    private void judge() {
        values.forEach((name, value) -> {
            if (!Keys.isKnown(name)) {
                problems.add(value.where() + ": " + name + ": no such key (expected: one of those of PgBouncer 1.25)");
                return;
            }
            Keys.Key key = Keys.of(name);
            if (!key.hasEffect(value.text())) {
                warnings.add(value.where() + ": " + name + key.whyNoEffect());
            }
        });
    }

    private void build(Function<Path, CredentialStore> stores) {
        IniSettings all = new IniSettings(values, problems);
        PgPoolBuilder builder = PgPool.builder();
        general(all, builder);
        AuthKeys.apply(all, builder, stores);
        builder.tls(tls -> TlsKeys.apply("client_tls", all, tls, unfit));
        Map<String, DatabaseEntry> databases = DatabaseEntries.read(ini.section("databases"), all, problems, unfit);
        databases.forEach((name, entry) -> builder.database(name, entry::apply));
        AuthKeys.queryForAll(all, builder, databases.values().stream().anyMatch(entry -> !entry.hasOwnQuery()));
        databases.values().stream()
                .flatMap(entry -> entry.unservedLookups(databases.keySet()).stream())
                .distinct()
                .forEach(warnings::add);
        if (databases.isEmpty() && problems.isEmpty()) {
            problems.add(file + ": [databases]: empty (expected: at least one database)");
        }
        ini.section("users").forEach((name, value) -> {
            IniSettings own = IniSettings.own(ConnectString.parse(value, problems), problems);
            builder.user(name, new UserEntry(all, own)::apply);
        });
        if (UserEntry.isForAll(values) && !ini.section("users").containsKey(UserConfig.FALLBACK)) {
            builder.user(UserConfig.FALLBACK, new UserEntry(all, new IniSettings(Map.of(), problems))::apply);
        }
        ini.section("peers").forEach((name, value) -> peer(name, value, builder));
        if (problems().isEmpty()) {
            finish(builder);
        }
    }

    private void finish(PgPoolBuilder builder) {
        try {
            config = builder.config();
        } catch (ConfigException e) {
            e.problems()
                    .forEach(problem ->
                            words().of(List.of(problem)).forEach(isOfTls(problem) ? unfit::add : problems::add));
        }
    }

    /** Whether the pooler has found something wrong with TLS. */
    static boolean isOfTls(String problem) {
        return problem.matches("(?:listen|databases\\..*?)\\.tls[.:].*");
    }

    /** What the process around the pooler goes by, also after a RELOAD or SET, when it is too late to refuse it. */
    private static void logging(IniSettings all) {
        all.integer("verbose", 0, 0, 3);
        all.bool("syslog", false);
        if (!FACILITIES.contains(all.text("syslog_facility", "daemon"))) {
            all.problem("syslog_facility", "one of " + String.join(", ", FACILITIES));
        }
    }

    private static String[] tracked(IniSettings all) {
        String key = "track_extra_parameters";
        return all.given(key) == null
                ? new String[] {Keys.of(key).defaultValue()}
                : all.names(key).toArray(String[]::new);
    }

    private static void general(IniSettings all, PgPoolBuilder builder) {
        logging(all);
        FleetEntry.of(all).ifPresent(builder::fleet);
        builder.listen(all.text("listen_addr", ""), all.integer("listen_port", 6_432, 0, 65_535))
                .backlog(all.integer("listen_backlog", 128, 1, 65_535))
                .reusePort(all.bool("so_reuseport", false))
                .maxClientConnections(all.integer("max_client_conn", 100, 1, MOST_CLIENTS))
                .loginTimeout(all.secondsOrNever("client_login_timeout", Duration.ofSeconds(60)))
                .poolMode(all.oneOf("pool_mode", PoolMode.class, PoolMode.SESSION))
                .dnsMaxTtl(all.seconds("dns_max_ttl", Duration.ofSeconds(15)))
                .dnsNxdomainTtl(all.seconds("dns_nxdomain_ttl", Duration.ofSeconds(15)))
                .statsPeriod(all.positiveSeconds("stats_period", Duration.ofSeconds(60)))
                .adminUsers(all.names("admin_users").toArray(String[]::new))
                .statsUsers(all.names("stats_users").toArray(String[]::new))
                .ownerIsAdmin(true)
                .maxConsoleClients(all.integer("max_db_client_connections", 0, 0, MOST_CLIENTS))
                .peerId(all.integer("peer_id", 0, 0, MOST_PEERS));
        builder.tcp(tcp -> tcp(all, tcp))
                .applicationNameAddHost(all.bool("application_name_add_host", false))
                .loginNotice(all.text("login_notify_message", ""))
                .trackStartupParameters(tracked(all))
                .ignoreStartupParameters(all.names("ignore_startup_parameters").toArray(String[]::new))
                .simpleQueries(!all.bool("disable_pqexec", false));
        String sockets = all.text("unix_socket_dir", Keys.of("unix_socket_dir").defaultValue());
        if (!sockets.isEmpty()) {
            builder.unixSocketDirectory(Path.of(sockets));
        }
        all.text("unix_socket_group").ifPresent(builder::unixSocketGroup);
        String mode = all.text("unix_socket_mode", "0777");
        if (mode.matches("0?[0-7]{3}")) {
            builder.unixSocketMode(mode);
        } else {
            all.problem("unix_socket_mode", "three octal digits, such as 0777");
        }
    }

    /** PgBouncer defers where the system can, if it is not told otherwise. */
    private static void tcp(IniSettings all, TcpBuilder tcp) {
        tcp.keepAlive(all.bool("tcp_keepalive", true))
                .keepAliveIdle(Duration.ofSeconds(all.integer("tcp_keepidle", 0, 0, 32_767)))
                .keepAliveInterval(Duration.ofSeconds(all.integer("tcp_keepintvl", 0, 0, 32_767)))
                .keepAliveProbes(all.integer("tcp_keepcnt", 0, 0, 127))
                .userTimeout(Duration.ofMillis(all.integer("tcp_user_timeout", 0, 0, Integer.MAX_VALUE)))
                .socketBuffer(all.integer("tcp_socket_buffer", 0, 0, Integer.MAX_VALUE))
                .deferAccept(all.bool("tcp_defer_accept", Epoll.isAvailable()));
    }

    private void peer(String name, Value value, PgPoolBuilder builder) {
        IniSettings own = new IniSettings(ConnectString.parse(value, problems), problems);
        own.allowOnly(PEER_KEYS);
        if (!name.matches("[1-9][0-9]{0,4}") || Integer.parseInt(name) > MOST_PEERS) {
            problems.add(value.where() + ": " + name + " (expected: a peer id, 1 to " + MOST_PEERS + ")");
        } else if (!own.has("host")) {
            problems.add(value.where() + ": " + name + ": no host (expected: host=... port=...)");
        } else {
            builder.peer(Integer.parseInt(name), own.text("host", ""), own.integer("port", 6_432, 1, 65_535));
        }
    }
}
