package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.PeerConfig;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.FrontendWriter;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards cancel requests to the pooler that they are for, where several are behind one address. The process id that a
 * client was given tells whose it is:
 *
 * <pre>
 *   bit 31      30 ... 17     16 ... 0
 *   forwarded   peer id       number of the client there
 * </pre>
 *
 * <p>A request that was forwarded is not forwarded again, so that wrong addresses make no circle. Thread-safe.
 */
public final class PeerCancels {
    /** Clients that a pooler with peers can tell apart. */
    public static final int MOST_CLIENTS = 1 << 17;

    private static final int FORWARDED = 1 << 31;
    private static final Logger LOGGER = LoggerFactory.getLogger(PeerCancels.class);
    private static final int TIMEOUT_SECONDS = 10;

    private final PeersConfig config;
    private final Transport transport;
    private final HostResolver resolver;

    public PeerCancels(PeersConfig config, Transport transport, HostResolver resolver) {
        this.config = config;
        this.transport = transport;
        this.resolver = resolver;
    }

    /** The process id of a client of a pooler with peers. */
    public static int processId(int peer, int number) {
        return (peer * MOST_CLIENTS) | (number & (MOST_CLIENTS - 1));
    }

    /** The process id as the client was given it, whether the request has come from it or from a peer. */
    public static int asGiven(int processId) {
        return processId & ~FORWARDED;
    }

    /** Whether the request is for a client of another pooler, and has come from that client itself. */
    public boolean isForPeer(int processId) {
        return config.id() != 0 && (processId & FORWARDED) == 0 && processId / MOST_CLIENTS != config.id();
    }

    /**
     * Sends the request on.
     *
     * @param done runs on the loop when the peer has dealt with it, or can't be reached
     */
    public void forward(EventLoop loop, int processId, byte[] secret, Runnable done) {
        PeerConfig peer = config.peers().get(processId / MOST_CLIENTS);
        if (peer == null) {
            // somebody has made up the number, or a peer is missing here
            LOGGER.atInfo().addKeyValue("peer", processId / MOST_CLIENTS).log("cancel request for an unknown peer");
            done.run();
            return;
        }
        resolver.resolve(new HostConfig(peer.host(), peer.port()))
                .whenComplete((addresses, problem) -> loop.execute(() -> {
                    if (problem != null) {
                        failed(peer, problem, done);
                    } else {
                        connect(peer, loop, addresses, processId, secret, done);
                    }
                }));
    }

    private void connect(
            PeerConfig peer,
            EventLoop loop,
            List<SocketAddress> addresses,
            int processId,
            byte[] secret,
            Runnable done) {
        SocketAddress address = addresses.get(0);
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channelFactory(transport.channelFor(address))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, TIMEOUT_SECONDS * 1_000)
                .handler(new Discard())
                .connect(address);
        connecting.addListener(connected -> loop.execute(() -> {
            if (connecting.isSuccess()) {
                send(connecting.channel(), processId, secret, done);
            } else {
                failed(peer, connecting.cause(), done);
            }
        }));
    }

    private static void send(Channel channel, int processId, byte[] secret, Runnable done) {
        ByteBuf request = channel.alloc().ioBuffer(64);
        FrontendWriter.cancelRequest(request, processId | FORWARDED, secret);
        ScheduledFuture<?> timer =
                channel.eventLoop().schedule(() -> channel.close(), TIMEOUT_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> {
            timer.cancel(false);
            done.run();
        });
        channel.writeAndFlush(request);
    }

    private static void failed(PeerConfig peer, @Nullable Throwable cause, Runnable done) {
        LOGGER.atWarn().addKeyValue("peer", peer).setCause(cause).log("cancel request not forwarded");
        done.run();
    }

    /** A peer answers nothing but the end of the connection. */
    private static final class Discard extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
