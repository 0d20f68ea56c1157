package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ServerStatements;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to PostgreSQL: what it has (parameters, statements, key), who listens to it (its phase), and where it
 * belongs (its home). Knows nothing of clients.
 *
 * <p>Confined to the event loop of its channel, which may change while it is idle.
 */
public final class ServerConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerConnection.class);

    private static final int GOODBYE_SECONDS = 5;
    /** The encoding that is none: what comes from or goes to it is not converted. */
    private static final String UNCONVERTED = "SQL_ASCII";

    private final MessageCursor in = new MessageCursor(PoolerError.SERVER_PROTOCOL_VIOLATION);
    private final Outbox out = new Outbox();
    private final ServerTarget target;
    private final ServerStatements statements;
    private final ParameterRegistry parameterRegistry;
    private final Map<String, String> readOnlyParameters = new LinkedHashMap<>();
    private final IdleServer idle = new IdleServer(this);

    private int id;
    private ServerHome home;
    private ServerPhase phase;
    private SessionParameters parameters;
    private SessionParameters loginParameters;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable TlsSession tls;
    private @Nullable Object attachment;
    private ServerAge age = new ServerAge(System.nanoTime(), Long.MAX_VALUE);
    private @Nullable Object unnamedOwner;
    private long unnamedVersion;
    private long unnamedBatch;
    private int processId;
    private byte[] secret = new byte[0];
    private final ServerCancels cancels = new ServerCancels();
    private @Nullable Runnable afterCancels;
    private @Nullable ErrorFields lastError;
    private boolean readable = true;
    private boolean closed;
    private boolean ready;
    private @Nullable CloseReason retirement;

    /**
     * A connection that is a handler of its channel from the start.
     *
     * @param home where it belongs
     * @param phase who listens first
     */
    public ServerConnection(
            ServerTarget target, ServerHome home, ServerPhase phase, ParameterRegistry parameterRegistry) {
        this.target = target;
        this.home = home;
        this.phase = phase;
        this.parameterRegistry = parameterRegistry;
        this.parameters = parameterRegistry.of(Map.of());
        this.loginParameters = parameters;
        this.statements = new ServerStatements(target.maxPreparedStatements());
    }

    // ---- what it has

    /** Our address; null before it is connected. */
    public @Nullable SocketAddress localAddress() {
        ChannelHandlerContext c = ctx;
        return c == null ? null : c.channel().localAddress();
    }

    /** Its number: unique while the pooler runs. */
    public int id() {
        return id;
    }

    void numbered(int number) {
        id = number;
    }

    public ServerTarget target() {
        return target;
    }

    /** What the handshake has settled; null if the connection is not encrypted. */
    public @Nullable TlsSession tls() {
        return tls;
    }

    void encrypted(TlsSession settled) {
        tls = settled;
    }

    /** What goes to the server. */
    public Outbox out() {
        return out;
    }

    public ServerStatements statements() {
        return statements;
    }

    /** The settable parameters as they stand on the server now. */
    public SessionParameters parameters() {
        return parameters;
    }

    /** The settable parameters as the server began with them: its defaults. */
    public SessionParameters loginParameters() {
        return loginParameters;
    }

    /** Login is over; what follows before the first use counts as part of it. */
    void loggedIn() {
        loginParameters = parameters;
    }

    /** The server can be used: what was set until now are its defaults. */
    void prepared() {
        loginParameters = parameters;
        phase = idle;
        ready = true;
    }

    /** Parameters that only the server sets, like its version. */
    public Map<String, String> readOnlyParameters() {
        return readOnlyParameters;
    }

    /** What was set on the server by us, beyond what it reports. */
    public void parametersBecame(SessionParameters now) {
        this.parameters = now;
    }

    /** The server has discarded its settings: those that it does not report are at their defaults. */
    public void forgetUnreportedParameters() {
        parameters = parameterRegistry.onlyNamed(parameters, loginParameters);
    }

    /** Parameters that were returned to the server's defaults by us, beyond what it reports. */
    public void forgetParameters(Collection<String> names) {
        parameters = parameterRegistry.without(parameters, names);
    }

    /** Whether the server's unnamed statement is this version of this owner's, as far as the given batch may rely on it. */
    public boolean hasUnnamedOf(Object owner, long version, long batch) {
        return unnamedOwner == owner && unnamedVersion == version && (unnamedBatch == batch || unnamedBatch == 0);
    }

    /** A Parse of the unnamed statement was sent in this batch; no owner means that the server has none. */
    public void unnamedBecame(@Nullable Object owner, long version, long batch) {
        unnamedOwner = owner;
        unnamedVersion = version;
        unnamedBatch = batch;
    }

    /** The server has answered the Parse of its unnamed statement that was sent in this batch. */
    public void unnamedConfirmed(long batch) {
        if (unnamedBatch == batch) {
            unnamedBatch = 0;
        }
    }

    /** A place for what the link package keeps with each server. */
    public @Nullable Object attachment() {
        return attachment;
    }

    public void attach(Object attachment) {
        this.attachment = attachment;
    }

    /** How old it is. */
    public ServerAge age() {
        return age;
    }

    /** It is ready from now on, and grows old. */
    public void bornAs(ServerAge newAge) {
        age = newAge;
    }

    /** When it was made, by {@link System#nanoTime}. */
    public long connectedNanos() {
        return age.connectedNanos();
    }

    /** The number of the client that has it; 0 if none has. */
    public int clientId() {
        return phase.clientId();
    }

    /** When a client asked for something last, by {@link System#nanoTime}; 0 if none has, or it is not known. */
    public long requestedNanos() {
        return phase.requestedNanos();
    }

    /** Whether it ends when it is given back. */
    public boolean isRetiring() {
        return retirement != null;
    }

    public int processId() {
        return processId;
    }

    // ---- who listens, where it belongs

    /** Changes who listens from the next message on. */
    public void enter(ServerPhase next) {
        phase = next;
    }

    /** No client uses it, but its home knows that already. */
    void becameIdle() {
        phase = idle;
    }

    /** The clock of its event loop has ticked. */
    public void onTick(long nowNanos) {
        phase.onTick(nowNanos);
    }

    /** Changes where the server belongs, when it moves from one lane to another. */
    public void settle(ServerHome newHome) {
        home = newHome;
    }

    /**
     * Gives the server back, clean and idle. While a cancel request for it is under way it is kept: the cancel must not
     * hit the query of another client. Limits that end an idle session, or cancel what the next client waits for, are taken off before.
     */
    public void release() {
        phase = idle;
        CloseReason due = retirement;
        if (due != null) {
            close(due);
            return;
        }
        if (!parameters.foreignLimits().isEmpty()) {
            whenNotCancelled(() -> LimitsTakenOff.begin(this, this::release));
        } else if (!isBeingCanceled()) {
            home.onReleased(this);
        } else {
            whenNotCancelled(() -> home.onReleased(this));
        }
    }

    /** Ends the connection now if no client uses it, else at its next release: the client that has it may finish. */
    public void retire(CloseReason reason) {
        if (phase == idle) {
            close(reason);
        } else {
            retirement = reason;
        }
    }

    /** Runs what must not be hit by a cancel request: now, or when those under way have been dealt with. */
    public void whenNotCancelled(Runnable task) {
        Runnable before = afterCancels;
        if (!isBeingCanceled()) {
            task.run();
        } else if (before == null) {
            afterCancels = task;
        } else {
            afterCancels = () -> {
                before.run();
                task.run();
            };
        }
    }

    /** Whether it can be given to a client. */
    public boolean isUsable() {
        ChannelHandlerContext c = ctx;
        return !closed && c != null && c.channel().isActive();
    }

    public boolean isClosed() {
        return closed;
    }

    /** The last ErrorResponse of severity FATAL, if there was one. */
    @Nullable
    public ErrorFields lastError() {
        return lastError;
    }

    public Channel channel() {
        ChannelHandlerContext c = ctx;
        if (c == null) {
            throw new IllegalStateException("not connected yet");
        }
        return c.channel();
    }

    // ---- cancel

    /** Whether there is a key to cancel with. */
    public boolean isCancellable() {
        return secret.length > 0 && !closed;
    }

    /** Secret of the cancel key. Not to be written to. */
    public byte[] secret() {
        return secret;
    }

    /** The cancel requests for this server. */
    public ServerCancels cancels() {
        return cancels;
    }

    /** Whether a cancel request for this server is on its way. */
    public boolean isBeingCanceled() {
        return cancels.isUnderWay();
    }

    /** The server has dealt with its cancel requests. */
    public void cancelEnded() {
        Runnable waiting = afterCancels;
        afterCancels = null;
        if (waiting != null && !closed) {
            waiting.run();
        }
    }

    // ---- messages that mean the same in every phase

    /**
     * Reads a complete ParameterStatus and remembers it.
     *
     * @return the name, if the value has to be read back: it has bytes above 127, and those are in the encoding of the client
     */
    public @Nullable String onParameterStatus(MessageCursor message) {
        ByteBuf buf = message.buffer();
        int nameEnd = MessageReader.endOfString(buf, message.bodyIndex(), message.bodyEnd());
        int valueEnd = nameEnd < 0 ? -1 : MessageReader.endOfString(buf, nameEnd + 1, message.bodyEnd());
        if (valueEnd < 0) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed ParameterStatus");
        }
        String name = RawText.read(buf, message.bodyIndex(), nameEnd);
        String value = RawText.read(buf, nameEnd + 1, valueEnd);
        if (SessionParameters.isSettable(name)) {
            boolean ascii = RawText.isAscii(value);
            if (ascii || !isForeign()) {
                parameters = parameterRegistry.with(parameters, name, value);
            }
            return ascii ? null : name;
        } else {
            readOnlyParameters.put(name, value);
            TargetSessionAttributes wanted = target.setup().attributes();
            if (ready && ServerRole.isToldBy(name) && ServerRole.objection(wanted, this) != null) {
                retire(CloseReason.SERVER_ROLE_CHANGED);
            }
        }
        return null;
    }

    /** Whether text that comes from the server now is in another encoding than the values of parameters. */
    public boolean isForeign() {
        String client = parameters.get("client_encoding");
        String own = readOnlyParameters.get("server_encoding");
        return client != null
                && own != null
                && !client.equalsIgnoreCase(own)
                && !client.equalsIgnoreCase(UNCONVERTED)
                && !own.equalsIgnoreCase(UNCONVERTED);
    }

    /** Reads a complete ErrorResponse and remembers it if it is the last word. */
    public ErrorFields onErrorResponse(MessageCursor message) {
        ErrorFields error = ErrorFields.read(message.buffer(), message.bodyIndex(), message.bodyEnd());
        if (error.isFatal()) {
            lastError = error;
        }
        return error;
    }

    /** Session state could not be taken off: no other client may meet it. */
    public void resetFailed(ErrorFields error) {
        LOGGER.atWarn()
                .addKeyValue("server", processId)
                .addKeyValue("error", error.message())
                .log("server could not be reset");
        close(CloseReason.RESET_FAILED);
    }

    void onBackendKeyData(MessageCursor message) {
        int length = message.bodyLength();
        if (length < 8 || length > 260) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "BackendKeyData of " + length + " bytes");
        }
        processId = message.buffer().getInt(message.bodyIndex());
        secret = MessageReader.bytes(message.buffer(), message.bodyIndex() + 4, message.bodyEnd());
    }

    // ---- flow

    /** Whether everything that arrived has been dealt with. */
    public boolean isDrained() {
        return in.isDrained() && !in.isInsideForwarded();
    }

    /** Whether a message was passed on in part and its rest has not arrived. */
    public boolean isMidMessage() {
        return in.isInsideForwarded();
    }

    /** Stops or resumes reading from the server. */
    public void readable(boolean wanted) {
        if (readable != wanted) {
            readable = wanted;
            channel().config().setAutoRead(wanted);
        }
    }

    /** Ends the connection politely; the phase hears of it first. Does nothing when closed. */
    public void close(CloseReason reason) {
        if (closed) {
            return;
        }
        ChannelHandlerContext c = ctx;
        if (c != null && c.channel().isActive()) {
            out.drop();
            ByteBuf goodbye = c.alloc().ioBuffer(8);
            FrontendWriter.terminate(goodbye);
            c.writeAndFlush(goodbye).addListener(ChannelFutureListener.CLOSE);
            if (c.channel().isOpen()) {
                // a server that does not read must not keep its socket
                var unused = c.channel().eventLoop().schedule(() -> c.close(), GOODBYE_SECONDS, TimeUnit.SECONDS);
            }
        }
        ended(reason);
    }

    private void ended(CloseReason reason) {
        if (closed) {
            return;
        }
        closed = true;
        out.connect(null);
        phase.onClosed(reason, lastError);
        home.onGone(this, reason);
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
        if (closed) {
            bytes.release();
            return;
        }
        in.feed(bytes);
        try {
            ServerPhase before;
            do {
                before = phase;
                before.onMessages(in);
            } while (phase != before && !closed);
        } catch (WireViolation e) {
            LOGGER.atWarn()
                    .addKeyValue("server", processId)
                    .addKeyValue("error", e.detail())
                    .log("server broke the protocol");
            close(CloseReason.SERVER_PROTOCOL_VIOLATION);
        } catch (RuntimeException e) {
            LOGGER.atError().addKeyValue("server", processId).setCause(e).log("unexpected failure");
            close(CloseReason.INTERNAL_ERROR);
        } finally {
            in.finish(context.alloc());
            if (closed) {
                in.close();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!closed) {
            phase.onReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!closed && context.channel().isWritable()) {
            phase.onWritable();
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
        ended(CloseReason.SERVER_CLOSED);
        in.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOGGER.atDebug().addKeyValue("server", processId).setCause(cause).log("server connection failed");
        context.close();
    }
}
