package dev.pgpool.backup.internal.pg;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.SocketFactory;

/** Sockets of a path instead of an address, for the JDBC driver, which makes one of these by its name. */
public final class UnixSocketFactory extends SocketFactory {

    private final UnixDomainSocketAddress address;

    /** A factory of sockets to this path. */
    public UnixSocketFactory(String path) {
        this.address = UnixDomainSocketAddress.of(Path.of(path));
    }

    @Override
    public Socket createSocket() throws IOException {
        return new UnixSocket(SocketChannel.open(StandardProtocolFamily.UNIX), address);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected();
    }

    private Socket connected() throws IOException {
        Socket socket = createSocket();
        socket.connect(address, 0);
        return socket;
    }

    /**
     * As much of a socket as the driver uses. Reads have no time limit of their own: the other end is on this machine, and a
     * session that must end is closed, which ends a read.
     */
    private static final class UnixSocket extends Socket {

        private final SocketChannel channel;
        private final UnixDomainSocketAddress path;
        private int soTimeout;

        UnixSocket(SocketChannel channel, UnixDomainSocketAddress path) {
            this.channel = channel;
            this.path = path;
        }

        @Override
        public void connect(SocketAddress ignored, int timeout) throws IOException {
            channel.connect(path);
        }

        @Override
        public void connect(SocketAddress ignored) throws IOException {
            channel.connect(path);
        }

        @Override
        public InputStream getInputStream() {
            return Channels.newInputStream(channel);
        }

        @Override
        public OutputStream getOutputStream() {
            return Channels.newOutputStream(channel);
        }

        @Override
        public boolean isConnected() {
            return channel.isConnected();
        }

        @Override
        public boolean isClosed() {
            return !channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        @Override
        public void shutdownInput() throws IOException {
            channel.shutdownInput();
        }

        @Override
        public void shutdownOutput() throws IOException {
            channel.shutdownOutput();
        }

        @Override
        public void setSoTimeout(int timeout) {
            soTimeout = timeout;
        }

        @Override
        public int getSoTimeout() {
            return soTimeout;
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public void setKeepAlive(boolean on) {}

        @Override
        public int getSendBufferSize() {
            return 8192;
        }

        @Override
        public int getReceiveBufferSize() {
            return 8192;
        }
    }
}
