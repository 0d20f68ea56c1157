package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's socket: bytes in and out, when to read, encryption, the last words. The {@link ClientSession} knows who the client
 * is and what it is doing: the phase of the session walks the messages that arrive here.
 *
 * <pre>
 *   open ──shut──> shut: nothing is read, nothing is passed on ──released, last words sent──> closed
 * </pre>
 *
 * <p>Confined to the event loop of its channel, which changes at rest only: at the end of login, or between transactions.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
    /** How many bytes are kept of a client that waits for a server, or of a message that is not complete. */
    static final int HELD_LIMIT = 64 * 1_024;

    private static final int LAST_WORDS_SECONDS = 5;

    private final MessageCursor in = new MessageCursor(PoolerError.CLIENT_PROTOCOL_VIOLATION);
    private final Outbox out = new Outbox();
    private final Encryption encryption = new Encryption(this);
    private final ClientSession session;

    private @Nullable ChannelHandlerContext ctx;
    private boolean readable = true;
    private boolean inputEnded;
    private boolean closed;

    /**
     * The socket of a new client.
     *
     * @param services what clients share now; another object after a reload
     * @param deadlines the deadlines of the event loop where the client connects
     */
    ClientConnection(Supplier<ClientServices> services, ClientDeadlines deadlines) {
        this.session = new ClientSession(this, services, deadlines);
    }

    // ---- what it has

    /** The client at the other end. */
    ClientSession session() {
        return session;
    }

    /** Where the client's messages are read. */
    MessageCursor in() {
        return in;
    }

    /** What goes to the client. */
    Outbox out() {
        return out;
    }

    /** How it is encrypted. */
    Encryption encryption() {
        return encryption;
    }

    /** What the handshake has settled, the client's verified certificate among it; null if the connection is not encrypted. */
    @Nullable
    TlsSession tls() {
        return encryption.settled();
    }

    /** Its channel; an {@link IllegalStateException} before it is connected. */
    Channel channel() {
        ChannelHandlerContext c = ctx;
        if (c == null) {
            throw new IllegalStateException("not connected yet");
        }
        return c.channel();
    }

    ByteBufAllocator alloc() {
        return channel().alloc();
    }

    /** Where the client comes from; some transports do not know it of a unix socket. */
    @Nullable
    SocketAddress remoteAddress() {
        return channel().remoteAddress();
    }

    SocketAddress localAddress() {
        return channel().localAddress();
    }

    /** Where the client comes from, for the log. */
    String remote() {
        return ctx == null ? "?" : String.valueOf(remoteAddress());
    }

    // ---- its event loop

    EventLoop eventLoop() {
        return channel().eventLoop();
    }

    /** Whether this is called on its event loop, and it is not on the way to another one. */
    boolean isHere() {
        Channel channel = channel();
        return channel.eventLoop().inEventLoop() && channel.isRegistered();
    }

    /** Runs a task on its event loop, wherever that is; not at all if the channel is gone. From any thread. */
    void execute(Runnable task) {
        execute(task, () -> {});
    }

    /** The same; if the channel is gone, runs {@code gone} instead, on some thread. */
    void execute(Runnable task, Runnable gone) {
        ChannelHandlerContext c = ctx;
        if (c != null) {
            ChannelMove.whereItIs(c.channel(), task, gone);
        }
    }

    /** Whether all is done that the client has said, and all is sent that it was told. */
    boolean isAtRest() {
        ChannelOutboundBuffer unsent = channel().unsafe().outboundBuffer();
        return readable
                && !inputEnded
                && in.isDrained()
                && !encryption.isHandshaking()
                && unsent != null
                && unsent.isEmpty();
    }

    /**
     * Goes to another event loop, at rest as a move wants it: what was written is sent before, and the client has nothing to
     * say until it is answered, or is not read.
     *
     * @param moved called there with true; with false if the move failed
     */
    void moveTo(EventLoop loop, Consumer<Boolean> moved) {
        out.flush();
        channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> ChannelMove.start(channel(), loop, moved));
    }

    // ---- flow

    /** Bytes have arrived, or are left of what the last phase was given; they belong to the callee. */
    void onRead(ByteBuf bytes) {
        if (closed) {
            bytes.release();
            return;
        }
        session.countReceived(bytes.readableBytes());
        try {
            session.phase().onRead(session, bytes);
        } catch (WireViolation e) {
            session.onViolation(e);
        } catch (RuntimeException e) {
            session.onFailure(e);
        }
    }

    /** Feeds arrived bytes to the phase's message loop. */
    void walk(ByteBuf bytes) {
        in.feed(bytes);
        walkFed();
    }

    /** Goes on with what was left. */
    void resume() {
        if (closed || !in.resume()) {
            return;
        }
        try {
            walkFed();
        } catch (WireViolation e) {
            session.onViolation(e);
        } catch (RuntimeException e) {
            session.onFailure(e);
        }
        // no read ends here, so nothing else flushes
        session.linked().flushToServer();
        out.flush();
    }

    private void walkFed() {
        try {
            ClientPhase before;
            do {
                before = session.phase();
                before.onMessages(session, in);
                // a phase that has handed over leaves the rest of what arrived to the next one
            } while (session.phase() != before && !closed);
        } finally {
            if (closed) {
                in.close();
            } else {
                in.finish(alloc());
                if (in.heldBytes() > HELD_LIMIT && session.isBusyElsewhere()) {
                    readable(false);
                }
            }
        }
    }

    /** Stops or resumes reading from the client. */
    void readable(boolean wanted) {
        if (readable != wanted && !closed) {
            readable = wanted;
            channel().config().setAutoRead(wanted);
        }
    }

    /** Whether the client sends nothing more, and all that it has sent has been dealt with. */
    boolean isInputOver() {
        return inputEnded && in.isDrained();
    }

    // ---- the end

    /** Whether it has ever been connected. */
    boolean isConnected() {
        return ctx != null;
    }

    /** Whether its channel is open; from any thread. */
    boolean isOpen() {
        return channel().isOpen();
    }

    /** Whether the client's end has begun. */
    boolean isClosed() {
        return closed;
    }

    /** The client's end begins: nothing more is read. */
    void shut() {
        closed = true;
    }

    /** Forgets what was read and not dealt with. What is written from now on is dropped, but for the last words. */
    void release() {
        in.close();
        out.connect(null);
    }

    /** Closes without a word; after {@link #shut}. */
    void close() {
        ChannelHandlerContext c = ctx;
        if (c != null) {
            c.close();
        }
    }

    /**
     * Closes when the client has received everything; after {@link #release}.
     *
     * @param error what is sent last; null to send nothing more
     */
    void closeAfterLastWords(@Nullable ErrorFields error) {
        ChannelHandlerContext c = ctx;
        if (c == null) {
            return;
        }
        if (encryption.isHandshaking()) {
            c.close();
            return;
        }
        ByteBuf words = c.alloc().ioBuffer(256);
        if (error != null) {
            BackendWriter.errorResponse(words, error);
        }
        c.writeAndFlush(words).addListener(ChannelFutureListener.CLOSE);
        if (c.channel().isOpen()) {
            // a client that does not read must not keep its socket
            var unused = c.channel().eventLoop().schedule(() -> c.close(), LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        }
    }

    // ---- Netty

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (ctx != null) {
            // the same channel on another loop
            return;
        }
        ctx = context;
        out.connect(context);
        session.onConnected(context.channel().remoteAddress());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        onRead((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        session.linked().flushToServer();
        out.flush();
        session.countSent(out);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            session.onWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            // close_notify: as good as the end of the stream, which may never come
            session.onDisconnected();
        } else if (event == ChannelInputShutdownEvent.INSTANCE) {
            onInputEnded();
        } else if (event == InProcess.DROPPED) {
            session.onDropped();
        }
    }

    /** The client sends nothing more. It is gone, unless it has said goodbye and its answers are still on their way to it. */
    private void onInputEnded() {
        inputEnded = true;
        boolean farewell = session.linked().isFarewell() || session.phase().isFarewell();
        if (!farewell && !in.heldEndsIn(FrontendType.TERMINATE)) {
            session.onDisconnected();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        session.onDisconnected();
    }

    /**
     * Netty tells of a write that fails while the write is still being called, in the middle of whatever the pooler does with the
     * server's answer. The session must not end in there: a server would be given back twice.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.channel().eventLoop().execute(() -> session.onFailure(cause));
    }
}
