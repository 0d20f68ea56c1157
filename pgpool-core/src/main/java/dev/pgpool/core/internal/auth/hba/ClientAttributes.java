package dev.pgpool.core.internal.auth.hba;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What rules look at.
 *
 * @param address where the client comes from; null by unix socket
 * @param encrypted whether the connection has TLS
 * @param physicalReplication whether it wants to stream the server's log rather than use a database
 */
public record ClientAttributes(
        @Nullable InetAddress address, boolean encrypted, boolean physicalReplication, String database, String user) {

    /** In the words of PostgreSQL's messages. */
    public String described() {
        InetAddress known = address;
        String host = known == null ? "[local]" : known.getHostAddress();
        String encryption = encrypted ? "SSL encryption" : "no encryption";
        return physicalReplication
                ? "replication connection from host \"" + host + "\", user \"" + user + "\", " + encryption
                : "host \"" + host + "\", user \"" + user + "\", database \"" + database + "\", " + encryption;
    }
}
