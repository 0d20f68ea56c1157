package dev.pgpool.core.config;

import java.time.Duration;

/**
 * How many servers and clients there may be. The first five count in each pool, the last two over all pools of the
 * database.
 *
 * @param maxConnections server connections of a pool at most; 0 for no limit
 * @param minConnections server connections that a pool keeps, while it has clients or its user is forced
 * @param reserveConnections server connections beyond {@code maxConnections} while clients wait too long
 * @param reserveTimeout how long a client waits before the reserve is used; zero never uses it
 * @param maxParallelConnects server connections of a pool that may be under construction at once
 * @param maxServerConnections server connections of all pools of the database together; 0 for no limit
 * @param maxClients clients of the database that have proved who they are; 0 for no limit
 */
public record LimitsConfig(
        int maxConnections,
        int minConnections,
        int reserveConnections,
        Duration reserveTimeout,
        int maxParallelConnects,
        int maxServerConnections,
        int maxClients) {

    static final int MOST_SERVERS = 10_000;
    static final int MOST_CLIENTS = 1_000_000;

    /** What applies where nothing else is said. */
    public static final LimitsConfig DEFAULT = new LimitsConfig(20, 0, 0, Duration.ofSeconds(5), 2, 0, 0);

    void check(String path, Problems problems) {
        problems.range(path + ".maxConnections", maxConnections, 0, MOST_SERVERS);
        problems.range(path + ".minConnections", minConnections, 0, maxConnections > 0 ? maxConnections : MOST_SERVERS);
        problems.range(path + ".reserveConnections", reserveConnections, 0, MOST_SERVERS);
        problems.notNegative(path + ".reserveTimeout", reserveTimeout);
        problems.range(path + ".maxParallelConnects", maxParallelConnects, 1, 1_000);
        problems.range(path + ".maxServerConnections", maxServerConnections, 0, MOST_SERVERS);
        problems.range(path + ".maxClients", maxClients, 0, MOST_CLIENTS);
    }

    LimitsConfig with(UserConfig user) {
        int max = user.maxConnections().orElse(maxConnections);
        return new LimitsConfig(
                max,
                max == 0 ? minConnections : Math.min(minConnections, max),
                user.reserveConnections().orElse(reserveConnections),
                reserveTimeout,
                maxParallelConnects,
                maxServerConnections,
                maxClients);
    }
}
