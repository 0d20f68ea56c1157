package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What operators see of a server. */
public final class ServerView {
    private ServerView() {}

    /** Before it is ready, or when it never will be. */
    public static ServerInfo attempted(ServerConnection server, PoolKey pool) {
        TlsSession tls = server.tls();
        return attempted(
                server.id(),
                pool,
                replication(server),
                server.target().address(),
                server.localAddress(),
                Instant.now().minusNanos(System.nanoTime() - server.age().connectedNanos()),
                tls == null ? Optional.empty() : Optional.of(tls.protocol() + "/" + tls.cipherSuite()));
    }

    /** What never became a connection, since its host has no address. */
    public static ServerInfo withoutAddress(PoolKey pool, HostConfig host, Instant begun) {
        SocketAddress name = InetSocketAddress.createUnresolved(host.host(), host.port());
        return attempted(0, pool, "none", name, null, begun, Optional.empty());
    }

    private static ServerInfo attempted(
            int id,
            PoolKey pool,
            String replication,
            SocketAddress remote,
            @Nullable SocketAddress local,
            Instant begun,
            Optional<String> tls) {
        return new ServerInfo(
                id,
                pool,
                ServerInfo.State.NEW,
                replication,
                remote,
                local,
                begun,
                begun,
                false,
                OptionalInt.empty(),
                0,
                tls,
                "",
                0);
    }

    /** As it comes or goes. */
    public static ServerInfo of(ServerConnection server, PoolKey pool, ServerInfo.State state) {
        return of(server, pool, state, Instant.now(), System.nanoTime());
    }

    /**
     * On the server's event loop.
     *
     * @param nanos of {@link System#nanoTime}, at the instant {@code now}
     */
    public static ServerInfo of(
            ServerConnection server, PoolKey pool, ServerInfo.State state, Instant now, long nanos) {
        int client = server.phase().clientId();
        TlsSession tls = server.tls();
        String name = server.parameters().get("application_name");
        long requested = server.phase().requestedNanos();
        return new ServerInfo(
                server.id(),
                pool,
                state,
                replication(server),
                server.channel().remoteAddress(),
                server.channel().localAddress(),
                now.minusNanos(nanos - server.age().connectedNanos()),
                now.minusNanos(nanos - (requested == 0 ? server.age().connectedNanos() : requested)),
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
}
