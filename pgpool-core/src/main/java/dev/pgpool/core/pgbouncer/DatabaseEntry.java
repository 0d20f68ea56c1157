package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionStateConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** An entry of the section [databases], over what the section [pgbouncer] says for all. */
final class DatabaseEntry {
    private static final int MOST = 10_000;
    private static final int MOST_CLIENTS = 1_000_000;

    /** What is set on new server connections, before a client uses them. */
    private static final List<String> SERVER_SETTINGS =
            List.of("client_encoding", "datestyle", "timezone", "application_name");

    private static final Set<String> KEYS = Set.of(
            "dbname",
            "host",
            "port",
            "user",
            "password",
            "auth_user",
            "auth_query",
            "auth_dbname",
            "pool_size",
            "min_pool_size",
            "reserve_pool_size",
            "reserve_pool",
            "connect_query",
            "pool_mode",
            "query_wait_timeout",
            "load_balance_hosts",
            "max_db_connections",
            "max_db_client_connections",
            "server_lifetime",
            "client_encoding",
            "datestyle",
            "timezone",
            "application_name",
            "fleet",
            "fleet_max_db_connections",
            "fleet_weight",
            "fleet_database");

    private final IniSettings all;
    private final IniSettings own;
    private final List<String> unfit;

    DatabaseEntry(IniSettings all, IniSettings own, List<String> unfit) {
        this.all = all;
        this.own = own;
        this.unfit = unfit;
        own.allowOnly(KEYS);
    }

    void apply(DatabaseBuilder db) {
        int port = own.integer("port", 5_432, 1, 65_535);
        String[] hosts = own.text(
                        "host",
                        all.text("unix_socket_dir", Keys.of("unix_socket_dir").defaultValue()))
                .split(",", -1);
        db.port(port).hosts(hosts);
        own.text("dbname").ifPresent(db::databaseName);
        own.text("user").ifPresent(db::user);
        own.text("password").ifPresent(db::password);
        own.oneOf("pool_mode", PoolMode.class).ifPresent(db::mode);
        loadBalance().ifPresent(db::loadBalanceHosts);
        connectQuery().ifPresent(db::connectQuery);
        limits(db);
        timeouts(db);
        servers(db);
        FleetEntry.of(own).ifPresent(db::fleet);
        db.tls(tls -> TlsKeys.apply("server_tls", all, tls, unfit));
        if (hasOwnQuery()) {
            AuthKeys.query(all, own).ifPresent(db::authQuery);
        }
    }

    /** Whether it says something of where its users are looked up; else the query for all databases serves. */
    boolean hasOwnQuery() {
        return AuthKeys.hasOwnQuery(own);
    }

    /** What is said where no entry serves the database in which users of this one are looked up. */
    Optional<String> unservedLookups(Set<String> served) {
        Value asked = own.has("auth_dbname") ? own.given("auth_dbname") : all.given("auth_dbname");
        if (asked == null
                || asked.text().isEmpty()
                || served.contains(asked.text())
                || served.contains(DatabaseConfig.FALLBACK)
                || !(own.has("auth_user") || all.has("auth_user"))) {
            return Optional.empty();
        }
        return Optional.of(asked.where() + ": auth_dbname: \"" + asked.text()
                + "\" is served by no entry: logins whose users are looked up there are refused");
    }

    private Optional<LoadBalanceHosts> loadBalance() {
        return own.oneOf("load_balance_hosts", LoadBalanceHosts.class);
    }

    private Optional<String> connectQuery() {
        List<String> statements = new ArrayList<>();
        for (String name : SERVER_SETTINGS) {
            own.text(name).ifPresent(value -> statements.add("SET " + name + " TO '" + value.replace("'", "''") + "'"));
        }
        own.text("connect_query").ifPresent(statements::add);
        return statements.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", statements));
    }

    private void limits(DatabaseBuilder db) {
        int size = own.integer("pool_size", all.integer("default_pool_size", 20, 0, MOST), 0, MOST);
        int minimum = own.integer("min_pool_size", all.integer("min_pool_size", 0, 0, MOST), 0, MOST);
        int reserve = all.integer("reserve_pool_size", 0, 0, MOST);
        // as there, a pool makes one connection after the other
        db.maxParallelConnects(1)
                .maxConnections(size)
                .minConnections(size == 0 ? minimum : Math.min(minimum, size))
                .reserveConnections(
                        own.integer("reserve_pool_size", own.integer("reserve_pool", reserve, 0, MOST), 0, MOST))
                .reserveTimeout(all.seconds("reserve_pool_timeout", Duration.ofSeconds(5)))
                .maxServerConnections(
                        own.integer("max_db_connections", all.integer("max_db_connections", 0, 0, MOST), 0, MOST))
                .maxClients(own.integer(
                        "max_db_client_connections",
                        all.integer("max_db_client_connections", 0, 0, MOST_CLIENTS),
                        0,
                        MOST_CLIENTS));
    }

    private void timeouts(DatabaseBuilder db) {
        Duration none = Duration.ZERO;
        db.waitTimeout(own.seconds("query_wait_timeout", all.seconds("query_wait_timeout", Duration.ofSeconds(120))))
                .waitNotice(all.seconds("query_wait_notify", Duration.ofSeconds(5)))
                .queryTimeout(all.seconds("query_timeout", none))
                .transactionTimeout(all.seconds("transaction_timeout", none))
                .idleInTransactionTimeout(all.seconds("idle_transaction_timeout", none))
                .clientIdleTimeout(all.seconds("client_idle_timeout", none))
                .connectTimeout(all.secondsOrNever("server_connect_timeout", Duration.ofSeconds(15)))
                .connectRetryDelay(all.seconds("server_login_retry", Duration.ofSeconds(15)))
                .cancelTimeout(all.secondsOrNever("cancel_wait_timeout", Duration.ofSeconds(10)));
    }

    private void servers(DatabaseBuilder db) {
        String reset = all.text("server_reset_query", SessionStateConfig.DEFAULT.resetQuery());
        db.serverLifetime(own.seconds("server_lifetime", all.seconds("server_lifetime", Duration.ofHours(1))))
                .serverIdleTimeout(all.seconds("server_idle_timeout", Duration.ofMinutes(10)))
                .serverCheckDelay(all.seconds("server_check_delay", Duration.ofSeconds(30)))
                .serverCheckQuery(all.text("server_check_query", "<empty>"))
                .serverRoundRobin(all.bool("server_round_robin", false))
                .serverFastClose(all.bool("server_fast_close", false))
                .poolIdleTimeout(all.seconds("pool_idle_timeout", Duration.ZERO))
                .autoDatabaseIdleTimeout(all.seconds("autodb_idle_timeout", Duration.ofHours(1)))
                .serverResetQuery(reset)
                .serverResetQueryAlways(all.bool("server_reset_query_always", false));
        db.maxPreparedStatements(all.integer("max_prepared_statements", 200, 0, 1_000_000));
    }

    /** Whether a connect string has this key. */
    static boolean gives(Value entry, String key) {
        return ConnectString.parse(entry, new ArrayList<>()).containsKey(key);
    }
}
