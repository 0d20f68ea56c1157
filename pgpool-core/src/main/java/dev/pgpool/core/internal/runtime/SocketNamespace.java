package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.transport.Transport;
import java.util.ArrayList;
import java.util.List;

/** The abstract namespace of unix sockets, which only one transport has. */
final class SocketNamespace {
    private SocketNamespace() {}

    /** @throws ConfigException with everything that is told to use one, where there are none */
    static void check(Transport transport, PgPoolConfig config) {
        if (transport.hasAbstractSockets()) {
            return;
        }
        List<String> problems = new ArrayList<>();
        config.listen()
                .unixSocketDirectory()
                .ifPresent(directory -> check(transport, "listen.unixSocketDirectory", directory.toString(), problems));
        config.databases().forEach((name, database) -> {
            for (HostConfig host : database.hosts().hosts()) {
                check(transport, "databases." + name + ".host", host.host(), problems);
            }
        });
        config.peers().peers().forEach((id, peer) -> check(transport, "peers." + id + ".host", peer.host(), problems));
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    private static void check(Transport transport, String path, String place, List<String> problems) {
        if (place.startsWith(Transport.ABSTRACT)) {
            problems.add(path + ": \"" + place + "\" (expected: a directory: the transport " + transport
                    + " of this platform has no abstract sockets)");
        }
    }
}
