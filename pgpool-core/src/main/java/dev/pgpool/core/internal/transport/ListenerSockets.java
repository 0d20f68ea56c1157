package dev.pgpool.core.internal.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannelOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listening sockets that share their port with another process, and their end.
 *
 * <p>Linux resets the connections that a listening socket has not accepted when it is closed, those in the middle of their
 * handshake too, though another process listens on the same port. So a shared one is made deaf first: no packet has a hop
 * limit of more than 255, and one that demands 255 takes no new handshakes from senders that begin with 64 or 128. Who
 * is not heard tries again after a second, and finds the other process. What had begun is accepted meanwhile.
 */
public final class ListenerSockets {
    private static final int IPPROTO_IP = 0;
    private static final int IPPROTO_TCP = 6;
    private static final int IPPROTO_IPV6 = 41;
    private static final ChannelOption<Integer> IP_MINTTL = new IntegerUnixChannelOption("IP_MINTTL", IPPROTO_IP, 21);
    private static final ChannelOption<Integer> IPV6_MINHOPCOUNT =
            new IntegerUnixChannelOption("IPV6_MINHOPCOUNT", IPPROTO_IPV6, 73);
    private static final int DEAF = 255;

    /** The beginning of Linux' {@code struct tcp_info}; of a listening socket, tcpi_unacked is what waits for accept. */
    private static final ChannelOption<ByteBuffer> TCP_INFO = new RawUnixChannelOption("TCP_INFO", IPPROTO_TCP, 11, 32);

    private static final int UNACKED = 24;

    /** Longer than a handshake takes, and shorter than the second after which it is tried again. */
    private static final long HANDSHAKE_MILLIS = 500;

    private static final long LOOK_MILLIS = 1;
    private static final int MOST_LOOKS = 1_000;

    private ListenerSockets() {}

    /** Lets other processes listen on the same address. */
    public static void share(Transport transport, ServerBootstrap bootstrap) {
        if (transport == Transport.NIO) {
            bootstrap.option(NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT), true);
            return;
        }
        bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
        if (transport == Transport.EPOLL) {
            // what is accepted from one that is deaf would be deaf, too
            bootstrap.childOption(IP_MINTTL, 0);
            if (Socket.isIPv6Preferred()) {
                bootstrap.childOption(IPV6_MINHOPCOUNT, 0);
            }
        }
    }

    /**
     * Closes a listening socket when it has accepted what had reached it.
     *
     * @param shared whether another process may be there to take new connections
     * @return completes when it is closed
     */
    public static CompletableFuture<?> closeAfterBacklog(Channel listener, boolean shared) {
        CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
        listener.closeFuture().addListener(done -> closed.complete(null));
        long wait = shared && deafen(listener) ? HANDSHAKE_MILLIS : 0;
        listener.eventLoop().schedule(() -> closeIfEmpty(listener, MOST_LOOKS), wait, TimeUnit.MILLISECONDS);
        return closed;
    }

    private static boolean deafen(Channel listener) {
        // one of the two where the address is of one kind only
        boolean four = set(listener, IP_MINTTL);
        boolean six = set(listener, IPV6_MINHOPCOUNT);
        return four || six;
    }

    private static boolean set(Channel listener, ChannelOption<Integer> option) {
        try {
            return listener.config().setOption(option, DEAF);
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static void closeIfEmpty(Channel listener, int looks) {
        if (looks == 0 || !hasBacklog(listener)) {
            listener.close();
        } else {
            listener.eventLoop().schedule(() -> closeIfEmpty(listener, looks - 1), LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean hasBacklog(Channel listener) {
        try {
            ByteBuffer info = listener.config().getOption(TCP_INFO);
            return info != null
                    && info.remaining() >= UNACKED + Integer.BYTES
                    && info.order(ByteOrder.nativeOrder()).getInt(info.position() + UNACKED) > 0;
        } catch (RuntimeException e) {
            // this transport does not tell
            return false;
        }
    }
}
