package dev.pgpool.core.internal.cancel;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.ServerHandshake;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.TcpOptions;
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
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels what a server runs, on a connection of its own as the protocol wants it: encrypted if the server's connection
 * is, so that the key is not shown to others. The request has been dealt with when the server closes that connection;
 * until then the server is not given to another client. For one server one request is on its way at a time.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS">Canceling
 *     Requests</a>
 */
public final class CancelSender {
    private static final Logger LOGGER = LoggerFactory.getLogger(CancelSender.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Transport transport;
    private final Executor workers;
    private final CancelGate gate;
    private final Supplier<TcpOptions> tcp;
    private final Duration timeout;

    /**
     * @param workers where the arithmetic of handshakes runs
     * @param gate bounds how many requests are on their way
     * @param tcp what connections by TCP are told now
     */
    public CancelSender(Transport transport, Executor workers, CancelGate gate, Supplier<TcpOptions> tcp) {
        this(transport, workers, gate, tcp, TIMEOUT);
    }

    private CancelSender(
            Transport transport, Executor workers, CancelGate gate, Supplier<TcpOptions> tcp, Duration timeout) {
        this.transport = transport;
        this.tcp = tcp;
        this.workers = workers;
        this.gate = gate;
        this.timeout = timeout;
    }

    /** The same with another limit to how long a server may take to deal with a request. */
    public CancelSender within(Duration limit) {
        return new CancelSender(transport, workers, gate, tcp, limit);
    }

    /**
     * Sends a request for what the server runs now; to be called on the server's event loop.
     *
     * @param isMeant whether what the request is for still runs: asked when it had to wait for another one
     * @param dealtWith called on that loop, once, when the server has dealt with the request, or will not
     */
    public void cancel(ServerConnection server, BooleanSupplier isMeant, Runnable dealtWith) {
        if (!server.isCancellable()) {
            dealtWith.run();
        } else if (server.cancels().add(isMeant, dealtWith)) {
            new Sending(server).begin();
        }
    }

    /** One connection with a request, from its place at the gate to the end that the server makes of it. */
    private final class Sending implements ServerHandshake.Outcome {
        private final ServerConnection server;
        private final EventLoop loop;
        private CancelGate.@Nullable Pass pass;
        private @Nullable ScheduledFuture<?> timer;
        private @Nullable Channel channel;
        private boolean over;

        Sending(ServerConnection server) {
            this.server = server;
            this.loop = server.channel().eventLoop();
        }

        void begin() {
            timer = loop.schedule(this::end, timeout.toMillis(), TimeUnit.MILLISECONDS);
            CancelGate.Pass given = gate.enter(server.target().address(), this::onPlace);
            if (given == null) {
                failed("too many cancel requests wait", null);
            } else if (over) {
                // it has failed at once
                given.leave();
            } else {
                pass = given;
            }
        }

        /** There is a place; from any thread. */
        private void onPlace() {
            if (loop.inEventLoop()) {
                connect();
                return;
            }
            try {
                loop.execute(this::connect);
            } catch (RejectedExecutionException e) {
                LOGGER.atDebug().addKeyValue("server", server.processId()).log("event loop has ended");
            }
        }

        private void connect() {
            if (over) {
                return;
            }
            SocketAddress address = server.target().address();
            Bootstrap connection = new Bootstrap()
                    .group(loop)
                    .channelFactory(transport.channelFor(address))
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE))
                    .handler(new Discard());
            tcp.get().apply(connection, address);
            ChannelFuture connecting = connection.connect(address);
            connecting.addListener(done -> {
                if (loop.inEventLoop()) {
                    connected(connecting);
                } else {
                    // without a socket there is no channel, and its failure is told on some other thread
                    loop.execute(() -> connected(connecting));
                }
            });
        }

        private void connected(ChannelFuture connecting) {
            if (!connecting.isSuccess()) {
                failed("no connection", connecting.cause());
                return;
            }
            Channel connected = connecting.channel();
            if (over) {
                connected.close();
                return;
            }
            channel = connected;
            connected.closeFuture().addListener(closed -> end());
            if (server.tls() == null) {
                send(server, connected);
            } else {
                ServerHandshake.begin(
                        connected,
                        server.target().tls(),
                        server.target().host().host(),
                        server.target().host().port(),
                        workers,
                        this);
            }
        }

        @Override
        public void onEncrypted(TlsSession session) {
            Channel encrypted = channel;
            if (encrypted != null) {
                send(server, encrypted);
            }
        }

        @Override
        public void onRefused() {
            // the server of an encrypted connection has become one without encryption: the key is not shown to it
            failed("server does not encrypt any more", null);
        }

        @Override
        public void onFailed(String why) {
            failed(why, null);
        }

        private void failed(String why, @Nullable Throwable cause) {
            if (!over) {
                LOGGER.atDebug()
                        .addKeyValue("server", server.processId())
                        .addKeyValue("error", why)
                        .setCause(cause)
                        .log("cancel request not sent");
            }
            end();
        }

        /** Dealt with, failed, or too late. */
        private void end() {
            if (over) {
                return;
            }
            over = true;
            ScheduledFuture<?> running = timer;
            if (running != null) {
                running.cancel(false);
            }
            Channel open = channel;
            if (open != null) {
                open.close();
            }
            CancelGate.Pass taken = pass;
            if (taken != null) {
                taken.leave();
            }
            if (server.cancels().end(server.isCancellable())) {
                new Sending(server).begin();
            } else {
                server.cancelEnded();
            }
        }
    }

    private static void send(ServerConnection server, Channel channel) {
        ByteBuf request = channel.alloc().ioBuffer(64);
        FrontendWriter.cancelRequest(request, server.processId(), server.secret());
        channel.writeAndFlush(request);
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
