package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.hosts.ServerHosts;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.ServerTls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pool is told, and what follows from it. Replaced as a whole when the configuration changes.
 *
 * @param config its database
 * @param rules with what the user's entry says
 * @param mode for how long clients keep their servers
 * @param sessionRules what becomes of session state
 * @param hosts where the servers are
 * @param cancels cancels what they run
 * @param tls how connections to its servers are encrypted; another object is another way
 * @param maxOfUser servers of all pools of its user together; 0 for no limit
 */
record PoolShape(
        DatabaseConfig config,
        PoolConfig rules,
        PoolMode mode,
        SessionRules sessionRules,
        ServerHosts hosts,
        CancelSender cancels,
        ServerTls tls,
        int maxOfUser) {
    private static final double LIFETIME_SPREAD = 0.2;

    /** @param user what is different for the user of the servers, if anything is */
    static PoolShape of(
            DatabaseConfig database,
            @Nullable UserConfig user,
            PoolMode defaultMode,
            CancelSender cancels,
            ServerTls tls) {
        PoolConfig rules = user == null ? database.pool() : database.pool().with(user);
        PoolMode mode = rules.mode().orElse(defaultMode);
        return new PoolShape(
                database,
                rules,
                mode,
                SessionRules.of(mode, database.sessionState()),
                new ServerHosts(database.hosts()),
                cancels.within(rules.timeouts().cancel()),
                tls,
                user == null ? 0 : user.maxServerConnections());
    }

    /** The same with these hosts, which know which of them is the best. */
    PoolShape with(ServerHosts known) {
        return new PoolShape(config, rules, mode, sessionRules, known, cancels, tls, maxOfUser);
    }

    /** Whether nothing is different. */
    boolean isSame(PoolShape other) {
        return config.equals(other.config)
                && rules.equals(other.rules)
                && mode == other.mode
                && tls == other.tls
                && maxOfUser == other.maxOfUser;
    }

    /** Whether server connections that were made by the other shape are as good as those made by this one. */
    boolean makesSameServersAs(PoolShape other) {
        return tls == other.tls && whatServersAreMadeBy().equals(other.whatServersAreMadeBy());
    }

    /** How old a server gets: servers that began together must not end together. */
    long lifetimeNanos(ServerConnection server) {
        double between = (System.identityHashCode(server) & 0xFFFF) / (double) 0xFFFF;
        double share = 1 - LIFETIME_SPREAD + 2 * LIFETIME_SPREAD * between;
        return (long) (rules.servers().lifetime().toNanos() * share);
    }

    /** How long the pool may be without clients before it is dropped; 0 if for ever. */
    long unusedLimitNanos() {
        ServerLifeConfig life = rules.servers();
        long named = life.poolIdleTimeout().toNanos();
        if (!config.name().equals(DatabaseConfig.FALLBACK)) {
            return named;
        }
        long automatic = life.autoDatabaseIdleTimeout().toNanos();
        return named == 0 || (automatic > 0 && automatic < named) ? automatic : named;
    }

    /** How many prepared statements one server connection keeps: the one that is in use can't be done without. */
    int statementsKept() {
        return Math.max(1, rules.maxPreparedStatements());
    }

    private List<Object> whatServersAreMadeBy() {
        return List.of(
                config.hosts(),
                config.databaseName(),
                config.user(),
                config.password(),
                config.connectQuery(),
                sessionRules,
                statementsKept());
    }
}
