package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ServerStatements;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to PostgreSQL: what it has (parameters, statements, key), what listens to it (its phase), and where it
 * belongs (its home). Knows nothing of clients.
 *
 * <p>Confined to the event loop of its channel, which may change while it is idle.
 */
public final class ServerConnection {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerConnection.class);

    private final Outbox out = new Outbox();
    private final ServerHandler handler = new ServerHandler(this, out);
    private final ServerTarget target;
    private final ServerStatements statements;
    private final ServerParameters parameters;
    private final ServerCancels cancels = new ServerCancels();
    private final IdleServer idle = new IdleServer(this);

    private int id;
    private ServerHome home;
    private ServerPhase phase;
    private @Nullable TlsSession tls;
    private @Nullable Object attachment;
    private ServerAge age = new ServerAge(System.nanoTime(), Long.MAX_VALUE);
    private final UnnamedOwner unnamed = new UnnamedOwner();
    private int processId;
    private byte[] secret = new byte[0];
    private @Nullable ErrorFields lastError;
    private boolean closed;
    private boolean ready;
    private @Nullable CloseReason retirement;

    /**
     * A connection whose {@link #handler} is one of its channel from the start.
     *
     * @param home where it belongs
     * @param phase what listens first
     */
    public ServerConnection(
            ServerTarget target, ServerHome home, ServerPhase phase, ParameterRegistry parameterRegistry) {
        this.target = target;
        this.home = home;
        this.phase = phase;
        this.parameters = new ServerParameters(this, parameterRegistry);
        this.statements = new ServerStatements(target.maxPreparedStatements());
    }

    /** What belongs into the pipeline of its channel. */
    public ChannelHandler handler() {
        return handler;
    }

    // ---- what it has

    /** Our address; null before it is connected. */
    public @Nullable SocketAddress localAddress() {
        Channel c = handler.channel();
        return c == null ? null : c.localAddress();
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
        return parameters.current();
    }

    /** The settable parameters as the server began with them: its defaults. */
    public SessionParameters loginParameters() {
        return parameters.atLogin();
    }

    /** Login is over; what follows before the first use counts as part of it. */
    void loggedIn() {
        parameters.areDefaults();
    }

    /** The server can be used: what was set until now are its defaults. */
    void prepared() {
        parameters.areDefaults();
        phase = idle;
        ready = true;
    }

    /** Parameters that only the server sets, like its version. */
    public Map<String, String> readOnlyParameters() {
        return parameters.readOnly();
    }

    /** What was set on the server by us, beyond what it reports. */
    public void parametersBecame(SessionParameters now) {
        parameters.became(now);
    }

    /** The server has discarded its settings: those that it does not report are at their defaults. */
    public void forgetUnreportedParameters() {
        parameters.forgetUnreported();
    }

    /** Parameters that were returned to the server's defaults by us, beyond what it reports. */
    public void forgetParameters(Collection<String> names) {
        parameters.forget(names);
    }

    /** Whose unnamed statement it has. */
    public UnnamedOwner unnamed() {
        return unnamed;
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

    /** Whether it ends when it is given back. */
    public boolean isRetiring() {
        return retirement != null;
    }

    public int processId() {
        return processId;
    }

    // ---- what listens, where it belongs

    /** What listens to it. */
    public ServerPhase phase() {
        return phase;
    }

    /** Changes what listens from the next message on. */
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
        if (!parameters.current().foreignLimits().isEmpty()) {
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
        cancels.whenNone(task);
    }

    /** Whether it can be given to a client. */
    public boolean isUsable() {
        return !closed && handler.isActive();
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
        Channel c = handler.channel();
        if (c == null) {
            throw new IllegalStateException("not connected yet");
        }
        return c;
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

    // ---- messages that mean the same in every phase

    /**
     * Reads a complete ParameterStatus and remembers it.
     *
     * @return the name, if the value has to be read back: it has bytes above 127, and those are in the encoding of the client
     */
    public @Nullable String onParameterStatus(MessageCursor message) {
        return parameters.read(message);
    }

    /** The server has said whether it is a standby. */
    void roleTold() {
        if (ready && ServerRole.objection(target.setup().attributes(), this) != null) {
            retire(CloseReason.SERVER_ROLE_CHANGED);
        }
    }

    /** Whether text that comes from the server now is in another encoding than the values of parameters. */
    public boolean isForeign() {
        return parameters.isForeign();
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
        LogLine.warn(LOGGER, "server could not be reset")
                .with("server", processId)
                .with("error", error.message())
                .write();
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
        return handler.isDrained();
    }

    /** Whether a message was passed on in part and its rest has not arrived. */
    public boolean isMidMessage() {
        return handler.isMidMessage();
    }

    /** Stops or resumes reading from the server. */
    public void readable(boolean wanted) {
        handler.readable(wanted);
    }

    /** Ends the connection politely; the phase hears of it first. Does nothing when closed. */
    public void close(CloseReason reason) {
        if (closed) {
            return;
        }
        handler.sayGoodbye();
        ended(reason);
    }

    /** The connection is gone: its home hears of it, whatever goes wrong before. */
    void ended(CloseReason reason) {
        if (closed) {
            return;
        }
        closed = true;
        out.connect(null);
        try {
            phase.onClosed(reason, lastError);
        } finally {
            home.onGone(this, reason);
        }
    }
}
