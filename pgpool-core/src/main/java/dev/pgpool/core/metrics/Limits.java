package dev.pgpool.core.metrics;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.PgPoolConfig;

/** What a configuration allows altogether. */
final class Limits {
    private Limits() {}

    /** Server connections that there may be, if each database had one pool; 0 if one of them has no limit. */
    static int mostServers(PgPoolConfig config) {
        int sum = 0;
        for (DatabaseConfig database : config.databases().values()) {
            LimitsConfig limits = database.pool().limits();
            int most = limits.maxServerConnections() > 0
                    ? limits.maxServerConnections()
                    : limits.maxConnections() == 0 ? 0 : limits.maxConnections() + limits.reserveConnections();
            if (most == 0) {
                return 0;
            }
            sum += most;
        }
        return sum;
    }
}
