package dev.pgpool.core.internal.server;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.tls.ServerTls;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a server connection goes and as whom.
 *
 * @param host as configured
 * @param address resolved
 * @param startup parameters of the start-up packet, user and database among them
 * @param user for authentication
 * @param credential null if none is known; fine as long as the server doesn't ask
 * @param setup what it must be and run before it is used
 * @param maxPreparedStatements statements to keep on the connection
 * @param tls how the connection is encrypted
 * @param generation of the pool's servers; older ones are replaced
 */
public record ServerTarget(
        HostConfig host,
        SocketAddress address,
        Map<String, String> startup,
        String user,
        @Nullable Credential credential,
        ServerSetup setup,
        int maxPreparedStatements,
        ServerTls tls,
        int generation) {
    public ServerTarget {
        startup = Map.copyOf(startup);
    }

    /** The same server, database and user for a session with further start-up parameters and no connect query. */
    public ServerTarget with(Map<String, String> parameters) {
        Map<String, String> all = new LinkedHashMap<>(parameters);
        all.putAll(startup);
        ServerSetup role = new ServerSetup(setup.attributes(), Optional.empty());
        return new ServerTarget(host, address, all, user, credential, role, maxPreparedStatements, tls, generation);
    }
}
