package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channel of a server connection: bytes that arrive are shown to the phase that listens, and what ends the channel ends
 * the connection. Confined to the event loop of the channel.
 */
final class ServerHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerHandler.class);

    private static final int GOODBYE_SECONDS = 5;

    private final ServerConnection server;
    private final Outbox out;
    private final MessageCursor in = new MessageCursor(PoolerError.SERVER_PROTOCOL_VIOLATION);
    private @Nullable ChannelHandlerContext ctx;
    private boolean readable = true;

    /** @param out what goes to the server */
    ServerHandler(ServerConnection server, Outbox out) {
        this.server = server;
        this.out = out;
    }

    /** Null before it is connected. */
    @Nullable
    Channel channel() {
        ChannelHandlerContext c = ctx;
        return c == null ? null : c.channel();
    }

    boolean isActive() {
        ChannelHandlerContext c = ctx;
        return c != null && c.channel().isActive();
    }

    /** Whether everything that arrived has been dealt with. */
    boolean isDrained() {
        return in.isDrained() && !in.isInsideForwarded();
    }

    /** Whether a message was passed on in part and its rest has not arrived. */
    boolean isMidMessage() {
        return in.isInsideForwarded();
    }

    /** Stops or resumes reading. */
    void readable(boolean wanted) {
        if (readable != wanted) {
            readable = wanted;
            server.channel().config().setAutoRead(wanted);
        }
    }

    /** Ends the channel with a Terminate, if it can. */
    void sayGoodbye() {
        ChannelHandlerContext c = ctx;
        if (c == null || !c.channel().isActive()) {
            return;
        }
        out.drop();
        ByteBuf goodbye = c.alloc().ioBuffer(8);
        FrontendWriter.terminate(goodbye);
        c.writeAndFlush(goodbye).addListener(ChannelFutureListener.CLOSE);
        if (c.channel().isOpen()) {
            // a server that does not read must not keep its socket
            var unused = c.channel().eventLoop().schedule(() -> c.close(), GOODBYE_SECONDS, TimeUnit.SECONDS);
        }
    }

    // ---- Netty

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        out.connect(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (server.isClosed()) {
            bytes.release();
            return;
        }
        in.feed(bytes);
        try {
            ServerPhase before;
            do {
                before = server.phase();
                before.onMessages(in);
            } while (server.phase() != before && !server.isClosed());
        } catch (WireViolation e) {
            LogLine.warn(LOGGER, "server broke the protocol")
                    .with("server", server.processId())
                    .with("error", e.detail())
                    .write();
            server.close(CloseReason.SERVER_PROTOCOL_VIOLATION);
        } catch (RuntimeException e) {
            LogLine.error(LOGGER, "unexpected failure")
                    .with("server", server.processId())
                    .cause(e)
                    .write();
            server.close(CloseReason.INTERNAL_ERROR);
        } finally {
            in.finish(context.alloc());
            if (server.isClosed()) {
                in.close();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!server.isClosed()) {
            server.phase().onReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!server.isClosed() && context.channel().isWritable()) {
            server.phase().onWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            // close_notify: as good as the end of the stream, which may never come
            context.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        server.ended(CloseReason.SERVER_CLOSED);
        in.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        boolean ofTheNetwork = cause instanceof IOException || cause instanceof DecoderException;
        (ofTheNetwork ? LogLine.debug(LOGGER, "server connection failed") : LogLine.error(LOGGER, "unexpected failure"))
                .with("server", server.processId())
                .cause(cause)
                .write();
        context.close();
    }
}
