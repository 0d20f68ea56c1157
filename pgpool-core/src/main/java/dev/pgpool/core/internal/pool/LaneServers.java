package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.internal.advice.Doings;
import dev.pgpool.core.internal.advice.Need;
import dev.pgpool.core.internal.hosts.AddressWatch;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The servers of a lane, used and idle: ends those that are not what new ones would be, and lets the clock tick for those whose
 * work has a time limit. Confined to the event loop of its lane.
 */
final class LaneServers {
    private final ServerPool pool;
    private final Set<ServerConnection> servers = new LinkedHashSet<>();
    private final AddressWatch addresses;
    private boolean ticking;

    LaneServers(ServerPool pool) {
        this.pool = pool;
        this.addresses =
                new AddressWatch(pool.destination()::hosts, pool.services().resolver());
        this.ticking = wantsTicks();
    }

    private boolean wantsTicks() {
        TimeoutsConfig timeouts = pool.shape().rules().timeouts();
        return pool.shape().rules().servers().fastClose()
                || !timeouts.query().isZero()
                || !timeouts.transaction().isZero()
                || !timeouts.idleInTransaction().isZero();
    }

    void add(ServerConnection server) {
        servers.add(server);
    }

    /** Returns whether it was here. */
    boolean remove(ServerConnection server) {
        return servers.remove(server);
    }

    int size() {
        return servers.size();
    }

    int count(Predicate<ServerConnection> condition) {
        return (int) servers.stream().filter(condition).count();
    }

    /** Whether the pool would not make it like this any more. */
    boolean isOutdated(ServerConnection server) {
        return server.target().generation() != pool.generation();
    }

    /** A server may have been between two lanes, or not ready yet, when the others were replaced. */
    void replaceIfStale(ServerConnection server) {
        if (isOutdated(server)) {
            server.retire(CloseReason.SERVER_REPLACED);
        } else {
            addresses.retireIfGone(server);
        }
    }

    void replaceStale() {
        Set.copyOf(servers).forEach(this::replaceIfStale);
    }

    /** Closes all, also those that clients have. */
    void close(CloseReason reason) {
        Set.copyOf(servers).forEach(server -> server.close(reason));
    }

    /** The pool's rules have changed. */
    void adoptRules() {
        servers.forEach(this::renewLifetime);
        // what watched servers have begun under the old rules ends with them
        ticking |= wantsTicks();
    }

    /** Servers get as old as the configuration says now, also those that were made before. */
    void renewLifetime(ServerConnection server) {
        server.age().lifetime(pool.shape().lifetimeNanos(server));
    }

    void onTick(long nowNanos) {
        if (ticking) {
            for (ServerConnection server : servers.toArray(new ServerConnection[0])) {
                server.onTick(nowNanos);
            }
        }
        addresses.onTick(nowNanos, servers);
    }

    /** Tells of those in use. */
    void describe(Need need, long nowNanos) {
        for (ServerConnection server : servers) {
            if (isInUse(server)) {
                need.inUse(transactionAge(server, nowNanos), server.age().waitedNanos());
            }
        }
    }

    /** Tells what those in use are doing. */
    void describe(Doings doings, int times, long nowNanos) {
        for (ServerConnection server : servers) {
            if (isInUse(server)) {
                doings.inUse(transactionAge(server, nowNanos), server.phase().isClientsTurn(), times);
            }
        }
    }

    private static boolean isInUse(ServerConnection server) {
        return !server.phase().isIdle() && !server.age().isChecking();
    }

    private static long transactionAge(ServerConnection server, long nowNanos) {
        long begun = server.phase().transactionNanos();
        return begun == 0 ? -1 : Math.max(0, nowNanos - begun);
    }

    /** All of them, as operators see them. */
    List<ServerInfo> view(PoolLane<ServerConnection> queue) {
        long nanos = System.nanoTime();
        Instant now = Instant.now();
        return servers.stream()
                .map(server -> ServerView.of(server, pool.key(), state(server, queue), now, nanos))
                .toList();
    }

    private static ServerInfo.State state(ServerConnection server, PoolLane<ServerConnection> queue) {
        if (server.isBeingCanceled()) {
            return ServerInfo.State.BEING_CANCELED;
        }
        return server.age().isChecking() ? ServerInfo.State.TESTED : queue.stateOf(server);
    }
}
