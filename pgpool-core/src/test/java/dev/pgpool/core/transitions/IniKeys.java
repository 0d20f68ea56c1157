package dev.pgpool.core.transitions;

import dev.pgpool.core.fixture.YesDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All keys of the section [pgbouncer], and the values that they change to. */
final class IniKeys {
    private IniKeys() {}

    /**
     * A key that can change.
     *
     * @param before its value until then
     * @param after its value from then on
     * @param seen which {@link Transition} shows the effect; none if it is enough that the configuration is another
     * @param companions what it makes sense with
     * @param together what has to change with it
     */
    record Key(String name, String before, String after, String seen, List<String> companions, List<String> together) {
        Key(String name, String after) {
            this(name, "", after, "", List.of(), List.of());
        }

        Key with(String... more) {
            return new Key(name, before, after, seen, List.of(more), together);
        }

        Key and(String... more) {
            return new Key(name, before, after, seen, companions, List.of(more));
        }

        boolean losesConsole() {
            return name.equals("admin_users");
        }

        Transition transition() {
            return seen.isEmpty()
                    ? Transition.change(name)
                    : EverySettingIT.all().stream()
                            .filter(known -> known.toString().equals(seen))
                            .findFirst()
                            .orElseThrow(() -> new IllegalArgumentException(seen));
        }
    }

    private static Key seen(String name, String before, String after, String transition) {
        return new Key(name, before, after, transition, List.of(), List.of());
    }

    private static Key config(String name, String before, String after) {
        return new Key(name, before, after, "", List.of(), List.of());
    }

    /** Where the files of this test are. */
    private static final Path FILES = files();

    private static Path files() {
        try {
            return Files.createTempDirectory("ini-keys");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String file(String name, String... lines) {
        try {
            return Files.write(FILES.resolve(name), List.of(lines)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String directory(YesDirectory directory) {
        return "ldapserver=127.0.0.1 ldapport=" + directory.port() + " ldapprefix=uid=";
    }

    private static final String USERS = file("userlist.txt", "\"app\" \"secret\"", "\"boss\" \"secret\"");
    private static final String OTHERS = file("others.txt", "\"app\" \"other\"", "\"boss\" \"secret\"");
    private static final String SCRAM = "host all all all scram-sha-256";

    /** Files of the stage, by the names of {@link #resolve}. */
    private static final String KEY = "@server.key";

    private static final String CERTIFICATE = "@server.crt";
    private static final String RENEWED_KEY = "@renewed.key";
    private static final String RENEWED_CERTIFICATE = "@renewed.crt";
    private static final String STRANGER_KEY = "@stranger.key";
    private static final String STRANGER_CERTIFICATE = "@stranger.crt";
    private static final String CLIENT_KEY = "@client.key";
    private static final String CLIENT_CERTIFICATE = "@client.crt";
    private static final String ROOT = "@root.crt";
    private static final String OTHER_ROOT = "@other-root.crt";

    /** A value with what it names on the stage. */
    static String resolve(Stage stage, String value) {
        return switch (value) {
            case KEY -> stage.server.key().toString();
            case CERTIFICATE -> stage.server.certificate().toString();
            case RENEWED_KEY -> stage.renewed().key().toString();
            case RENEWED_CERTIFICATE -> stage.renewed().certificate().toString();
            case STRANGER_KEY -> stage.stranger.key().toString();
            case STRANGER_CERTIFICATE -> stage.stranger.certificate().toString();
            case CLIENT_KEY -> stage.client.key().toString();
            case CLIENT_CERTIFICATE -> stage.client.certificate().toString();
            case ROOT -> stage.root.toString();
            case OTHER_ROOT -> stage.otherRootFile.toString();
            default -> value;
        };
    }

    /** What all files have, in the words of {@link Told}. */
    static Map<String, String> base() {
        Map<String, String> base = new LinkedHashMap<>();
        base.put("listen_addr", "127.0.0.1");
        base.put("listen_port", "0");
        base.put("unix_socket_dir", "");
        base.put("pool_mode", "transaction");
        base.put("default_pool_size", "4");
        base.put("server_login_retry", "0.05");
        base.put("auth_type", "scram-sha-256");
        base.put("auth_file", USERS);
        base.put("auth_user", "postgres");
        base.put("auth_dbname", "app");
        base.put("auth_query", "SELECT u, p FROM public.slow_secret($1)");
        base.put("admin_users", Stage.BOSS);
        base.put("stats_period", "3600");
        // clients that say nothing are there from the start
        base.put("tcp_defer_accept", "0");
        base.put("client_tls_sslmode", "allow");
        base.put("client_tls_key_file", KEY);
        base.put("client_tls_cert_file", CERTIFICATE);
        base.put("client_tls_ca_file", ROOT);
        return base;
    }

    static final List<Key> ALL = List.of(
            seen("pool_mode", "transaction", "session", "pooler.poolMode"),
            seen("max_client_conn", "20", "1", "pooler.maxClientConnections"),
            seen("client_login_timeout", "60", "0.3", "pooler.loginTimeout"),
            seen("default_pool_size", "1", "2", "database.maxConnections"),
            seen("min_pool_size", "0", "4", "database.minConnections"),
            seen("reserve_pool_size", "0", "1", "database.reserveConnections")
                    .with("default_pool_size = 1", "reserve_pool_timeout = 0.05"),
            seen("reserve_pool_timeout", "3600", "0.2", "database.reserveTimeout")
                    .with("default_pool_size = 1", "reserve_pool_size = 1"),
            seen("max_db_connections", "1", "2", "database.maxServerConnections"),
            seen("max_db_client_connections", "20", "1", "database.maxClients"),
            seen("max_user_connections", "1", "2", "user.maxServerConnections"),
            seen("max_user_client_connections", "20", "1", "user.maxClients"),
            config("server_round_robin", "0", "1"),
            seen("application_name_add_host", "0", "1", "pooler.applicationNameAddHost"),
            seen("ignore_startup_parameters", "", "extra_float_digits, work_mem", "pooler.ignoreStartupParameters"),
            seen("login_notify_message", "", "welcome, it's pgpool", "pooler.loginNotice"),
            seen("stats_period", "3600", "0.2", "pooler.statsPeriod"),
            seen("max_prepared_statements", "200", "1", "database.maxPreparedStatements")
                    .with("default_pool_size = 1"),
            seen("auth_type", "scram-sha-256", "md5", "pooler.clientAuthentication"),
            seen("auth_file", USERS, OTHERS, "pooler.credentials"),
            seen(
                            "auth_hba_file",
                            file("a.hba", SCRAM),
                            file("b.hba", "host app all all reject", SCRAM),
                            "pooler.hbaFile")
                    .with("auth_type = hba"),
            seen("auth_ident_file", file("a.ident", "m app app"), file("b.ident", "m somebody app"), "pooler.identFile")
                    .with(
                            "auth_type = hba",
                            "auth_hba_file = " + file("e.hba", "hostssl all all all cert map=m", SCRAM)),
            seen(
                            "auth_ldap_options",
                            directory(LoginTransitions.DIRECTORY),
                            directory(LoginTransitions.OTHER_DIRECTORY),
                            "pooler.ldap")
                    .with("auth_type = ldap"),
            seen(
                    "auth_query",
                    "SELECT u, p FROM public.slow_secret($1)",
                    "SELECT $1::text, 'found by another'::text",
                    "pooler.authQuery"),
            seen("auth_user", "postgres", "nobody_of_this_name", "authQuery.user"),
            // the function is not there
            seen("auth_dbname", "app", "postgres", "authQuery.user"),
            seen("admin_users", "boss", "app", "pooler.adminUsers"),
            config("stats_users", "", "watcher"),
            seen("server_reset_query", "DISCARD ALL", "SET work_mem TO '6MB'", "database.serverResetQuery")
                    .with("server_reset_query_always = 1"),
            seen("server_reset_query_always", "0", "1", "database.serverResetQueryAlways")
                    .with("server_reset_query = SET work_mem TO '6MB'"),
            seen("server_check_delay", "3600", "0", "database.serverCheckDelay")
                    .with("server_check_query = SET work_mem TO '5MB'"),
            seen("server_check_query", "<empty>", "SET work_mem TO '5MB'", "database.serverCheckQuery")
                    .with("server_check_delay = 0"),
            seen("server_lifetime", "3600", "1.5", "database.serverLifetime"),
            seen("server_fast_close", "0", "1", "database.serverFastClose").with("pool_mode = session"),
            seen("server_idle_timeout", "600", "0.2", "database.serverIdleTimeout"),
            config("server_connect_timeout", "15", "7"),
            config("server_login_retry", "15", "3"),
            config("autodb_idle_timeout", "3600", "7"),
            seen("pool_idle_timeout", "0", "0.2", "database.poolIdleTimeout"),
            config("dns_max_ttl", "15", "7"),
            config("dns_nxdomain_ttl", "15", "7"),
            seen("client_tls_sslmode", "allow", "require", "clientTls.mode (require)"),
            config("client_tls_key_file", KEY, RENEWED_KEY).and("client_tls_cert_file = " + RENEWED_CERTIFICATE),
            config("client_tls_cert_file", CERTIFICATE, RENEWED_CERTIFICATE)
                    .and("client_tls_key_file = " + RENEWED_KEY),
            seen("client_tls_ca_file", ROOT, OTHER_ROOT, "clientTls.trust (another file)"),
            seen("client_tls_protocols", "secure", "tlsv1.2", "clientTls.protocols"),
            seen("client_tls_ciphers", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "clientTls.cipherSuites"),
            seen("client_tls13_ciphers", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "clientTls.cipherSuites"),
            seen("server_tls_sslmode", "require", "disable", "serverTls.mode (require to disable)"),
            seen("server_tls_ca_file", ROOT, OTHER_ROOT, "serverTls.trust (another file)")
                    .with("server_tls_sslmode = verify-ca", "query_wait_timeout = 0.4"),
            seen("server_tls_key_file", STRANGER_KEY, CLIENT_KEY, "serverTls.certificate")
                    .with("server_tls_sslmode = require", "server_tls_cert_file = " + STRANGER_CERTIFICATE)
                    .and("server_tls_cert_file = " + CLIENT_CERTIFICATE),
            seen("server_tls_cert_file", STRANGER_CERTIFICATE, CLIENT_CERTIFICATE, "serverTls.certificate")
                    .with("server_tls_sslmode = require", "server_tls_key_file = " + STRANGER_KEY)
                    .and("server_tls_key_file = " + CLIENT_KEY),
            seen("server_tls_protocols", "secure", "tlsv1.2", "serverTls.protocols"),
            seen("server_tls_ciphers", "default", "TLS_AES_128_GCM_SHA256", "serverTls.cipherSuites"),
            seen("server_tls13_ciphers", "default", "TLS_AES_128_GCM_SHA256", "serverTls.cipherSuites"),
            seen("query_timeout", "0", "0.2", "database.queryTimeout"),
            seen("query_wait_timeout", "120", "0.2", "database.waitTimeout").with("default_pool_size = 1"),
            seen("query_wait_notify", "3600", "0.2", "database.waitNotice").with("default_pool_size = 1"),
            config("cancel_wait_timeout", "10", "7"),
            seen("client_idle_timeout", "0", "0.2", "database.clientIdleTimeout"),
            seen("idle_transaction_timeout", "0", "0.2", "database.idleInTransactionTimeout"),
            seen("transaction_timeout", "0", "0.2", "database.transactionTimeout"),
            seen("tcp_keepalive", "1", "0", "tcp.keepAlive"),
            seen("tcp_keepidle", "0", "77", "tcp.keepAliveIdle"),
            seen("tcp_keepintvl", "0", "78", "tcp.keepAliveInterval"),
            seen("tcp_keepcnt", "0", "11", "tcp.keepAliveProbes"),
            seen("tcp_user_timeout", "0", "54321", "tcp.userTimeout"),
            seen("tcp_socket_buffer", "0", "30000", "tcp.socketBuffer"),
            seen("tcp_defer_accept", "0", "1", "tcp.deferAccept"));

    /** Keys that mean nothing here, or that are refused, with values that are not their defaults. */
    static final Map<String, String> WITHOUT_EFFECT = Map.ofEntries(
            Map.entry("conffile", "/nowhere.ini"),
            Map.entry("scram_iterations", "9999"),
            Map.entry("dns_zone_check_period", "9"),
            Map.entry("client_tls_ecdhcurve", "secp384r1"),
            Map.entry("client_tls_dheparams", "legacy"),
            Map.entry("suspend_timeout", "9"),
            Map.entry("max_packet_size", "9999"),
            Map.entry("sbuf_loopcnt", "9"));

    /** Keys that a running pooler can't change, with other values. */
    static final Map<String, String> FIXED = Map.ofEntries(
            Map.entry("pidfile", "/tmp/x.pid"),
            Map.entry("listen_addr", "127.0.0.2"),
            Map.entry("listen_port", "1"),
            Map.entry("unix_socket_dir", "/tmp"),
            Map.entry("unix_socket_mode", "0700"),
            Map.entry("unix_socket_group", "x"),
            Map.entry("user", "x"),
            Map.entry("track_extra_parameters", "x"),
            Map.entry("peer_id", "3"),
            Map.entry("disable_pqexec", "1"),
            Map.entry("service_name", "x"),
            Map.entry("job_name", "x"),
            Map.entry("resolv_conf", "/x"),
            Map.entry("pkt_buf", "9"),
            Map.entry("listen_backlog", "9"),
            Map.entry("so_reuseport", "1"));

    /** Keys that the program around the pooler obeys; its own tests show that. */
    static final Map<String, String> OF_THE_PROCESS = Map.of(
            "logfile", "/tmp/x",
            "syslog", "1",
            "syslog_ident", "x",
            "syslog_facility", "user",
            "log_stats", "0",
            "log_connections", "0",
            "log_disconnections", "0",
            "log_pooler_errors", "0",
            "verbose", "1");
}
