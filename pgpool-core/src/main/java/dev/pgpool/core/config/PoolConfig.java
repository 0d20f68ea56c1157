package dev.pgpool.core.config;

import java.util.Optional;

/**
 * The rules of a pool: the server connections for one database and one user.
 *
 * @param mode for how long a client keeps its server; empty for the pooler's own default
 * @param limits how many servers and clients there may be
 * @param timeouts how long things may take
 * @param servers how long server connections live
 * @param maxPreparedStatements prepared statements kept on one server connection; 0 for none but the one used last
 */
public record PoolConfig(
        Optional<PoolMode> mode,
        LimitsConfig limits,
        TimeoutsConfig timeouts,
        ServerLifeConfig servers,
        int maxPreparedStatements) {

    /** What applies where nothing else is said. */
    public static final PoolConfig DEFAULT = new PoolConfig(
            Optional.empty(), LimitsConfig.DEFAULT, TimeoutsConfig.DEFAULT, ServerLifeConfig.DEFAULT, 200);

    void check(String path, Problems problems) {
        limits.check(path, problems);
        timeouts.check(path, problems);
        servers.check(path, problems);
        problems.range(path + ".maxPreparedStatements", maxPreparedStatements, 0, 1_000_000);
    }

    /** These rules for a pool of this user: what the user's entry says goes ahead of what the database's says. */
    public PoolConfig with(UserConfig user) {
        return new PoolConfig(
                user.mode().or(this::mode), limits.with(user), timeouts.with(user), servers, maxPreparedStatements);
    }
}
