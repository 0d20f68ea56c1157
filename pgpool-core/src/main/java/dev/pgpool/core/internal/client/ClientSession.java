package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.cancel.CancelKey;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.pool.Waiter;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client: who it is, what belongs to it, what it is doing (its phase). Its bytes are the business of its {@link
 * ClientConnection}, what a link needs of it that of its {@link ClientLink}, and its end that of its {@link ClientEnd}.
 *
 * <p>Confined to the event loop of its connection, which changes at rest only.
 */
public final class ClientSession extends Waiter<ServerConnection> {
    private final ClientConnection connection;
    /** Gives another object after a reload. */
    private final Supplier<ClientServices> services;

    private final ClientIdentity identity = new ClientIdentity();
    private final ClientTimers timers;
    private final ClientAdmission admission;
    private final ClientLink linked;
    private final ClientDismissal dismissal = new ClientDismissal(this);
    private final ClientEnd end;
    private final long connectedNanos = System.nanoTime();

    private ClientPhase phase = new StartupPhase();
    private @Nullable ServerPool pool;
    private @Nullable ServerLane lane;
    private volatile @Nullable CancelKey cancelKey;
    private int id;
    private int processId;
    private boolean inTime;

    ClientSession(ClientConnection connection, Supplier<ClientServices> services, ClientDeadlines deadlines) {
        this.connection = connection;
        this.services = services;
        this.timers = new ClientTimers(this, deadlines);
        this.admission = new ClientAdmission(services.get().clients());
        this.linked = new ClientLink(this, connection);
        this.end = new ClientEnd(this, connection);
    }

    // ---- who it is

    /** What clients share now; another object after a reload. */
    ClientServices services() {
        return services.get();
    }

    /** Its number. */
    int id() {
        return id;
    }

    /** What the client is told to be its process id, for cancel requests. */
    int processId() {
        return processId;
    }

    /** As whom it logs in, and to which database. */
    ClientIdentity identity() {
        return identity;
    }

    long connectedNanos() {
        return connectedNanos;
    }

    /** Whether it connected before the listeners of a pooler that ends were closed. */
    boolean isInTime() {
        return inTime;
    }

    /** What cancel requests for it have to show; null before the end of login. From any thread. */
    @Nullable
    CancelKey cancelKey() {
        return cancelKey;
    }

    void cancelKey(CancelKey key) {
        cancelKey = key;
    }

    // ---- what belongs to it

    /** Its bytes. */
    ClientConnection connection() {
        return connection;
    }

    /** What goes to the client. */
    Outbox out() {
        return connection.out();
    }

    /** Stops or resumes reading from the client. */
    void readable(boolean wanted) {
        connection.readable(wanted);
    }

    /** Goes on with what has arrived and was left. */
    void resume() {
        connection.resume();
    }

    /** Its deadlines. */
    ClientTimers timers() {
        return timers;
    }

    /** The places that it takes. */
    ClientAdmission admission() {
        return admission;
    }

    /** Its side of its links. */
    ClientLink linked() {
        return linked;
    }

    /** Orders that it leaves. */
    ClientDismissal dismissal() {
        return dismissal;
    }

    /** The link that it has; null between transactions. */
    @Nullable
    Link link() {
        return linked.link();
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

    /** Null before the client has logged in. */
    @Nullable
    ServerPool pool() {
        return pool;
    }

    ServerLane lane() {
        ServerLane known = lane;
        if (known == null) {
            throw new IllegalStateException("not logged in");
        }
        return known;
    }

    /** Stops waiting for a server, if it waits. */
    void giveUpWaiting() {
        ServerLane known = lane;
        if (known != null && isWaiting()) {
            known.giveUp(this);
        }
    }

    // ---- what it is doing

    ClientPhase phase() {
        return phase;
    }

    /** Changes what it is doing from the next message on. */
    void enter(ClientPhase next) {
        phase = next;
    }

    boolean isAtConsole() {
        return phase.isConsole();
    }

    boolean isClosed() {
        return connection.isClosed();
    }

    /** A number that changes when the client does something; negative while it is not idle. */
    long activityWhileIdle() {
        return isWaiting() ? -1 : linked.activityWhileIdle();
    }

    /** Whether what arrives now has to wait for something that is not on its way from the client. */
    boolean isBusyElsewhere() {
        return isWaiting() || linked.isHolding() || phase != QueryPhase.INSTANCE;
    }

    /** Login is over. */
    void loggedIn(PoolKey as) {
        timers.loggedIn();
        identity.loggedIn();
        long took = System.nanoTime() - connectedNanos;
        out().takeBytes();
        lane().counters().loginTook(took);
        FlightEvents.clientLogin(as, took);
        services().listener().onClientConnected(as, Duration.ofNanos(took));
    }

    /** Login is over, at the console. */
    void atConsole() {
        timers.loggedIn();
        identity.loggedIn();
        services().clients().operatorEntered();
    }

    // ---- events of the connection

    /**
     * A client has connected.
     *
     * @param from null where the transport does not know it of a unix socket
     */
    void onConnected(@Nullable SocketAddress from) {
        id = services().clients().numbers().next();
        processId = services().clients().connected(this);
        inTime = services().clients().isInTime();
        if (!admission.begin(this, from)) {
            close(CloseReason.TOO_MANY_CLIENTS, false);
            return;
        }
        timers.begin();
    }

    void countReceived(int bytes) {
        ServerLane known = lane;
        if (known != null) {
            known.counters().countReceived(bytes);
        }
    }

    void countSent(Outbox through) {
        ServerLane known = lane;
        if (known != null) {
            known.counters().countSent(through.takeBytes());
        }
    }

    void onWritable() {
        Link current = linked.link();
        if (current != null) {
            current.onClientWritable();
        } else {
            phase.onWritable(this);
        }
    }

    void onDisconnected() {
        end.onDisconnected(linked.isFarewell());
    }

    void onDropped() {
        end.onDropped();
    }

    void onViolation(WireViolation violation) {
        end.onViolation(violation);
    }

    void onFailure(Throwable cause) {
        end.onFailure(cause);
    }

    /** Runs a task that did not begin with arrived bytes as if it had: whatever it throws ends the session. */
    void guard(Runnable task) {
        if (isClosed()) {
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

    // ---- events of the pool

    @Override
    protected void onServer(ServerConnection server) {
        if (isClosed()) {
            server.release();
            return;
        }
        try {
            phase.onServer(this, server);
        } catch (RuntimeException e) {
            // it is not the failure of the client that has given the server back
            onFailure(e);
        }
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
    protected void onLongWait() {
        phase.onLongWait(this);
    }

    @Override
    protected void onReserveUsed() {
        services().listener().onReserveUsed(ClientView.of(this));
    }

    // ---- events from elsewhere

    /**
     * A cancel request with the right key has come; from any thread.
     *
     * @param dealtWith called once, on whatever thread, when the request has been dealt with, or the session is gone
     */
    void onCancelRequest(Runnable dealtWith) {
        connection.execute(
                () -> {
                    Link current = linked.link();
                    if (isClosed()) {
                        dealtWith.run();
                    } else if (current != null) {
                        current.cancel(dealtWith);
                    } else {
                        guard(() -> phase.onCancel(this, dealtWith));
                    }
                },
                dealtWith);
    }

    void onLoginTimeout() {
        phase.onLoginTimeout(this);
    }

    void onIdleTimeout() {
        fail(PoolerError.CLIENT_IDLE_TIMEOUT.plain(), CloseReason.CLIENT_IDLE_TIMEOUT);
    }

    /** The pooler closes; from any thread. */
    public void onShutdown() {
        dismissal.shutdown();
    }

    /** An operator wants the client gone; from any thread. */
    public void kill() {
        dismissal.kill(PoolerError.KILLED);
    }

    // ---- the end

    /** Tells the client why and closes. */
    void fail(ErrorFields error, CloseReason reason) {
        end.closeAfterLastWords(reason, error);
    }

    /** Closes when the client has received what was written for it. */
    void closeWhenSent(CloseReason reason) {
        end.closeAfterLastWords(reason, null);
    }

    /**
     * Closes without a word.
     *
     * @param cancel whether what still runs for the client is cancelled
     */
    void close(CloseReason reason, boolean cancel) {
        end.closeAtOnce(reason, cancel, null);
    }
}
