package dev.pgpool.core.internal.embedded;

import dev.pgpool.core.internal.transport.InProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Cleaner;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host's end of a connection with the pooler: connected from the beginning, and without a descriptor. Options of TCP are
 * accepted and mean nothing. All that a {@link Socket} can do is here, so that its own state, which has locks that pin virtual
 * threads, is never used. Thread-safe.
 */
final class CallerSocket extends Socket {
    /** What a driver takes for its own buffer of what it sends: small, since thousands of connections have one each. */
    private static final int BUFFER = 8_192;

    private final Crossing crossing;
    private final CallerInput input;
    private final CallerOutput output;
    private final Cleaner.Cleanable drop;
    private volatile int timeoutMillis;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    CallerSocket(Crossing crossing, Cleaner cleaner) throws SocketException {
        super((SocketImpl) null);
        this.crossing = crossing;
        this.input = new CallerInput(this, crossing);
        this.output = new CallerOutput(this, crossing);
        this.drop = cleaner.register(this, crossing);
    }

    boolean isInputShut() {
        return inputShut;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        refuseClosed();
        return input;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        refuseClosed();
        return output;
    }

    private void refuseClosed() throws SocketException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
    }

    // ---- its life

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        throw new SocketException("already connected");
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        throw new SocketException("already connected");
    }

    /** Means nothing: a driver may be told an address to come from. */
    @Override
    public void bind(SocketAddress bindpoint) {}

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return crossing.isCallerClosed();
    }

    @Override
    public void close() {
        crossing.closeByCaller();
        drop.clean();
    }

    @Override
    public void shutdownInput() throws IOException {
        refuseClosed();
        inputShut = true;
        crossing.toCaller().shut();
    }

    @Override
    public void shutdownOutput() throws IOException {
        refuseClosed();
        outputShut = true;
        crossing.toPooler().end();
    }

    @Override
    public boolean isInputShutdown() {
        return inputShut;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShut;
    }

    // ---- who is who

    @Override
    public InetAddress getInetAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public int getPort() {
        return 0;
    }

    @Override
    public int getLocalPort() {
        return 0;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return InProcess.ADDRESS;
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return InProcess.ADDRESS;
    }

    @Override
    public @Nullable SocketChannel getChannel() {
        return null;
    }

    @Override
    public String toString() {
        return "Socket[in-process]";
    }

    // ---- options

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        refuseClosed();
        if (millis < 0) {
            throw new IllegalArgumentException("timeout can't be negative");
        }
        timeoutMillis = millis;
    }

    @Override
    public int getSoTimeout() {
        return timeoutMillis;
    }

    @Override
    public int getSendBufferSize() {
        return BUFFER;
    }

    @Override
    public int getReceiveBufferSize() {
        return BUFFER;
    }

    @Override
    public void setSendBufferSize(int size) {}

    @Override
    public void setReceiveBufferSize(int size) {}

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public boolean getTcpNoDelay() {
        return true;
    }

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public boolean getKeepAlive() {
        return false;
    }

    @Override
    public void setSoLinger(boolean on, int linger) {}

    @Override
    public int getSoLinger() {
        return -1;
    }

    @Override
    public void setReuseAddress(boolean on) {}

    @Override
    public boolean getReuseAddress() {
        return false;
    }

    @Override
    public void setTrafficClass(int trafficClass) {}

    @Override
    public int getTrafficClass() {
        return 0;
    }

    @Override
    public void setOOBInline(boolean on) {}

    @Override
    public boolean getOOBInline() {
        return false;
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {}

    @Override
    public void sendUrgentData(int data) throws IOException {
        throw new SocketException("Urgent data not supported");
    }

    @Override
    public <T> Socket setOption(SocketOption<T> name, T value) {
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        throw new UnsupportedOperationException("'" + name + "' not supported");
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }
}
