package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.tls.PeerCertificate;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The other end of a client's connection, as far as the connection tells.
 *
 * @param remote the address, of a unix socket too, or of this process
 * @param address the internet address; null for all others
 * @param encrypted whether the connection has TLS
 * @param certificate what the client has shown and TLS has verified
 */
record Peer(
        SocketAddress remote,
        @Nullable InetAddress address,
        boolean encrypted,
        @Nullable PeerCertificate certificate) {

    static Peer of(ClientConnection connection) {
        TlsSession tls = connection.tls();
        SocketAddress remote = connection.remoteAddress();
        InetAddress address = remote instanceof InetSocketAddress internet ? internet.getAddress() : null;
        // some transports know nothing of the other end of a unix socket
        SocketAddress known = remote == null ? connection.localAddress() : remote;
        return new Peer(known, address, tls != null, tls == null ? null : tls.peer());
    }

    /** Whether nothing on the way can listen in: TLS protects it, or it does not leave this machine. */
    boolean isConfidential() {
        return encrypted || Transport.isLocal(remote);
    }
}
