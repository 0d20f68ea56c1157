package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.config.TimeoutsConfig;
import java.time.Duration;

/**
 * The times that a lane goes by, in nanoseconds; what never happens is {@link #NEVER} away.
 *
 * @param waitTimeoutNanos how long a client waits before it is told that there is no server
 * @param waitNoticeNanos how long a client waits before it is told that it does
 * @param reserveNanos how long a client waits before the reserve is used
 * @param checkDelayNanos how long a server may be idle and still be given away unchecked
 * @param idleNanos how long a server may be idle
 * @param graceNanos how long a server that is too old may wait for the one that replaces it
 * @param useOnce whether a server is closed when it was used
 * @param roundRobin whether idle servers take turns
 */
record LaneRules(
        long waitTimeoutNanos,
        long waitNoticeNanos,
        long reserveNanos,
        long checkDelayNanos,
        long idleNanos,
        long graceNanos,
        boolean useOnce,
        boolean roundRobin) {

    static final long NEVER = Long.MAX_VALUE;

    static LaneRules of(PoolConfig config) {
        TimeoutsConfig timeouts = config.timeouts();
        LimitsConfig limits = config.limits();
        ServerLifeConfig servers = config.servers();
        return new LaneRules(
                orNever(timeouts.queryWait()),
                orNever(timeouts.waitNotice()),
                limits.reserveConnections() == 0 ? NEVER : orNever(limits.reserveTimeout()),
                servers.checkQuery().isEmpty() ? NEVER : servers.checkDelay().toNanos(),
                orNever(servers.idleTimeout()),
                timeouts.connect().toNanos(),
                servers.lifetime().isZero(),
                servers.roundRobin());
    }

    private static long orNever(Duration duration) {
        return duration.isZero() ? NEVER : duration.toNanos();
    }
}
