package dev.pgpool.core.config;

import java.time.Duration;

/**
 * The limits of a pool: the server connections for one database and one user.
 *
 * @param maxConnections server connections at most
 * @param maxParallelConnects server connections that may be under construction at once
 * @param waitTimeout how long a client waits for a server before it gets an error; zero for ever
 * @param connectTimeout how long a server connection may take until it is ready for queries
 * @param connectRetryDelay how long a failed connect is remembered and told to clients when no server is there
 * @param abandonTimeout how long a server may take to become clean after its client left in the middle
 * @param maxPreparedStatements prepared statements kept on one server connection
 * @param serverRoundRobin whether idle servers are used in turn, and not the last one first
 */
public record PoolConfig(
        int maxConnections,
        int maxParallelConnects,
        Duration waitTimeout,
        Duration connectTimeout,
        Duration connectRetryDelay,
        Duration abandonTimeout,
        int maxPreparedStatements,
        boolean serverRoundRobin) {

    /** What applies where nothing else is said. */
    public static final PoolConfig DEFAULT = new PoolConfig(
            20,
            2,
            Duration.ofSeconds(120),
            Duration.ofSeconds(15),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            200,
            false);

    void check(String path, Problems problems) {
        problems.range(path + ".maxConnections", maxConnections, 1, 10_000);
        problems.range(path + ".maxParallelConnects", maxParallelConnects, 1, 1_000);
        problems.notNegative(path + ".waitTimeout", waitTimeout);
        problems.positive(path + ".connectTimeout", connectTimeout);
        problems.notNegative(path + ".connectRetryDelay", connectRetryDelay);
        problems.positive(path + ".abandonTimeout", abandonTimeout);
        problems.range(path + ".maxPreparedStatements", maxPreparedStatements, 1, 1_000_000);
    }
}
