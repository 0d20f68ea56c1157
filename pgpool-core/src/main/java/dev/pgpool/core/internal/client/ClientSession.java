package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.cancel.CancelKey;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.link.LinkedClient;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.pool.Waiter;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.ClientTls;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.PoolKey;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client: who it is, what belongs to it, what it is doing. Hands events to its phase and, while linked, to its link.
 *
 * <p>Confined to the event loop of its channel, which changes at most once, at the end of login.
 */
public final class ClientSession extends Waiter<ServerConnection> implements LinkedClient {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClientSession.class);

    /** PgBouncer's words for a client that is gone without a goodbye. */
    private static final String UNEXPECTED_END = "client unexpected eof";
    /** What a client may send while it waits, or before its message is complete, without a server. */
    static final int HELD_LIMIT = 64 * 1_024;

    /** A Terminate message. */
    private static final byte[] GOODBYE = {FrontendType.TERMINATE, 0, 0, 0, 4};

    private static final int LAST_WORDS_SECONDS = 5;

    /** Those of now: a reload replaces them. */
    private final Supplier<ClientServices> services;

    private final ClientTimers timers;
    private final ClientAdmission admission;
    private final MessageCursor in = new MessageCursor(PoolerError.CLIENT_PROTOCOL_VIOLATION);
    private final Outbox out = new Outbox();

    private @Nullable ChannelHandlerContext ctx;
    private ClientPhase phase = new StartupPhase();
    private @Nullable ServerPool pool;
    private @Nullable ServerLane lane;
    private @Nullable Link link;
    private @Nullable SessionParameters parameters;
    private @Nullable SessionParameters startupParameters;
    private @Nullable ClientStatements statements;
    private @Nullable TlsSession tls;
    private @Nullable ClientTls encryptedBy;
    private boolean handshaking;
    private volatile @Nullable CancelKey cancelKey;
    private int id;
    private int processId;
    private final ClientIdentity identity = new ClientIdentity();
    private long requestedNanos;
    /** Changes with each link. */
    private int links;

    private final long connectedNanos = System.nanoTime();
    private boolean readable = true;
    private boolean inputEnded;
    private boolean inTime;
    private boolean closed;

    ClientSession(Supplier<ClientServices> services, ClientDeadlines deadlines) {
        this.services = services;
        this.timers = new ClientTimers(this, deadlines);
        this.admission = new ClientAdmission(services.get().clients());
    }

    // ---- what belongs to it

    /** What clients share now; another object after a reload. */
    ClientServices services() {
        return services.get();
    }

    @Override
    public int id() {
        return id;
    }

    /** What it is told to be its process id, for cancel requests. */
    int processId() {
        return processId;
    }

    /** Who it is. */
    ClientIdentity identity() {
        return identity;
    }

    @Override
    public void requireSimpleQueries() {
        if (!services().config().clients().simpleQueries()) {
            throw new WireViolation(PoolerError.SIMPLE_QUERIES_DISALLOWED, "");
        }
    }

    String applicationName() {
        SessionParameters known = parameters;
        String name = known == null ? null : known.get("application_name");
        return name == null ? "" : name;
    }

    long connectedNanos() {
        return connectedNanos;
    }

    /** When it asked for something last; 0 if it has not, or never had a server. */
    long requestedNanos() {
        return requestedNanos;
    }

    String replication() {
        return phase.replication();
    }

    /** Whether it connected before the doors of a pooler that ends were closed. */
    boolean isInTime() {
        return inTime;
    }

    /** Whether what it says is passed on to a server of its own, unread. */
    boolean isRelaying() {
        return phase.isRelaying();
    }

    boolean isAtConsole() {
        return phase.isConsole();
    }

    Channel channel() {
        ChannelHandlerContext c = ctx;
        if (c == null) {
            throw new IllegalStateException("not connected yet");
        }
        return c.channel();
    }

    boolean isClosed() {
        return closed;
    }

    /** A handshake has begun or ended: meanwhile nothing can be said to the client, not even why it is closed. */
    void handshaking(boolean now) {
        handshaking = now;
    }

    /** @param by the settings that the handshake was made by, or judged by since */
    void encrypted(TlsSession settled, ClientTls by) {
        tls = settled;
        encryptedBy = by;
    }

    /** The settings that {@link #tls} is good for. */
    @Nullable
    ClientTls encryptedBy() {
        return encryptedBy;
    }

    /** What the handshake has settled, the client's verified certificate among it; null if the client is not encrypted. */
    @Nullable
    TlsSession tls() {
        return tls;
    }

    @Nullable
    CancelKey cancelKey() {
        return cancelKey;
    }

    void cancelKey(CancelKey key) {
        cancelKey = key;
    }

    /** Its deadlines. */
    ClientTimers timers() {
        return timers;
    }

    /** The places that it takes. */
    ClientAdmission admission() {
        return admission;
    }

    void enterPool(ServerPool newPool, ServerLane newLane) {
        pool = newPool;
        lane = newLane;
    }

    /** The client goes back to its login. */
    void leavePool() {
        ServerPool known = pool;
        pool = null;
        lane = null;
        if (known != null) {
            services().pools().withdraw(known);
        }
    }

    ServerLane lane() {
        ServerLane known = lane;
        if (known == null) {
            throw new IllegalStateException("not logged in");
        }
        return known;
    }

    @Nullable
    Link link() {
        return link;
    }

    void enter(ClientPhase next) {
        phase = next;
    }

    /** A number that changes when the client does something; negative while it is not idle. */
    long activityWhileIdle() {
        Link current = link;
        if (isWaiting()) {
            return -1;
        }
        if (current == null) {
            return links;
        }
        long transactions = current.transactionsWhileFree();
        return transactions < 0 ? -1 : Integer.MAX_VALUE + transactions;
    }

    /** Begins a link with a server that belongs to this session. */
    Link link(ServerConnection server) {
        Link begun = Link.of(server, lane());
        link = begun;
        links = links + 1 & Integer.MAX_VALUE;
        begun.begin(this, lane());
        return begun;
    }

    // ---- events of the connection

    void onConnected(ChannelHandlerContext context) {
        if (ctx != null) {
            // the same channel on another loop
            return;
        }
        ctx = context;
        out.connect(context);
        id = services().clients().numbers().next();
        processId = services().clients().connected(this);
        inTime = services().clients().isInTime();
        if (!admission.begin(this, context.channel().remoteAddress())) {
            close(CloseReason.TOO_MANY_CLIENTS, false);
            return;
        }
        timers.begin();
    }

    void onRead(ByteBuf bytes) {
        if (closed) {
            bytes.release();
            return;
        }
        ServerLane known = lane;
        if (known != null) {
            known.counters().countReceived(bytes.readableBytes());
        }
        try {
            phase.onRead(this, bytes);
        } catch (WireViolation e) {
            onViolation(e);
        } catch (RuntimeException e) {
            onFailure(e);
        }
    }

    /** Feeds arrived bytes to the phase's message loop. */
    void walk(ByteBuf bytes) {
        in.feed(bytes);
        walkFed();
    }

    /** Goes on with what was left. */
    @Override
    public void resume() {
        if (!closed && in.resume()) {
            guard(this::walkFed);
            // no read ends here, so nothing else flushes
            Link current = link;
            if (current != null) {
                current.flushToServer();
            }
            out.flush();
        }
    }

    /** Runs a task that did not begin with arrived bytes as if it had: whatever it throws ends the session. */
    void guard(Runnable task) {
        if (closed) {
            return;
        }
        try {
            task.run();
        } catch (WireViolation e) {
            onViolation(e);
        } catch (RuntimeException e) {
            onFailure(e);
        }
    }

    private void onViolation(WireViolation e) {
        ErrorFields told = e.error().with(e.detail());
        LOGGER.atInfo()
                .addKeyValue("client", remote())
                .addKeyValue("user", identity.user())
                .addKeyValue("database", identity.database())
                .addKeyValue("reason", CloseReason.CLIENT_PROTOCOL_VIOLATION.label())
                .addKeyValue("error", told.hint() == null ? told.message() : told.message() + ": " + told.hint())
                .log("client refused");
        fail(told, CloseReason.CLIENT_PROTOCOL_VIOLATION);
    }

    private void walkFed() {
        try {
            ClientPhase before;
            do {
                before = phase;
                before.onMessages(this, in);
                // a phase that has handed over leaves the rest of what arrived to the next one
            } while (phase != before && !closed);
        } finally {
            if (closed) {
                in.close();
            } else {
                in.finish(channel().alloc());
                if (in.heldBytes() > HELD_LIMIT && isBusyElsewhere()) {
                    readable(false);
                }
            }
        }
    }

    /** Whether what arrives now has to wait for something that is not on its way from the client. */
    private boolean isBusyElsewhere() {
        Link current = link;
        return isWaiting() || (current != null && current.isHolding()) || phase != QueryPhase.INSTANCE;
    }

    void onReadComplete() {
        Link current = link;
        if (current != null) {
            current.flushToServer();
        }
        out.flush();
        ServerLane known = lane;
        if (known != null) {
            known.counters().countSent(out.takeBytes());
        }
    }

    void onWritable() {
        Link current = link;
        if (current != null) {
            current.onClientWritable();
        } else {
            phase.onWritable(this);
        }
    }

    void onDisconnected() {
        // its last words are obeyed, even if it does not wait for the answers
        // told apart in the log only
        leaveWith(CloseReason.CLIENT_CLOSED, !isFarewell(), isFarewell() ? null : UNEXPECTED_END);
    }

    /** The client sends nothing more. It is gone, unless it has said goodbye and its answers are still on their way to it. */
    void onInputEnded() {
        inputEnded = true;
        if (!isFarewell() && !in.heldEndsWith(GOODBYE)) {
            onDisconnected();
        }
    }

    /** Whether the client has said goodbye and only waits for answers. */
    private boolean isFarewell() {
        Link current = link;
        return current != null && current.isFarewell();
    }

    void onFailure(Throwable cause) {
        if (closed) {
            return;
        }
        if (cause instanceof DecoderException && cause.getCause() instanceof SSLException broken) {
            LOGGER.atInfo()
                    .addKeyValue("client", remote())
                    .addKeyValue("error", broken.getMessage())
                    .log("encryption broke");
            close(CloseReason.CLIENT_TLS_FAILED, true);
            return;
        }
        if (cause instanceof IOException) {
            leaveWith(CloseReason.CLIENT_CLOSED, true, UNEXPECTED_END);
            return;
        }
        LOGGER.atError().addKeyValue("client", remote()).setCause(cause).log("unexpected failure");
        // a library's names say nothing to a client
        String what = cause.getClass().getName().startsWith("java.")
                ? cause.getClass().getSimpleName()
                : "unexpected";
        fail(PoolerError.INTERNAL.with(what), CloseReason.INTERNAL_ERROR);
    }

    void onLoginTimeout() {
        phase.onLoginTimeout(this);
    }

    /** Others want to connect, and this has not logged in for longest; from any thread. */
    void makeRoom() {
        execute(() -> {
            if (!identity.isLoggedIn()) {
                fail(PoolerError.TOO_MANY_CLIENTS.plain(), CloseReason.TOO_MANY_CLIENTS);
            }
        });
    }

    void onIdleTimeout() {
        fail(PoolerError.CLIENT_IDLE_TIMEOUT.plain(), CloseReason.CLIENT_IDLE_TIMEOUT);
    }

    /** The pooler closes. */
    public void onShutdown() {
        execute(() -> fail(PoolerError.SHUTDOWN.plain(), CloseReason.SHUTDOWN));
    }

    /** An operator wants it gone; from any thread. */
    public void kill() {
        kill(PoolerError.KILLED);
    }

    /** The same, told in other words. */
    void kill(PoolerError why) {
        execute(() -> fail(why.plain(), CloseReason.KILLED));
    }

    /** On its event loop: tells the client goodbye if it is not in the middle of something. */
    void leaveIfIdle(PoolerError why, CloseReason reason) {
        if (identity.isLoggedIn()
                && !closed
                && !isAtConsole()
                && !phase.isRelaying()
                && activityWhileIdle() >= 0
                && in.isDrained()) {
            fail(why.plain(), reason);
        }
    }

    /** On its event loop: as {@link #leaveIfIdle}, if it keeps a server that its pool's mode would have it give back. */
    void leaveIfPinned(PoolerError why, CloseReason reason) {
        ServerLane known = lane;
        if (link != null && known != null && known.mode() != PoolMode.SESSION) {
            leaveIfIdle(why, reason);
        }
    }

    /** Whether its pool has no place in the configuration any more. */
    boolean isOfRemovedPool() {
        ServerPool known = pool;
        return known != null && known.isRemoved();
    }

    /** Runs a task on the event loop of its channel, wherever that is; not at all if the channel is gone. */
    void execute(Runnable task) {
        ChannelHandlerContext c = ctx;
        if (c != null) {
            ChannelMove.whereItIs(c.channel(), task);
        }
    }

    /**
     * A cancel request with the right key has come; from any thread.
     *
     * @param dealtWith called once, on whatever thread, when the request has been dealt with; not if the session is gone
     */
    void onCancelRequest(Runnable dealtWith) {
        execute(() -> {
            Link current = link;
            if (closed) {
                dealtWith.run();
            } else if (current != null) {
                current.cancel(dealtWith);
            } else {
                guard(() -> phase.onCancel(this, dealtWith));
            }
        });
    }

    // ---- events of the pool

    @Override
    protected void onServer(ServerConnection server) {
        if (closed) {
            server.release();
            return;
        }
        phase.onServer(this, server);
    }

    @Override
    protected void onNoServer(ErrorFields error) {
        phase.onNoServer(this, error);
    }

    @Override
    protected void onWaitTimeout(ErrorFields error) {
        phase.onWaitTimeout(this, error);
    }

    @Override
    public void onQueryTimeout() {
        services().listener().onQueryTimeout(ClientView.of(this));
    }

    @Override
    protected void onReserveUsed() {
        services().listener().onReserveUsed(ClientView.of(this));
    }

    @Override
    protected void onLongWait() {
        phase.onLongWait(this);
    }

    // ---- events of the link

    @Override
    public Outbox out() {
        return out;
    }

    @Override
    public MessageCursor in() {
        return in;
    }

    @Override
    public ClientStatements statements() {
        ClientStatements known = statements;
        if (known == null) {
            known = new ClientStatements();
            statements = known;
        }
        return known;
    }

    @Override
    public @Nullable ClientStatements knownStatements() {
        return statements;
    }

    @Override
    public SessionParameters parameters() {
        SessionParameters known = parameters;
        if (known == null) {
            throw new IllegalStateException("not logged in");
        }
        return known;
    }

    @Override
    public SessionParameters startupParameters() {
        SessionParameters known = startupParameters;
        return known == null ? parameters() : known;
    }

    /** Login is over. */
    void loggedIn(PoolKey as) {
        timers.loggedIn(idleTimeoutNanos());
        identity.loggedIn();
        long took = System.nanoTime() - connectedNanos;
        out.takeBytes();
        lane().counters().loginTook(took);
        FlightEvents.clientLogin(as, took);
        services().listener().onClientConnected(as, Duration.ofNanos(took));
    }

    /** The configuration has changed; on its event loop. */
    void adopt() {
        if (identity.isLoggedIn() && !closed) {
            timers.idleTimeout(idleTimeoutNanos());
        }
    }

    /** How long it may ask for nothing; 0 for ever, as an operator or a walsender may. */
    private long idleTimeoutNanos() {
        return isAtConsole() || !phase.replication().equals("none")
                ? 0
                : services().idleTimeout(identity).toNanos();
    }

    /** Login is over, at the console. */
    void atConsole() {
        timers.loggedIn(0);
        identity.loggedIn();
        services().clients().operatorEntered();
    }

    /** Login is over: what the parameters are now is what they return to. */
    void beganWith(SessionParameters now) {
        startupParameters = now;
        parameters = now;
    }

    @Override
    public void parametersBecame(SessionParameters now) {
        parameters = now;
    }

    @Override
    public void readable(boolean wanted) {
        if (readable != wanted && !closed) {
            readable = wanted;
            channel().config().setAutoRead(wanted);
        }
    }

    @Override
    public void onUnlinked() {
        Link current = link;
        if (current != null) {
            requestedNanos = current.requestedNanos();
        }
        link = null;
        if (inputEnded && in.isDrained()) {
            onDisconnected();
        }
        phase.onUnlinked(this);
    }

    @Override
    public void onServerLost(@Nullable ErrorFields error) {
        link = null;
        if (error != null) {
            fail(error, CloseReason.SERVER_CLOSED);
        } else {
            out.flush();
            closeAfterLastWords(CloseReason.SERVER_CLOSED, null);
        }
    }

    @Override
    public void onTimeout(ErrorFields error, CloseReason reason) {
        fail(error, reason);
    }

    @Override
    public void onFarewell() {
        closeAfterLastWords(CloseReason.CLIENT_CLOSED, null);
    }

    @Override
    public void onTerminate() {
        close(CloseReason.CLIENT_CLOSED, false);
    }

    // ---- the end

    /** Tells the client why and closes. */
    void fail(ErrorFields error, CloseReason reason) {
        closeAfterLastWords(reason, error);
    }

    private void closeAfterLastWords(CloseReason reason, @Nullable ErrorFields error) {
        if (closed) {
            return;
        }
        ChannelHandlerContext c = ctx;
        Link current = link;
        // an error behind half a message would be read as the other half
        boolean inside = current != null && current.isMidMessage();
        out.flush();
        leave(reason, true, error == null ? null : error.told());
        if (c == null) {
            return;
        }
        if (handshaking) {
            c.close();
            return;
        }
        ByteBuf words = c.alloc().ioBuffer(256);
        if (error != null && !inside) {
            BackendWriter.errorResponse(words, error);
        }
        c.writeAndFlush(words).addListener(ChannelFutureListener.CLOSE);
        if (c.channel().isOpen()) {
            // a client that does not read must not keep its socket
            var unused = c.channel().eventLoop().schedule(() -> c.close(), LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Closes without a word. */
    void close(CloseReason reason, boolean cancel) {
        leaveWith(reason, cancel, null);
    }

    private void leaveWith(CloseReason reason, boolean cancel, @Nullable String words) {
        if (closed) {
            return;
        }
        ChannelHandlerContext c = ctx;
        leave(reason, cancel, words);
        if (c != null) {
            c.close();
        }
    }

    private void leave(CloseReason reason, boolean cancel, @Nullable String words) {
        closed = true;
        if (ctx != null && reason != CloseReason.CANCEL_REQUEST) {
            services().listener().onClientEnded(ClientView.of(this), reason, Optional.ofNullable(words));
        }
        timers.end();
        ServerLane knownLane = lane;
        if (knownLane != null && isWaiting()) {
            knownLane.giveUp(this);
        }
        Link current = link;
        link = null;
        if (current != null) {
            current.abandon(cancel);
        }
        phase.onClosed();
        if (identity.isLoggedIn() && isAtConsole()) {
            services().clients().operatorLeft();
        }
        in.close();
        out.connect(null);
        admission.end(processId);
        ServerPool knownPool = pool;
        if (knownPool != null) {
            services().pools().leave(knownPool, reason);
            services().listener().onClientClosed(knownPool.key(), reason);
        } else {
            services().pools().strangerLeft(reason);
        }
    }

    String remote() {
        ChannelHandlerContext c = ctx;
        return c == null ? "?" : String.valueOf(c.channel().remoteAddress());
    }
}
