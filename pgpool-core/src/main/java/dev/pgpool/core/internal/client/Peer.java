package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
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
        @Nullable X509Certificate certificate) {

    static Peer of(Channel channel) {
        SocketAddress remote = channel.remoteAddress();
        InetAddress address = remote instanceof InetSocketAddress internet ? internet.getAddress() : null;
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        // some transports know nothing of the other end of a unix socket
        SocketAddress known = remote == null ? channel.localAddress() : remote;
        return new Peer(known, address, tls != null, tls == null ? null : certificate(tls));
    }

    /** Whether nobody can listen in, or only who may do anything anyway. */
    boolean isConfidential() {
        return encrypted || Transport.isUnix(remote);
    }

    private static @Nullable X509Certificate certificate(SslHandler tls) {
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate own ? own : null;
        } catch (SSLPeerUnverifiedException none) {
            return null;
        }
    }
}
