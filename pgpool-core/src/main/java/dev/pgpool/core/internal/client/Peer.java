package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.tls.PeerCertificate;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection, as far as the connection tells.
 *
 * @param remote the address, of a unix socket too
 * @param address the internet address; null by unix socket
 * @param encrypted whether the connection has TLS
 * @param certificate what the client has shown and TLS has verified
 */
record Peer(
        SocketAddress remote,
        @Nullable InetAddress address,
        boolean encrypted,
        @Nullable PeerCertificate certificate) {

    /** @param tls null without it */
    static Peer of(Channel channel, @Nullable TlsSession tls) {
        SocketAddress remote = channel.remoteAddress();
        InetAddress address = remote instanceof InetSocketAddress internet ? internet.getAddress() : null;
        // some transports know nothing of the other end of a unix socket
        SocketAddress known = remote == null ? channel.localAddress() : remote;
        return new Peer(known, address, tls != null, tls == null ? null : tls.peer());
    }

    /** Whether no one can listen in, or only those who may do anything anyway. */
    boolean isConfidential() {
        return encrypted || Transport.isUnix(remote);
    }
}
