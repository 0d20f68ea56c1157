package dev.pgpool.core.internal.cancel;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.Buffers;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that carries one cancel request: from its place at the gate, by the socket, to the end that the other side
 * makes of it, which says that the request has been dealt with. Confined to its event loop.
 *
 * <pre>
 *   begin ──► at the gate ──► connecting ──► open ──► over
 *                 │               │            │       ^
 *                 └── too many ───┴─ failed ───┴───────┘  also when the time is up, and when the other side closes
 * </pre>
 */
final class CancelConnection {
    private static final Logger LOGGER = LoggerFactory.getLogger(CancelConnection.class);

    /** What a request is sent by, and what bounds it. */
    record Means(Transport transport, CancelGate gate, Supplier<TcpOptions> tcp, Duration timeout) {}

    /** Whose request it is; called on the event loop. */
    interface Sender {
        /** The connection is there: the request can be sent, or encryption be asked for before. */
        void onConnected(Channel channel);

        /** The request is not sent; {@link #onOver} follows. */
        void onFailed(String why, @Nullable Throwable cause);

        /** Dealt with, failed, or too late; once. */
        void onOver();
    }

    private final Means means;
    private final EventLoop loop;
    private final SocketAddress address;
    private final Sender sender;
    private CancelGate.@Nullable Pass pass;
    private @Nullable ScheduledFuture<?> timer;
    private @Nullable Channel channel;
    private boolean over;

    CancelConnection(Means means, EventLoop loop, SocketAddress address, Sender sender) {
        this.means = means;
        this.loop = loop;
        this.address = address;
        this.sender = sender;
    }

    void begin() {
        timer = loop.schedule(this::end, means.timeout().toMillis(), TimeUnit.MILLISECONDS);
        CancelGate.Pass given = means.gate().enter(address, this::onPlace);
        if (given == null) {
            fail("too many cancel requests wait", null);
        } else if (over) {
            // the connect has failed at once
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
            LogLine.debug(LOGGER, "event loop has ended")
                    .with("address", address)
                    .write();
        }
    }

    private void connect() {
        if (over) {
            return;
        }
        int patience = (int) Math.min(means.timeout().toMillis(), Integer.MAX_VALUE);
        Bootstrap connection = Buffers.applyTo(new Bootstrap())
                .group(loop)
                .channelFactory(means.transport().channelFor(address))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, patience)
                .handler(new Discard());
        means.tcp().get().apply(connection, address);
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
            fail("no connection", connecting.cause());
            return;
        }
        Channel connected = connecting.channel();
        if (over) {
            connected.close();
            return;
        }
        channel = connected;
        connected.closeFuture().addListener(closed -> end());
        sender.onConnected(connected);
    }

    /** Writes the request; nothing follows it. */
    void send(int processId, byte[] secret) {
        Channel open = channel;
        if (open != null) {
            ByteBuf request = open.alloc().ioBuffer(64);
            FrontendWriter.cancelRequest(request, processId, secret);
            open.writeAndFlush(request);
        }
    }

    /** The request can't be sent; nothing happens if it is over already. */
    void fail(String why, @Nullable Throwable cause) {
        if (!over) {
            sender.onFailed(why, cause);
        }
        end();
    }

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
        sender.onOver();
    }

    /** The other side answers nothing but the end of the connection. */
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
