package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.config.AuthQueryConfig;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every key of the section [pgbouncer], and what becomes of it here.
 *
 * @see <a href="https://www.pgbouncer.org/config.html">PgBouncer's configuration</a>
 */
final class Keys {
    /** What becomes of a key. */
    enum Use {
        /** It has its effect. */
        SUPPORTED,
        /** It is for the process around the pooler. */
        PROCESS,
        /** It is accepted and means nothing; another value than the default is worth a warning. */
        IGNORED
    }

    /**
     * A key.
     *
     * @param name in lower case
     * @param defaultValue PgBouncer's
     * @param reloadable whether a running pooler can take another value
     * @param use what becomes of it
     * @param why it is not simply supported, or how its effect differs from PgBouncer's; empty if neither
     */
    record Key(String name, String defaultValue, boolean reloadable, Use use, String why) {
        /** Whether it makes a difference that it has this value. */
        boolean hasEffect(String value) {
            return value.equals(defaultValue) || use != Use.IGNORED;
        }

        /** Why {@link #hasEffect} says no, behind the key. */
        String whyNoEffect() {
            return " has no effect: " + why;
        }

        /** Whether a value is one that {@link #why} is about, for a key that has its effect. */
        boolean isWorthSaying(String value) {
            return !value.equals(defaultValue) && (!name.equals("max_prepared_statements") || value.equals("0"));
        }

        /** It has its effect, though not quite PgBouncer's. */
        private Key but(String difference) {
            return new Key(name, defaultValue, reloadable, use, difference);
        }

        private Key process(String reason) {
            return new Key(name, defaultValue, reloadable, Use.PROCESS, reason);
        }

        private Key ignored(String reason) {
            return new Key(name, defaultValue, reloadable, Use.IGNORED, reason);
        }
    }

    /** PgBouncer's, in the order of its documentation. */
    static final List<Key> ALL = List.of(
            reloadable("logfile", "")
                    .process("the file that the standalone distribution logs to; a host has its own logging"),
            fixed("pidfile", "").process("the standalone distribution writes it"),
            fixed("listen_addr", ""),
            fixed("listen_port", "6432"),
            fixed("unix_socket_dir", "/tmp"),
            fixed("unix_socket_mode", "0777"),
            fixed("unix_socket_group", ""),
            fixed("user", "")
                    .process(
                            "the standalone distribution refuses to run as somebody else: a JVM can't change its user"),
            reloadable("pool_mode", "session")
                    .but("session state follows its client or keeps it on its server, instead of leaking"),
            reloadable("max_client_conn", "100"),
            reloadable("default_pool_size", "20"),
            reloadable("min_pool_size", "0"),
            reloadable("reserve_pool_size", "0"),
            reloadable("reserve_pool_timeout", "5"),
            reloadable("max_db_connections", "0"),
            reloadable("max_db_client_connections", "0"),
            reloadable("max_user_connections", "0"),
            reloadable("max_user_client_connections", "0"),
            reloadable("server_round_robin", "0"),
            fixed("track_extra_parameters", "IntervalStyle")
                    .but("every parameter is tracked: it only says what ignore_startup_parameters must not drop"),
            reloadable("ignore_startup_parameters", "")
                    .but("a parameter that is not in it is applied, and not refused"),
            fixed("peer_id", "0"),
            fixed("disable_pqexec", "0").but("the console goes on with simple queries"),
            reloadable("application_name_add_host", "0"),
            reloadable("conffile", "").ignored("RELOAD reads the file that was read first"),
            fixed("service_name", "pgbouncer").ignored("for Windows only"),
            fixed("job_name", "pgbouncer").ignored("for Windows only"),
            reloadable("stats_period", "60"),
            reloadable("max_prepared_statements", "200")
                    .but("with 0 they are tracked all the same, but servers keep only the one used last"),
            reloadable("scram_iterations", "4096").ignored("secrets are not made, only checked"),
            reloadable("login_notify_message", ""),
            reloadable("auth_type", "md5"),
            reloadable("auth_file", ""),
            reloadable("auth_hba_file", "").but("a line that can't be read is an error, and is not skipped"),
            reloadable("auth_ident_file", ""),
            reloadable("auth_ldap_options", "")
                    .but("certificates of directories are checked by the JVM's trust store, and not by what"
                            + " ldap.conf says"),
            reloadable("auth_query", AuthQueryConfig.DEFAULT_QUERY),
            reloadable("auth_user", "").but("a user that is not found is told the same as one with a wrong password"),
            reloadable("auth_dbname", ""),
            reloadable("syslog", "0").process("the standalone distribution logs to this machine's syslog, by UDP"),
            reloadable("syslog_ident", "pgbouncer").process("the name in lines of syslog"),
            reloadable("syslog_facility", "daemon").process("where syslog puts the lines"),
            reloadable("log_connections", "1").process("ConnectionLog writes them, and the standalone distribution"),
            reloadable("log_disconnections", "1").process("ConnectionLog writes them, and the standalone distribution"),
            reloadable("log_pooler_errors", "1").process("ConnectionLog writes them, and the standalone distribution"),
            reloadable("log_stats", "1").process("the standalone distribution logs a line each stats_period"),
            reloadable("verbose", "0").process("the standalone distribution logs more from 1 on"),
            reloadable("admin_users", ""),
            reloadable("stats_users", ""),
            reloadable("server_reset_query", "DISCARD ALL"),
            reloadable("server_reset_query_always", "0"),
            reloadable("server_check_delay", "30"),
            reloadable("server_check_query", "<empty>"),
            reloadable("server_fast_close", "0"),
            reloadable("server_lifetime", "3600"),
            reloadable("server_idle_timeout", "600"),
            reloadable("server_connect_timeout", "15"),
            reloadable("server_login_retry", "15"),
            reloadable("client_login_timeout", "60"),
            reloadable("autodb_idle_timeout", "3600"),
            reloadable("pool_idle_timeout", "0"),
            reloadable("dns_max_ttl", "15").but("the JVM's cache lies beneath: networkaddress.cache.ttl, 30 s"),
            reloadable("dns_nxdomain_ttl", "15"),
            reloadable("dns_zone_check_period", "0").ignored("names are looked up again by dns_max_ttl"),
            fixed("resolv_conf", "").ignored("names are looked up as the system does it"),
            reloadable("client_tls_sslmode", "disable"),
            reloadable("client_tls_key_file", ""),
            reloadable("client_tls_cert_file", ""),
            reloadable("client_tls_ca_file", ""),
            reloadable("client_tls_protocols", "secure"),
            reloadable("client_tls_ciphers", "default"),
            reloadable("client_tls13_ciphers", ""),
            reloadable("client_tls_ecdhcurve", "auto").ignored("the JDK's property jdk.tls.namedGroups decides"),
            reloadable("client_tls_dheparams", "auto").ignored("the JDK's property jdk.tls.ephemeralDHKeySize decides"),
            reloadable("server_tls_sslmode", "prefer"),
            reloadable("server_tls_ca_file", ""),
            reloadable("server_tls_key_file", ""),
            reloadable("server_tls_cert_file", ""),
            reloadable("server_tls_protocols", "secure"),
            reloadable("server_tls_ciphers", "default"),
            reloadable("server_tls13_ciphers", ""),
            reloadable("query_timeout", "0").but("the query is cancelled, and its client stays connected"),
            reloadable("query_wait_timeout", "120"),
            reloadable("query_wait_notify", "5"),
            reloadable("cancel_wait_timeout", "10"),
            reloadable("client_idle_timeout", "0"),
            reloadable("idle_transaction_timeout", "0"),
            reloadable("transaction_timeout", "0"),
            reloadable("suspend_timeout", "10").ignored("SUSPEND lets transactions end"),
            fixed("pkt_buf", "4096").ignored("Netty sizes its buffers by what arrives"),
            reloadable("max_packet_size", "2147483647")
                    .ignored("messages pass through in pieces, whatever their size; before login they are bounded"),
            fixed("listen_backlog", "128"),
            reloadable("sbuf_loopcnt", "5").ignored("Netty decides how often a socket is read in turn"),
            fixed("so_reuseport", "0"),
            reloadable("tcp_defer_accept", "1"),
            reloadable("tcp_socket_buffer", "0"),
            reloadable("tcp_keepalive", "1"),
            reloadable("tcp_keepcnt", "0"),
            reloadable("tcp_keepidle", "0"),
            reloadable("tcp_keepintvl", "0"),
            reloadable("tcp_user_timeout", "0"));

    /** Those that PgBouncer does not have. */
    static final List<Key> OWN = List.of(
            fixed("fleet", ""),
            fixed("fleet_max_db_connections", "0"),
            fixed("fleet_weight", "1"),
            fixed("fleet_database", ""),
            reloadable("log_advice", "0").process("the standalone distribution logs its advice once a day"));

    private static final Map<String, Key> BY_NAME =
            Stream.concat(ALL.stream(), OWN.stream()).collect(Collectors.toMap(Key::name, Function.identity()));

    private Keys() {}

    static boolean isKnown(String name) {
        return BY_NAME.containsKey(name);
    }

    /** @throws IllegalArgumentException if there is no such key */
    static Key of(String name) {
        Key key = BY_NAME.get(name);
        if (key == null) {
            throw new IllegalArgumentException("no such key: " + name);
        }
        return key;
    }

    private static Key reloadable(String name, String defaultValue) {
        return new Key(name, defaultValue, true, Use.SUPPORTED, "");
    }

    private static Key fixed(String name, String defaultValue) {
        return new Key(name, defaultValue, false, Use.SUPPORTED, "");
    }
}
