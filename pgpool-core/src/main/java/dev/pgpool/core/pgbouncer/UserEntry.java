package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.UserBuilder;
import java.util.Map;
import java.util.Set;

/** An entry of the section [users], over what the section [pgbouncer] says for every user. */
final class UserEntry {
    private static final int MOST = 10_000;
    private static final int MOST_CLIENTS = 1_000_000;
    private static final Set<String> KEYS = Set.of(
            "pool_size",
            "reserve_pool_size",
            "pool_mode",
            "max_user_connections",
            "max_user_client_connections",
            "query_timeout",
            "query_wait_timeout",
            "idle_transaction_timeout",
            "transaction_timeout",
            "client_idle_timeout",
            "fleet",
            "fleet_max_db_connections",
            "fleet_weight",
            "fleet_database");

    private final IniSettings all;
    private final IniSettings own;

    UserEntry(IniSettings all, IniSettings own) {
        this.all = all;
        this.own = own;
        own.allowOnly(KEYS);
    }

    /** Whether there is something to say for every user. */
    static boolean isForAll(Map<String, Value> settings) {
        return settings.containsKey("max_user_connections") || settings.containsKey("max_user_client_connections");
    }

    void apply(UserBuilder user) {
        own.integer("pool_size", 0, MOST).ifPresent(user::maxConnections);
        own.integer("reserve_pool_size", 0, MOST).ifPresent(user::reserveConnections);
        own.oneOf("pool_mode", PoolMode.class).ifPresent(user::mode);
        user.maxServerConnections(
                own.integer("max_user_connections", all.integer("max_user_connections", 0, 0, MOST), 0, MOST));
        user.maxClients(own.integer(
                "max_user_client_connections",
                all.integer("max_user_client_connections", 0, 0, MOST_CLIENTS),
                0,
                MOST_CLIENTS));
        own.seconds("query_timeout").ifPresent(user::queryTimeout);
        own.seconds("query_wait_timeout").ifPresent(user::waitTimeout);
        own.seconds("idle_transaction_timeout").ifPresent(user::idleInTransactionTimeout);
        own.seconds("transaction_timeout").ifPresent(user::transactionTimeout);
        own.seconds("client_idle_timeout").ifPresent(user::clientIdleTimeout);
        FleetEntry.of(own).ifPresent(user::fleet);
    }
}
