package dev.pgpool.core.internal.auth.ldap;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.NoSuchAlgorithmException;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sockets with TLS by the JVM's default context as it is now, and with a time limit for the handshake of StartTLS, which the
 * JDK's LDAP client does not have. Public, since that client makes it by its name.
 */
public final class LdapSockets extends SSLSocketFactory {
    private final SSLSocketFactory sockets;
    private final int handshakeMillis;
    private @Nullable Socket plain;

    LdapSockets(int handshakeMillis) throws NoSuchAlgorithmException {
        this.sockets = SSLContext.getDefault().getSocketFactory();
        this.handshakeMillis = handshakeMillis;
    }

    /** What the JDK's LDAP client calls. */
    public static SocketFactory getDefault() {
        try {
            return new LdapSockets(0);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JVM has no default context for TLS", e);
        }
    }

    /** The limit is for the handshake only: the connection may be silent between questions. */
    void handshakeIsOver() throws IOException {
        Socket socket = plain;
        if (socket != null) {
            socket.setSoTimeout(0);
        }
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return sockets.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket() throws IOException {
        return sockets.createSocket();
    }

    /** TLS over a connection that is there: for StartTLS. */
    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        plain.setSoTimeout(handshakeMillis);
        this.plain = plain;
        return sockets.createSocket(plain, host, port, autoClose);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return sockets.createSocket(host, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        return sockets.createSocket(host, port, from, fromPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return sockets.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        return sockets.createSocket(host, port, from, fromPort);
    }
}
