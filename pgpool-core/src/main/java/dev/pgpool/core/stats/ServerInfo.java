package dev.pgpool.core.stats;

import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A server connection at an instant.
 *
 * @param id its number
 * @param pool whose it is
 * @param state what it is doing
 * @param replication {@code logical} or {@code physical}, if it is for that; otherwise {@code none}
 * @param remote the server's address; null where the system does not say, as for some unix sockets
 * @param local our address
 * @param connected when it was made
 * @param requested when it last began to serve a client
 * @param closeNeeded whether it will be closed when its client leaves it
 * @param client the {@link ClientInfo#id()} of its client, if it has one
 * @param processId of the server process; 0 while unknown
 * @param tls protocol and cipher if it is encrypted
 * @param applicationName as set on it now, or empty
 * @param preparedStatements prepared statements that it holds
 */
public record ServerInfo(
        int id,
        PoolKey pool,
        State state,
        String replication,
        @Nullable SocketAddress remote,
        @Nullable SocketAddress local,
        Instant connected,
        Instant requested,
        boolean closeNeeded,
        OptionalInt client,
        int processId,
        Optional<String> tls,
        String applicationName,
        int preparedStatements) {

    /** What a server is doing. */
    public enum State {
        /** Under construction. */
        NEW,
        /** Ready for a client. */
        IDLE,
        /** Idle for so long that it is checked before a client gets it. */
        USED,
        /** Being checked, or cleaned. */
        TESTED,
        /** A client has it. */
        ACTIVE,
        /** Idle, but a cancel request for what it ran is still on its way. */
        BEING_CANCELED,
        /** A connection that carries a cancel request. */
        ACTIVE_CANCEL
    }
}
