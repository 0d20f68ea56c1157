package dev.pgpool.core.stats;

import dev.pgpool.core.config.SessionState;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client connection at an instant.
 *
 * @param id its number, for {@code killClient}
 * @param database as it asked for it; empty before it did
 * @param user as it logs in; empty before it said so
 * @param state what it is doing
 * @param replication {@code logical} or {@code physical}, if it is for that; otherwise {@code none}
 * @param remote its address; null where the system does not say, as for some unix sockets; one whose text is {@code
 *     in-process} for a client of {@code PgPool.dataSource}
 * @param local the address it connected to
 * @param connected when it connected
 * @param requested when it last began to ask for something
 * @param waiting how long it has been waiting for a server; zero if it does not
 * @param server the {@link ServerInfo#id()} of its server, if it has one
 * @param tls protocol and cipher if it is encrypted
 * @param applicationName as it said, or empty
 * @param preparedStatements prepared statements that it has now
 * @param pins the session state that keeps it on its server
 */
public record ClientInfo(
        int id,
        String database,
        String user,
        State state,
        String replication,
        @Nullable SocketAddress remote,
        @Nullable SocketAddress local,
        Instant connected,
        Instant requested,
        Duration waiting,
        OptionalInt server,
        Optional<String> tls,
        String applicationName,
        int preparedStatements,
        Set<SessionState> pins) {

    /** What a client is doing. */
    public enum State {
        /** Not logged in yet. */
        LOGIN,
        /** It has no server and wants none. */
        IDLE,
        /** It has a server. */
        ACTIVE,
        /** It waits for a server. */
        WAITING,
        /** It is a cancel request that waits for its turn. */
        WAITING_CANCEL_REQUEST,
        /** It is a cancel request that is being passed on. */
        ACTIVE_CANCEL_REQUEST,
        /** It is an operator's, at the console. */
        CONSOLE
    }

    public ClientInfo {
        pins = Set.copyOf(pins);
    }
}
