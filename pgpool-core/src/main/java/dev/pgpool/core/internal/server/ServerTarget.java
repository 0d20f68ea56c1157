package dev.pgpool.core.internal.server;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.tls.ServerTls;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a server connection goes and as whom.
 *
 * @param address resolved
 * @param startup parameters of the start-up packet, user and database among them
 * @param user for authentication
 * @param credential null if none is known; fine as long as the server doesn't ask
 * @param maxPreparedStatements statements to keep on the connection
 * @param tls how the connection is encrypted
 */
public record ServerTarget(
        SocketAddress address,
        Map<String, String> startup,
        String user,
        @Nullable Credential credential,
        int maxPreparedStatements,
        ServerTls tls) {
    public ServerTarget {
        startup = Map.copyOf(startup);
    }
}
