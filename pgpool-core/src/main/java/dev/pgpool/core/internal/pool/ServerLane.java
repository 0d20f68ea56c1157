package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane with real servers: makes them, moves them, keeps their list and their counts. The queueing itself is in {@link
 * PoolLane}.
 *
 * <p>Confined to its event loop, except where a method says otherwise.
 */
public final class ServerLane implements LaneOwner<ServerConnection>, ServerHome, LoopTicker.Listener {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerLane.class);

    private final ServerPool pool;
    private final EventLoop loop;
    private final LoopTicker ticker;
    private final PoolLane<ServerConnection> queue;
    private final LaneCounters counters = new LaneCounters();
    private final LaneServers servers;
    private final LaneConnects connects;
    private final Walsenders walsenders;
    private final LaneEvents events;
    private final LaneLook look;
    private final LaneChecks checks;
    private boolean closed;

    ServerLane(ServerPool pool, int index, int loopIndex) {
        this.pool = pool;
        this.loop = pool.services().loops().get(loopIndex);
        this.ticker = pool.services().tickers().get(loopIndex);
        this.servers = new LaneServers(pool);
        this.connects = new LaneConnects(this, pool);
        this.walsenders = new Walsenders(this, pool);
        counters.countStatements(pool.shape().rules().maxPreparedStatements() > 0);
        this.queue = new PoolLane<>(
                index,
                this::later,
                this,
                pool.budget(),
                LaneRules.of(pool.shape().rules()),
                System::nanoTime);
        this.events = new LaneEvents(pool, counters);
        this.look = new LaneLook(pool, index, queue, servers, counters);
        this.checks = new LaneChecks(pool, servers);
    }

    /** Who waits, and which servers are idle. */
    PoolLane<ServerConnection> queue() {
        return queue;
    }

    /** Whose lane it is. */
    ServerPool pool() {
        return pool;
    }

    /** Its servers, used and idle. */
    LaneServers servers() {
        return servers;
    }

    /** What is asked of its idle servers. */
    LaneChecks checks() {
        return checks;
    }

    /** How it is watched for advice. */
    LaneLook look() {
        return look;
    }

    /** Whether it has ended. */
    boolean isClosed() {
        return closed;
    }

    void startTicking() {
        loop.execute(() -> ticker.add(this));
    }

    /** From any thread. */
    public EventLoop eventLoop() {
        return loop;
    }

    /** The statements of the pool. */
    public StatementRegistry statements() {
        return pool.statements();
    }

    /** How running work is cancelled. */
    public CancelSender cancels() {
        return pool.shape().cancels();
    }

    /** How long a server may take to become clean after its client left. */
    public Duration abandonTimeout() {
        return timeouts().abandon();
    }

    /** For how long a client keeps its server. */
    public PoolMode mode() {
        return pool.shape().mode();
    }

    /** How long things may take in this pool. */
    public TimeoutsConfig timeouts() {
        return pool.shape().rules().timeouts();
    }

    /** Whether a client in session mode does not keep a server that is to be replaced. */
    public boolean closesFast() {
        return pool.shape().rules().servers().fastClose();
    }

    /** For how long clients keep servers, and what becomes of their session state. */
    public SessionRules sessionRules() {
        return pool.shape().sessionRules();
    }

    /** The parameters of the pool's sessions. */
    public ParameterRegistry parameters() {
        return pool.parameters();
    }

    /** A client keeps its server beyond its transaction for the kinds of state in {@code after}; before for others. */
    public void pinned(int before, int after) {
        events.pinned(before, after);
    }

    public LaneCounters counters() {
        return counters;
    }

    /** A client is about to run something that roles or databases are changed by. */
    public void globalChangeBegins(GlobalDdl ddl) {
        pool.globals().begins(pool, ddl);
    }

    /** The transaction has ended in which it did so. */
    public void globalChangeEnded(GlobalDdl ddl) {
        pool.globals().ended(ddl);
    }

    /** A server at once, or null: then the waiter is told later, or has been told already that there is none. */
    public @Nullable ServerConnection acquire(Waiter<ServerConnection> waiter) {
        ServerConnection server = queue.acquire(waiter);
        if (server != null) {
            look.used();
        }
        return server;
    }

    /** The waiter does not want a server any more. */
    public void giveUp(Waiter<ServerConnection> waiter) {
        walsenders.giveUp(waiter);
        queue.giveUp(waiter);
    }

    /** How clients get servers to replicate from. */
    public Walsenders walsenders() {
        return walsenders;
    }

    // ---- servers come and go

    @Override
    public void connect(PoolLane<ServerConnection> lane) {
        if (!walsenders.connectFirst()) {
            connects.begin();
        }
    }

    @Override
    public ServerAge age(ServerConnection server) {
        return server.age();
    }

    @Override
    public void check(ServerConnection server, PoolLane<ServerConnection> lane) {
        checks.begin(server, lane);
    }

    @Override
    public void retire(ServerConnection server, CloseReason reason) {
        server.close(reason);
    }

    @Override
    public int minimum() {
        return pool.minimum();
    }

    @Override
    public int pinned() {
        return counters.pinned();
    }

    @Override
    public boolean isUsable(ServerConnection server) {
        return !walsenders.isUnpooled(server) && server.isUsable() && !servers.isOutdated(server);
    }

    @Override
    public void move(ServerConnection server, PoolLane<ServerConnection> to) {
        ServerLane target = pool.laneOf(to);
        servers.remove(server);
        server.settle(BetweenLanes.INSTANCE);
        ChannelMove.start(server.channel(), target.loop, moved -> target.receive(server, moved));
    }

    private void receive(ServerConnection server, boolean moved) {
        if (closed || !moved || server.isClosed() || !server.isUsable()) {
            CloseReason reason = closed ? CloseReason.SHUTDOWN : CloseReason.SERVER_CLOSED;
            server.close(reason);
            pool.events().gone(server, reason);
            queue.lost();
            return;
        }
        servers.add(server);
        server.settle(this);
        servers.renewLifetime(server);
        servers.replaceIfStale(server);
        queue.arrived(server);
    }

    @Override
    public void onReleased(ServerConnection server) {
        if (closed) {
            server.close(CloseReason.SHUTDOWN);
        } else if (pool.isShed()) {
            server.close(CloseReason.EVICTED);
        } else {
            queue.release(server);
        }
    }

    @Override
    public void onGone(ServerConnection server, CloseReason reason) {
        if (servers.remove(server)) {
            if (reason == CloseReason.EVICTED) {
                counters.countEviction();
            }
            pool.events().gone(server, reason);
            queue.gone(server);
            if (reason == CloseReason.SERVER_CLOSED) {
                pool.forgetProfilesIfEmpty();
            }
        }
    }

    /** Those that are being made. */
    LaneConnects connects() {
        return connects;
    }

    /** From any thread. */
    void replaceServers() {
        onLoop(() -> {
            servers.replaceStale();
            connects.abandonStale();
        });
    }

    /** Closes its servers, also those that clients have; behind what its event loop has been told before; from any thread. */
    void killServers() {
        later(() -> {
            servers.close(CloseReason.KILLED);
            connects.abandonStale();
        });
    }

    /** Gives servers away from now on, or does not, as the gates say when it comes to it; from any thread. */
    void hold(DatabaseGates gates) {
        onLoop(() -> {
            LaneHold now = gates.hold(pool.key().database());
            queue.hold(now);
            if (now == LaneHold.ENDED) {
                queue.refuse(PoolerError.SHUTDOWN.plain());
            }
            if (now.closesIdle()) {
                connects.abandonAll();
            }
        });
    }

    /** The pool's shape has changed, perhaps also how long connects may take; from any thread. */
    void adopt(boolean otherPatience) {
        onLoop(() -> {
            servers.adoptRules();
            if (otherPatience) {
                connects.abandonAll();
            }
            counters.countStatements(pool.shape().rules().maxPreparedStatements() > 0);
            queue.adopt(LaneRules.of(pool.shape().rules()));
        });
    }

    // ---- clients wait

    @Override
    public @Nullable ErrorFields refusal(long nowNanos, long waitedNanos) {
        if (closed || queue.isEnded()) {
            return PoolerError.SHUTDOWN.plain();
        }
        return queue.isHeld() ? null : pool.failure().refusal(nowNanos, waitedNanos);
    }

    /** Why a client ends that got no server here and has not waited too long for it. */
    public CloseReason whyNone() {
        return closed || queue.isEnded() ? CloseReason.SHUTDOWN : CloseReason.SERVER_UNAVAILABLE;
    }

    @Override
    public @Nullable ErrorFields lastFailure() {
        return pool.failure().error();
    }

    @Override
    public void onWaiting(long nowNanos, long lastNanos) {
        look.waits(nowNanos, lastNanos);
    }

    @Override
    public void onWaited(long nanos) {
        events.waited(nanos);
    }

    @Override
    public void onTick(long nowNanos) {
        queue.onTick(nowNanos);
        look.onTick(nowNanos);
        servers.onTick(nowNanos);
    }

    /** On its event loop. */
    LaneFigures figures() {
        int idle = queue.idleCount();
        int tested = queue.checkingCount();
        return new LaneFigures(
                pool,
                queue.waitingCount(),
                queue.longestWaitNanos(System.nanoTime()),
                Math.max(0, servers.size() - idle - tested),
                idle,
                queue.staleCount(),
                tested,
                servers.count(ServerConnection::isBeingCanceled),
                servers.count(servers::isOutdated),
                counters.copy());
    }

    CompletableFuture<Void> close(CloseReason reason) {
        return CompletableFuture.runAsync(
                () -> {
                    closed = true;
                    ticker.remove(this);
                    queue.refuse(PoolerError.SHUTDOWN.plain());
                    servers.close(reason);
                },
                this::onLoop);
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            later(task);
        }
    }

    private void later(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("event loop has ended: {}", pool.key());
        }
    }
}
