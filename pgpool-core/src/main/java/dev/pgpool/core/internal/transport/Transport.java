package dev.pgpool.core.internal.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueEventLoopGroup;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.concurrent.ThreadFactory;

/**
 * How bytes reach the operating system. io_uring is left out on purpose: a channel that is handed from one loop to
 * another loses its first read there.
 */
@SuppressWarnings({
    "ImmutableEnumChecker", // constructors of Netty's classes
    "deprecation" // the groups of each transport: those that Netty 4.1 and 4.2 both have
})
public enum Transport {
    EPOLL(
            EpollEventLoopGroup::new,
            EpollServerSocketChannel::new,
            EpollSocketChannel::new,
            EpollServerDomainSocketChannel::new,
            EpollDomainSocketChannel::new),
    KQUEUE(
            KQueueEventLoopGroup::new,
            KQueueServerSocketChannel::new,
            KQueueSocketChannel::new,
            KQueueServerDomainSocketChannel::new,
            KQueueDomainSocketChannel::new),
    NIO(
            NioEventLoopGroup::new,
            NioServerSocketChannel::new,
            NioSocketChannel::new,
            NioServerDomainSocketChannel::new,
            NioDomainSocketChannel::new);

    /** What names in the abstract namespace begin with. */
    public static final String ABSTRACT = "@";

    private final LoopMaker loops;
    private final ChannelFactory<? extends ServerChannel> tcpListener;
    private final ChannelFactory<? extends Channel> tcpChannel;
    private final ChannelFactory<? extends ServerChannel> unixListener;
    private final ChannelFactory<? extends Channel> unixChannel;

    Transport(
            LoopMaker loops,
            ChannelFactory<? extends ServerChannel> tcpListener,
            ChannelFactory<? extends Channel> tcpChannel,
            ChannelFactory<? extends ServerChannel> unixListener,
            ChannelFactory<? extends Channel> unixChannel) {
        this.loops = loops;
        this.tcpListener = tcpListener;
        this.tcpChannel = tcpChannel;
        this.unixListener = unixListener;
        this.unixChannel = unixChannel;
    }

    /** Event loops that run channels of this transport. */
    public EventLoopGroup loops(int count, ThreadFactory threads) {
        return loops.make(count, threads);
    }

    /** Makes listening channels for an address of {@link #unixAddress} or a TCP address. */
    public ChannelFactory<? extends ServerChannel> listenerFor(SocketAddress address) {
        return isUnix(address) ? unixListener : tcpListener;
    }

    /** Makes connecting channels for an address of {@link #unixAddress} or a TCP address. */
    public ChannelFactory<? extends Channel> channelFor(SocketAddress address) {
        return isUnix(address) ? unixChannel : tcpChannel;
    }

    /**
     * The address of PostgreSQL's unix socket for a port, in the form that this transport wants.
     *
     * @param directory where it is; its name in the abstract namespace if it begins with {@code @}
     * @throws IllegalArgumentException for a name in the abstract namespace, if the transport has none
     */
    public SocketAddress unixAddress(String directory, int port) {
        String socket = "/.s.PGSQL." + port;
        if (directory.startsWith(ABSTRACT)) {
            if (!hasAbstractSockets()) {
                throw new IllegalArgumentException(directory + ": no abstract sockets with the transport " + this);
            }
            return new DomainSocketAddress('\0' + directory.substring(1) + socket);
        }
        return this == NIO
                ? UnixDomainSocketAddress.of(directory + socket)
                : new DomainSocketAddress(directory + socket);
    }

    /** Whether there are unix sockets that have a name, but no file. */
    public boolean hasAbstractSockets() {
        return this == EPOLL;
    }

    /** An address as people write it: the one of an abstract socket with an {@code @}. */
    public static String shown(SocketAddress address) {
        String path =
                address instanceof UnixDomainSocketAddress unix ? unix.getPath().toString() : address.toString();
        return path.startsWith("\0") ? ABSTRACT + path.substring(1) : path;
    }

    /** Whether an address is that of a unix socket. */
    public static boolean isUnix(SocketAddress address) {
        return address instanceof DomainSocketAddress || address instanceof UnixDomainSocketAddress;
    }

    /** Whether what goes there does not leave this machine: a unix socket, or no socket at all. */
    public static boolean isLocal(SocketAddress address) {
        return isUnix(address) || InProcess.is(address);
    }

    @FunctionalInterface
    private interface LoopMaker {
        EventLoopGroup make(int count, ThreadFactory threads);
    }
}
