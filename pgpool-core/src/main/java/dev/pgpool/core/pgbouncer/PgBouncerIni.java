package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.pgbouncer.Keys.Use;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A configuration in PgBouncer's own words: {@code pgbouncer.ini}, with the files that it includes and those that it names.
 * PgBouncer's defaults hold where they say nothing: session pooling and 100 clients, for instance, which are not those of
 * {@link PgPoolBuilder}.
 *
 * <p>What has no meaning here is accepted with a {@linkplain #warnings() warning}; what must not be ignored is refused.
 * Relative paths are relative to the directory that the process runs in, as in PgBouncer. Thread-safe.
 */
public final class PgBouncerIni implements ConfigSource {
    private static final int MOST_CLIENTS = 1_000_000;
    private static final int MOST_PEERS = 16_383;
    private static final Set<String> PEER_KEYS = Set.of("host", "port", "pool_size");

    private final Path file;
    private final Map<Path, CredentialStore> stores = new HashMap<>();
    /** Settings that were changed by {@link #set} since the file was read. */
    private final Map<String, Value> changed = new HashMap<>();

    private State state;

    /** What a reading has led to. */
    private record State(Map<String, Value> settings, PgPoolConfig config, List<String> warnings) {}

    private PgBouncerIni(Path file) {
        this.file = file;
        this.state = read(Map.of(), Map.of());
    }

    /**
     * Reads a file. Its warnings are the reader's to pass on: nothing is logged.
     *
     * @throws ConfigException with every problem found, each with file, line and key
     */
    public static PgBouncerIni read(Path file) {
        return new PgBouncerIni(file);
    }

    /** What was read last, as the builder would have it. */
    public synchronized PgPoolConfig config() {
        return state.config;
    }

    /** What was read and has no effect, one line each, with file, line and reason. */
    public synchronized List<String> warnings() {
        return state.warnings;
    }

    /**
     * What a key of the section [pgbouncer] is now, or PgBouncer's default: for what is not the pooler's but the process's,
     * such as {@code logfile}.
     *
     * @throws IllegalArgumentException if PgBouncer knows no such key
     */
    public synchronized String setting(String key) {
        Value value = state.settings.get(key);
        return value == null ? Keys.of(key).defaultValue() : value.text();
    }

    /** File and line where a key of the section [pgbouncer] was given last; only the file if it was not. */
    public synchronized String where(String key) {
        Value value = state.settings.get(key);
        return value == null ? file.toString() : value.where();
    }

    @Override
    public synchronized PgPoolConfig load() {
        State next = read(fixed(), Map.of());
        changed.clear();
        state = next;
        return next.config;
    }

    @Override
    public synchronized PgPoolConfig set(String key, String value) {
        String name = key.toLowerCase(Locale.ROOT);
        if (!Keys.isKnown(name)) {
            throw new ConfigException(List.of(name + ": no such key (expected: one of those of SHOW CONFIG)"));
        }
        if (!Keys.of(name).reloadable()) {
            throw new ConfigException(List.of(name + ": \"" + value + "\" (expected: \"" + setting(name)
                    + "\", since it can't change while the pooler runs)"));
        }
        Map<String, Value> changes = new HashMap<>(changed);
        changes.put(name, new Value(name, value, "SET"));
        State next = read(fixed(), changes);
        changed.put(name, new Value(name, value, "SET"));
        state = next;
        return next.config;
    }

    @Override
    public synchronized List<Setting> settings() {
        return Keys.ALL.stream()
                .map(key -> new Setting(key.name(), setting(key.name()), key.defaultValue(), key.reloadable()))
                .sorted(Comparator.comparing(Setting::key))
                .toList();
    }

    /** What can't change any more, as it was when the pooler began. */
    private Map<String, Value> fixed() {
        Map<String, Value> fixed = new HashMap<>();
        Keys.ALL.stream().filter(key -> !key.reloadable()).forEach(key -> {
            Value value = state.settings.get(key.name());
            fixed.put(key.name(), value == null ? new Value(key.name(), key.defaultValue(), "default") : value);
        });
        return fixed;
    }

    private State read(Map<String, Value> fixed, Map<String, Value> changes) {
        List<String> problems = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        IniFile ini = IniFile.read(file, problems);
        Map<String, Value> values = new LinkedHashMap<>(ini.section("pgbouncer"));
        fixed.forEach((name, was) -> {
            String now = values.containsKey(name)
                    ? values.get(name).text()
                    : Keys.of(name).defaultValue();
            if (!now.equals(was.text())) {
                warnings.add((values.containsKey(name) ? values.get(name).where() : file.toString()) + ": " + name
                        + ": \"" + now + "\" is not used before a restart: it can't change while the pooler runs");
            }
            if (was.where().equals("default")) {
                values.remove(name);
            } else {
                values.put(name, was);
            }
        });
        values.putAll(changes);
        judge(values, problems, warnings);
        PgPoolConfig config = build(ini, values, problems);
        return new State(Map.copyOf(values), config, List.copyOf(warnings));
    }

    /** Keys that nobody knows, that mean nothing, or that must not be ignored. */
    private static void judge(Map<String, Value> values, List<String> problems, List<String> warnings) {
        values.forEach((name, value) -> {
            if (!Keys.isKnown(name)) {
                problems.add(value.where() + ": " + name + ": no such key (expected: one of those of PgBouncer 1.25)");
                return;
            }
            Keys.Key key = Keys.of(name);
            if (value.text().equals(key.defaultValue())) {
                return;
            }
            if (key.use() == Use.REFUSED) {
                problems.add(value.problem("\"" + key.defaultValue() + "\": " + key.why()));
            } else if (key.use() == Use.IGNORED) {
                warnings.add(value.where() + ": " + name + " has no effect: " + key.why());
            } else if (name.equals("max_prepared_statements") && value.text().equals("0")) {
                warnings.add(value.where() + ": " + name + ": 0 has no effect: prepared statements are always tracked");
            }
        });
    }

    private PgPoolConfig build(IniFile ini, Map<String, Value> values, List<String> problems) {
        Settings all = new Settings(values, problems);
        PgPoolBuilder builder = PgPool.builder();
        general(all, builder);
        AuthKeys.apply(all, builder, path -> stores.computeIfAbsent(path, CredentialStore::file));
        builder.tls(tls -> TlsKeys.apply("client_tls", all, tls));
        Map<String, DatabaseEntry> databases = DatabaseEntry.all(ini.section("databases"), all, problems);
        databases.forEach((name, entry) -> builder.database(name, entry::apply));
        if (databases.isEmpty() && problems.isEmpty()) {
            problems.add(file + ": [databases]: empty (expected: at least one database)");
        }
        ini.section("users").forEach((name, value) -> {
            Settings own = new Settings(ConnectString.parse(value, problems), problems);
            builder.user(name, new UserEntry(all, own)::apply);
        });
        if (UserEntry.isForAll(values) && !ini.section("users").containsKey(UserConfig.FALLBACK)) {
            builder.user(UserConfig.FALLBACK, new UserEntry(all, new Settings(Map.of(), problems))::apply);
        }
        ini.section("peers").forEach((name, value) -> peer(name, value, builder, problems));
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.stream().distinct().toList());
        }
        try {
            return builder.config();
        } catch (ConfigException e) {
            // what the pooler itself finds names the path in its own records
            throw new ConfigException(
                    e.problems().stream().map(problem -> file + ": " + problem).toList());
        }
    }

    private static void general(Settings all, PgPoolBuilder builder) {
        builder.listen(all.text("listen_addr", ""), all.integer("listen_port", 6_432, 0, 65_535))
                .backlog(all.integer("listen_backlog", 128, 1, 65_535))
                .maxClientConnections(all.integer("max_client_conn", 100, 1, MOST_CLIENTS))
                .loginTimeout(all.positiveSeconds("client_login_timeout", Duration.ofSeconds(60)))
                .poolMode(all.oneOf("pool_mode", PoolMode.class, PoolMode.SESSION))
                .dnsMaxTtl(all.seconds("dns_max_ttl", Duration.ofSeconds(15)))
                .dnsNxdomainTtl(all.seconds("dns_nxdomain_ttl", Duration.ofSeconds(15)))
                .statsPeriod(all.positiveSeconds("stats_period", Duration.ofSeconds(60)))
                .adminUsers(all.names("admin_users").toArray(String[]::new))
                .statsUsers(all.names("stats_users").toArray(String[]::new))
                .ownerIsAdmin(true)
                .peerId(all.integer("peer_id", 0, 0, MOST_PEERS));
        String sockets = all.text("unix_socket_dir", Keys.of("unix_socket_dir").defaultValue());
        if (sockets.startsWith("@")) {
            all.problem("unix_socket_dir", "a directory: names without a file are not supported");
        } else if (!sockets.isEmpty()) {
            builder.unixSocketDirectory(Path.of(sockets));
        }
        String mode = all.text("unix_socket_mode", "0777");
        if (mode.matches("0?[0-7]{3}")) {
            builder.unixSocketMode(mode);
        } else {
            all.problem("unix_socket_mode", "three octal digits, such as 0777");
        }
    }

    private static void peer(String name, Value value, PgPoolBuilder builder, List<String> problems) {
        Settings own = new Settings(ConnectString.parse(value, problems), problems);
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
