package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.tls.ServerHandshake;
import dev.pgpool.core.internal.tls.TlsSession;
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
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels what a server runs, on a connection of its own as the protocol wants it: encrypted if the server's connection
 * is, so that the key is not shown to others. The request has been dealt with when the server closes that connection;
 * until then the server is not given to anybody else.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS">Canceling
 *     Requests</a>
 */
public final class CancelSender {
    private static final Logger LOGGER = LoggerFactory.getLogger(CancelSender.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Transport transport;
    private final Executor workers;
    private final Duration timeout;

    /** @param workers where the arithmetic of handshakes runs */
    public CancelSender(Transport transport, Executor workers) {
        this(transport, workers, TIMEOUT);
    }

    private CancelSender(Transport transport, Executor workers, Duration timeout) {
        this.transport = transport;
        this.workers = workers;
        this.timeout = timeout;
    }

    /** The same with another limit to how long a server may take to deal with a request. */
    public CancelSender within(Duration limit) {
        return new CancelSender(transport, workers, limit);
    }

    /** Sends a request for what the server runs now; to be called on the server's event loop. */
    public void cancel(ServerConnection server) {
        if (!server.isCancellable()) {
            return;
        }
        server.cancelStarted();
        EventLoop loop = server.channel().eventLoop();
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channelFactory(transport.channelFor(server.target().address()))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE))
                .handler(new Discard())
                .connect(server.target().address());
        connecting.addListener(done -> {
            if (loop.inEventLoop()) {
                connected(server, connecting);
            } else {
                // without a socket there is no channel, and its failure is told on some other thread
                loop.execute(() -> connected(server, connecting));
            }
        });
    }

    private void connected(ServerConnection server, ChannelFuture connecting) {
        if (!connecting.isSuccess()) {
            LOGGER.atDebug()
                    .addKeyValue("server", server.processId())
                    .setCause(connecting.cause())
                    .log("cancel request not sent");
            server.cancelEnded();
            return;
        }
        Channel channel = connecting.channel();
        ScheduledFuture<?> timer =
                channel.eventLoop().schedule(() -> channel.close(), timeout.toMillis(), TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> {
            timer.cancel(false);
            server.cancelEnded();
        });
        if (server.tls() == null) {
            send(server, channel);
        } else {
            ServerHandshake.begin(
                    channel,
                    server.target().tls(),
                    server.target().host().host(),
                    server.target().host().port(),
                    workers,
                    new Encryption(server, channel));
        }
    }

    private static void send(ServerConnection server, Channel channel) {
        ByteBuf request = channel.alloc().ioBuffer(64);
        FrontendWriter.cancelRequest(request, server.processId(), server.secret());
        channel.writeAndFlush(request);
    }

    private record Encryption(ServerConnection server, Channel channel) implements ServerHandshake.Outcome {
        @Override
        public void onEncrypted(TlsSession session) {
            send(server, channel);
        }

        @Override
        public void onRefused() {
            // the server of an encrypted connection has become one without encryption: the key is not shown to it
            onFailed("server does not encrypt any more");
        }

        @Override
        public void onFailed(String why) {
            LOGGER.atDebug()
                    .addKeyValue("server", server.processId())
                    .addKeyValue("error", why)
                    .log("cancel request not sent");
            channel.close();
        }
    }

    /** The server answers nothing but the end of the connection. */
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
