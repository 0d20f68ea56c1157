package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** What operators see of a server. */
final class ServerView {
    private ServerView() {}

    /**
     * On the server's event loop.
     *
     * @param lane the one that has it
     * @param nanos of {@link System#nanoTime}, at the instant {@code now}
     */
    static ServerInfo of(
            ServerConnection server, PoolKey pool, PoolLane<ServerConnection> lane, Instant now, long nanos) {
        return of(server, pool, state(server, lane), now, nanos);
    }

    /** As it comes or goes. */
    static ServerInfo of(ServerConnection server, PoolKey pool, ServerInfo.State state) {
        return of(server, pool, state, Instant.now(), System.nanoTime());
    }

    private static ServerInfo of(
            ServerConnection server, PoolKey pool, ServerInfo.State state, Instant now, long nanos) {
        int client = server.clientId();
        TlsSession tls = server.tls();
        String name = server.parameters().get("application_name");
        long requested = server.requestedNanos();
        return new ServerInfo(
                server.id(),
                pool,
                state,
                replication(server),
                server.channel().remoteAddress(),
                server.channel().localAddress(),
                now.minusNanos(nanos - server.connectedNanos()),
                now.minusNanos(nanos - (requested == 0 ? server.connectedNanos() : requested)),
                server.isRetiring(),
                client == 0 ? OptionalInt.empty() : OptionalInt.of(client),
                server.processId(),
                tls == null ? Optional.empty() : Optional.of(tls.protocol() + "/" + tls.cipherSuite()),
                name == null ? "" : name,
                server.statements().size());
    }

    private static String replication(ServerConnection server) {
        return server.target().settings().stream()
                .filter(setting -> setting.name().equals("replication"))
                .map(setting -> setting.value().equals("database") ? "logical" : "physical")
                .reduce("none", (earlier, later) -> later);
    }

    private static ServerInfo.State state(ServerConnection server, PoolLane<ServerConnection> lane) {
        if (server.isBeingCanceled()) {
            return ServerInfo.State.BEING_CANCELED;
        }
        if (server.age().isChecking()) {
            return ServerInfo.State.TESTED;
        }
        return lane.stateOf(server);
    }
}
