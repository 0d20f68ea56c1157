package dev.pgpool.core.stats;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The figures of an instant. Counters of different event loops are read one after the other, so sums may be a few
 * messages apart.
 *
 * @param status what the pooler as a whole is doing
 * @param clients connections of clients, logged in or not
 * @param clientsLoggingIn those of them that are not logged in yet
 * @param databases figures by database: the configured ones, and those that {@code *} serves now
 * @param users figures by user: the configured ones, and those that are or were here
 * @param pools figures by pool
 */
public record PgPoolSnapshot(
        Status status,
        int clients,
        int clientsLoggingIn,
        List<Database> databases,
        List<User> users,
        List<Pool> pools) {
    public PgPoolSnapshot {
        databases = List.copyOf(databases);
        users = List.copyOf(users);
        pools = List.copyOf(pools);
    }

    /** What the pooler as a whole is doing. */
    public enum Status {
        /** Serving. */
        ACTIVE,
        /** All databases are paused. */
        PAUSED,
        /** Nothing is read from anybody. */
        SUSPENDED,
        /** No new clients; it ends when those that are here have left, or given their servers back. */
        DRAINING,
        CLOSED
    }

    /**
     * Figures of one database.
     *
     * @param name as clients name it
     * @param servers server connections of all its pools
     * @param clients clients logged in, or logging in, to it
     * @param paused whether its clients get no servers for now
     * @param disabled whether it takes no new clients for now
     * @param traffic what went through it
     */
    public record Database(String name, int servers, int clients, boolean paused, boolean disabled, Traffic traffic) {}

    /**
     * Figures of one user.
     *
     * @param name of the user
     * @param servers server connections of all its pools
     * @param clients clients logged in, or logging in, as it
     */
    public record User(String name, int servers, int clients) {}

    /**
     * Figures of one pool.
     *
     * @param key its name
     * @param mode for how long its clients keep their servers
     * @param clients clients logged in
     * @param clientsWaiting clients that wait for a server
     * @param longestWait how long the first of those has been waiting
     * @param cancelRequests requests of clients to cancel that are being passed on
     * @param cancelRequestsWaiting requests of clients to cancel that wait for their turn
     * @param servers server connections, those under construction included
     * @param serversIdle server connections that nobody uses
     * @param serverStates more about the servers
     * @param traffic what went through it
     * @param latencies how long things took
     * @param rollbacks transactions rolled back because their client left
     * @param statements different prepared statements known
     * @param clientsPinned clients that keep their server beyond their transaction, because of session state
     * @param pins how often that began, by reason
     * @param cleanings times that session state was taken off a server after its client
     * @param evictions servers closed to make room for other pools
     */
    public record Pool(
            PoolKey key,
            PoolMode mode,
            int clients,
            int clientsWaiting,
            Duration longestWait,
            int cancelRequests,
            int cancelRequestsWaiting,
            int servers,
            int serversIdle,
            ServerStates serverStates,
            Traffic traffic,
            Latencies latencies,
            long rollbacks,
            int statements,
            int clientsPinned,
            Map<SessionState, Long> pins,
            long cleanings,
            long evictions) {
        public Pool {
            pins = Map.copyOf(pins);
        }
    }

    /**
     * Figures of a pool's servers.
     *
     * @param active in the hands of a client
     * @param connecting under construction
     * @param used idle for so long that they will be checked before somebody gets them
     * @param tested being checked
     * @param beingCanceled idle, but a cancel request for what they ran is still on its way
     * @param cancelling connections that carry a cancel request
     * @param reserve beyond {@code maxConnections}
     */
    public record ServerStates(
            int active, int connecting, int used, int tested, int beingCanceled, int cancelling, int reserve) {}

    /** Distributions of durations, since the pool began. */
    public record Latencies(Latency waited, Latency query, Latency transaction, Latency connect, Latency login) {
        public static final Latencies NONE =
                new Latencies(Latency.NONE, Latency.NONE, Latency.NONE, Latency.NONE, Latency.NONE);
    }
}
