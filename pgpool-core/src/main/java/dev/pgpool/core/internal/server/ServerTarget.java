package dev.pgpool.core.internal.server;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a server connection goes, and as which user.
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
 * @param settings further parameters of the start-up packet, those of one client; none for a server that is pooled
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
        int generation,
        List<Setting> settings) {
    public ServerTarget {
        startup = Map.copyOf(startup);
        settings = List.copyOf(settings);
    }

    /** A server without parameters of a client's own. */
    public ServerTarget(
            HostConfig host,
            SocketAddress address,
            Map<String, String> startup,
            String user,
            @Nullable Credential credential,
            ServerSetup setup,
            int maxPreparedStatements,
            ServerTls tls,
            int generation) {
        this(host, address, startup, user, credential, setup, maxPreparedStatements, tls, generation, List.of());
    }

    /** The same server, database and user for a session with further start-up parameters and no connect query. */
    public ServerTarget with(List<Setting> parameters) {
        List<Setting> own = parameters.stream()
                .filter(parameter -> !startup.containsKey(parameter.name()))
                .toList();
        ServerSetup role = new ServerSetup(setup.attributes(), Optional.empty());
        return new ServerTarget(
                host, address, startup, user, credential, role, maxPreparedStatements, tls, generation, own);
    }
}
