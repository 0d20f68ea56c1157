package dev.pgpool.core.pgbouncer;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says what the pooler finds wrong, which names paths of its own configuration, by file, line and key of the ini file. */
final class IniWords {
    /** By path in the pooler's configuration; of a database and a user by what follows its name. */
    private static final Map<String, String> KEYS = Map.ofEntries(
            Map.entry("listen.host", "listen_addr"),
            Map.entry("listen.port", "listen_port"),
            Map.entry("listen.unixSocketDirectory", "unix_socket_dir"),
            Map.entry("listen.unixSocketMode", "unix_socket_mode"),
            Map.entry("listen.unixSocketGroup", "unix_socket_group"),
            Map.entry("listen.backlog", "listen_backlog"),
            Map.entry("listen.reusePort", "so_reuseport"),
            Map.entry("listen.maxClientConnections", "max_client_conn"),
            Map.entry("listen.loginTimeout", "client_login_timeout"),
            Map.entry("listen.tls", "client_tls_protocols"),
            Map.entry("listen.tls.certificate", "client_tls_cert_file"),
            Map.entry("listen.tls.key", "client_tls_key_file"),
            Map.entry("listen.tls.trust", "client_tls_ca_file"),
            Map.entry("listen.tls.protocols", "client_tls_protocols"),
            Map.entry("auth.identFile", "auth_ident_file"),
            Map.entry("auth.method", "auth_type"),
            Map.entry("admin.adminUsers", "admin_users"),
            Map.entry("admin.statsUsers", "stats_users"),
            Map.entry("admin.statsPeriod", "stats_period"),
            Map.entry("admin.maxClients", "max_db_client_connections"),
            Map.entry("auth.query.user", "auth_user"),
            Map.entry("auth.query.query", "auth_query"),
            Map.entry("tcp.keepAliveIdle", "tcp_keepidle"),
            Map.entry("tcp.keepAliveInterval", "tcp_keepintvl"),
            Map.entry("tcp.keepAliveProbes", "tcp_keepcnt"),
            Map.entry("tcp.userTimeout", "tcp_user_timeout"),
            Map.entry("tcp.deferAccept", "tcp_defer_accept"),
            Map.entry("peers.id", "peer_id"),
            Map.entry("fleet.name", "fleet"),
            Map.entry("fleet.maxServerConnections", "fleet_max_db_connections"),
            Map.entry("fleet.weight", "fleet_weight"),
            Map.entry("fleet.database", "fleet_database"));

    private static final Map<String, String> OF_DATABASE = Map.ofEntries(
            Map.entry("host", "host"),
            Map.entry("host.port", "port"),
            Map.entry("hosts", "host"),
            Map.entry("user", "user"),
            Map.entry("password", "password"),
            Map.entry("connectQuery", "connect_query"),
            Map.entry("maxConnections", "pool_size"),
            Map.entry("minConnections", "min_pool_size"),
            Map.entry("reserveConnections", "reserve_pool_size"),
            Map.entry("maxServerConnections", "max_db_connections"),
            Map.entry("maxClients", "max_db_client_connections"),
            Map.entry("serverCheckQuery", "server_check_query"),
            Map.entry("serverResetQuery", "server_reset_query"),
            Map.entry("serverResetQueryAlways", "server_reset_query_always"),
            Map.entry("tls", "server_tls_protocols"),
            Map.entry("tls.certificate", "server_tls_cert_file"),
            Map.entry("tls.key", "server_tls_key_file"),
            Map.entry("tls.trust", "server_tls_ca_file"),
            Map.entry("tls.protocols", "server_tls_protocols"),
            Map.entry("authQuery.user", "auth_user"),
            Map.entry("authQuery.query", "auth_query"),
            Map.entry("authQuery.database", "auth_dbname"),
            Map.entry("fleet.name", "fleet"),
            Map.entry("fleet.maxServerConnections", "fleet_max_db_connections"),
            Map.entry("fleet.weight", "fleet_weight"),
            Map.entry("fleet.database", "fleet_database"));

    /** What is said of cipher suites that the platform does not know. */
    private static final String CIPHERS = "CipherSuite";

    private final Path file;
    private final Map<String, Value> general;
    private final Map<String, Value> databases;
    private final Map<String, Value> peers;

    IniWords(Path file, Map<String, Value> general, Map<String, Value> databases, Map<String, Value> peers) {
        this.file = file;
        this.peers = peers;
        this.general = general;
        this.databases = databases;
    }

    /** Without repetition: what is said once for all databases is a problem of each of them. */
    List<String> of(List<String> problems) {
        return problems.stream().map(this::of).distinct().toList();
    }

    private String of(String problem) {
        int end = problem.indexOf(": ");
        String path = end < 0 ? "" : problem.substring(0, end);
        String rest = problem.substring(Math.max(0, end));
        String key = KEYS.get(path);
        if (key != null) {
            return general(key, rest);
        }
        if (path.startsWith("peers.")) {
            String[] parts = path.split("\\.", 3);
            Value peer = peers.get(parts[1]);
            if (peer != null) {
                return where(peer) + ": " + parts[1] + (parts.length > 2 ? "." + parts[2] : "") + rest;
            }
        }
        if (path.startsWith("databases.")) {
            String known = ofDatabase(path.substring("databases.".length()), rest);
            if (known != null) {
                return known;
            }
        }
        // files of rules say file and line themselves
        return path.indexOf('/') >= 0 ? problem : file + ": " + problem;
    }

    private @Nullable String ofDatabase(String path, String rest) {
        for (Map.Entry<String, Value> database : databases.entrySet()) {
            String name = database.getKey();
            if (path.equals(name)) {
                return where(database.getValue()) + ": " + name + rest;
            }
            String key = path.startsWith(name + ".")
                    ? OF_DATABASE.get(path.substring(name.length() + 1).replaceFirst("hosts\\[\\d+]", "host"))
                    : null;
            if (key != null) {
                boolean own = DatabaseEntry.gives(database.getValue(), key);
                return own || !Keys.isKnown(key)
                        ? where(database.getValue()) + ": " + name + "." + key + rest
                        : general(key, rest);
            }
        }
        return null;
    }

    /** Of a key for all; where TLS lacks something, the line that asks for TLS is at fault. */
    private String general(String key, String rest) {
        if (!TlsKeys.isOne(key)) {
            return where(general.get(key)) + ": " + key + rest;
        }
        String side = key.substring(0, "client_tls".length());
        String named = key;
        if (key.endsWith("_protocols") && rest.contains(CIPHERS)) {
            // what the platform knows of is both together
            named = Stream.of(side + "_ciphers", side + "13_ciphers")
                    .filter(general::containsKey)
                    .findFirst()
                    .orElse(key);
        }
        Value given = general.get(named);
        return where(given == null ? general.get(side + "_sslmode") : given) + ": " + named + rest;
    }

    private String where(@Nullable Value value) {
        return value == null ? file.toString() : value.where();
    }
}
