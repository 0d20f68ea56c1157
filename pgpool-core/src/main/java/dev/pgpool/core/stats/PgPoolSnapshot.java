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
 * @param activeLoops event loops that carry traffic; as many as the traffic needs
 * @param databases figures by database: the configured ones, and those that {@code *} serves or has served, by name
 * @param pools figures by pool, by name
 * @param closesBeforeLogin ends of connections that were never let in, by reason; cancel requests among them
 */
public record PgPoolSnapshot(
        Status status,
        int clients,
        int activeLoops,
        List<Database> databases,
        List<Pool> pools,
        Map<CloseReason, Long> closesBeforeLogin) {
    /** Of a pooler that has done nothing. */
    public static final PgPoolSnapshot EMPTY = new PgPoolSnapshot(Status.ACTIVE, 0, 1, List.of(), List.of(), Map.of());

    public PgPoolSnapshot {
        databases = List.copyOf(databases);
        pools = List.copyOf(pools);
        closesBeforeLogin = Map.copyOf(closesBeforeLogin);
    }

    /** The same of a pooler that is being closed. */
    public PgPoolSnapshot draining() {
        return new PgPoolSnapshot(Status.DRAINING, clients, activeLoops, databases, pools, closesBeforeLogin);
    }

    /** Clients that are not logged in yet, cancel requests among them. */
    public int clientsLoggingIn() {
        return Math.max(0, clients - pools.stream().mapToInt(Pool::clients).sum());
    }

    /** What the pooler as a whole is doing. */
    public enum Status {
        /** Serving. */
        ACTIVE,
        /** No client gets a server for now. */
        PAUSED,
        /** No client gets a server for now, and servers are kept. */
        SUSPENDED,
        /** No new clients; it ends when those that are here have left, or given their servers back. */
        DRAINING
    }

    /**
     * Figures of one database.
     *
     * @param name as clients name it
     * @param clients clients logged in to it
     * @param servers server connections of all its pools
     * @param paused whether its clients get no servers for now
     * @param disabled whether it takes no new clients for now
     * @param traffic what went through it, also through pools that are gone
     */
    public record Database(String name, int clients, int servers, boolean paused, boolean disabled, Traffic traffic) {}

    /**
     * Figures of one pool.
     *
     * @param key its name
     * @param mode for how long its clients keep their servers
     * @param clients clients logged in
     * @param clientsWaiting clients that wait for a server
     * @param longestWait how long the first of those has been waiting
     * @param servers server connections, those under construction included
     * @param serversIdle server connections that no client uses
     * @param serverStates more about the servers
     * @param traffic what went through it
     * @param latencies how long things took
     * @param rollbacks transactions rolled back because their client left
     * @param statements different prepared statements known
     * @param clientsPinned clients that keep their server beyond their transaction, because of session state
     * @param pins how often that began, by reason
     * @param cleanings times that session state was taken off a server after its client
     * @param evictions servers closed to make room for other pools
     * @param clientCloses ends of clients that had logged in, by reason
     * @param serverCloses ends of server connections, by reason
     */
    public record Pool(
            PoolKey key,
            PoolMode mode,
            int clients,
            int clientsWaiting,
            Duration longestWait,
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
            long evictions,
            Map<CloseReason, Long> clientCloses,
            Map<CloseReason, Long> serverCloses) {
        public Pool {
            clientCloses = Map.copyOf(clientCloses);
            serverCloses = Map.copyOf(serverCloses);
            pins = Map.copyOf(pins);
        }
    }

    /**
     * Figures of a pool's servers.
     *
     * @param active in the hands of a client, or of the pooler on behalf of one
     * @param connecting under construction
     * @param used idle for so long that they will be checked before a client gets them
     * @param tested being checked
     * @param beingCanceled those that a cancel request is on its way to
     * @param reserve beyond {@code maxConnections}
     */
    public record ServerStates(int active, int connecting, int used, int tested, int beingCanceled, int reserve) {}

    /**
     * Distributions of durations since the pool began.
     *
     * @param waited of clients for servers, where they did not get one at once
     * @param query of servers, from a client's first message to the last answer that was owed
     * @param transaction of clients, from its first message to its last answer
     * @param connect of new server connections, until they are ready
     * @param login of clients, from their connection to their first ReadyForQuery
     */
    public record Latencies(Latency waited, Latency query, Latency transaction, Latency connect, Latency login) {}
}
