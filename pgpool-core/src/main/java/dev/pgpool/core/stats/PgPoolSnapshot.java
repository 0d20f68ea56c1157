package dev.pgpool.core.stats;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import java.util.List;
import java.util.Map;

/**
 * The figures of an instant. Counters of different event loops are read one after the other, so sums may be a few
 * messages apart.
 *
 * @param clients connections of clients, logged in or not
 * @param pools figures by pool
 */
public record PgPoolSnapshot(int clients, List<Pool> pools) {
    public PgPoolSnapshot {
        pools = List.copyOf(pools);
    }

    /**
     * Figures of one pool.
     *
     * @param key its name
     * @param mode for how long its clients keep their servers
     * @param clients clients logged in
     * @param clientsWaiting clients that wait for a server
     * @param servers server connections, those under construction included
     * @param serversIdle server connections that nobody uses
     * @param serverStates more about the servers
     * @param transactions times that a client had a server for itself
     * @param clientParses Parse messages from clients
     * @param serverParses Parse messages to servers
     * @param binds Bind messages from clients
     * @param rollbacks transactions rolled back because their client left
     * @param statements different prepared statements known
     * @param clientsPinned clients that keep their server beyond their transaction, because of session state
     * @param pins how often that began, by reason
     * @param cleanings times that session state was taken off a server after its client
     */
    public record Pool(
            PoolKey key,
            PoolMode mode,
            int clients,
            int clientsWaiting,
            int servers,
            int serversIdle,
            ServerStates serverStates,
            long transactions,
            long clientParses,
            long serverParses,
            long binds,
            long rollbacks,
            int statements,
            int clientsPinned,
            Map<SessionState, Long> pins,
            long cleanings) {
        public Pool {
            pins = Map.copyOf(pins);
        }
    }

    /**
     * Figures of a pool's servers.
     *
     * @param connecting under construction
     * @param used idle for so long that they will be checked before somebody gets them
     * @param tested being checked
     * @param reserve beyond {@code maxConnections}
     */
    public record ServerStates(int connecting, int used, int tested, int reserve) {}
}
