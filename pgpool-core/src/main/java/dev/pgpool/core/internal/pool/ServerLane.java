package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.CancelSender;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
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

    private static final String WRONG_PASSWORD = "28P01";

    /** What a lane knows at an instant. */
    record Figures(int waiting, int idle, LaneCounters counters) {}

    private final ServerPool pool;
    private final EventLoop loop;
    private final LoopTicker ticker;
    private final PoolLane<ServerConnection> queue;
    private final LaneCounters counters = new LaneCounters();
    private final Set<ServerConnection> servers = new LinkedHashSet<>();
    private boolean closed;

    ServerLane(ServerPool pool, int index, int loopIndex) {
        this.pool = pool;
        this.loop = pool.services().loops().get(loopIndex);
        this.ticker = pool.services().tickers().get(loopIndex);
        this.queue = new PoolLane<>(
                index,
                loop,
                this,
                pool.budget(),
                pool.config().pool().waitTimeout().toNanos(),
                System::nanoTime);
    }

    PoolLane<ServerConnection> queue() {
        return queue;
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
        return pool.services().cancels();
    }

    /** How long a server may take to become clean after its client left. */
    public Duration abandonTimeout() {
        return pool.config().pool().abandonTimeout();
    }

    /** For how long clients keep servers, and what becomes of their session state. */
    public SessionRules sessionRules() {
        return pool.sessionRules();
    }

    /** The parameters of the pool's sessions. */
    public ParameterRegistry parameters() {
        return pool.parameters();
    }

    /** A client keeps its server beyond its transaction for the kinds of state in {@code after}; before for others. */
    public void pinned(int before, int after) {
        counters.countPins(before, after);
        for (SessionState kind : SessionState.values()) {
            if ((after & ~before & kind.bit()) != 0) {
                LOGGER.atDebug()
                        .addKeyValue("pool", pool.key())
                        .addKeyValue("reason", kind.label())
                        .log("client pinned to its server");
                pool.services().listener().onPinned(pool.key(), kind);
            }
        }
    }

    public LaneCounters counters() {
        return counters;
    }

    /** A server at once, or null: then the waiter is told later, or has been told already that there is none. */
    public @Nullable ServerConnection acquire(Waiter<ServerConnection> waiter) {
        return queue.acquire(waiter);
    }

    /** The waiter does not want a server any more. */
    public void giveUp(Waiter<ServerConnection> waiter) {
        queue.giveUp(waiter);
    }

    // ---- servers come and go

    @Override
    public void connect(PoolLane<ServerConnection> lane) {
        long begun = System.nanoTime();
        target().whenComplete((target, problem) -> onLoop(() -> {
            if (problem != null) {
                failed(new ErrorFields(
                        "FATAL", "08001", "could not connect to server: " + reason(problem), null, null));
            } else if (closed) {
                failed(PoolerError.SHUTDOWN.plain());
            } else {
                connect(target, begun, true);
            }
        }));
    }

    /** A store of the host may throw instead of failing; a permit depends on the answer. */
    private CompletionStage<ServerTarget> target() {
        try {
            return pool.target();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * A secret may change between our look at it and the server's: if the server refuses it and there is another by now,
     * that one is tried at once, and only once.
     */
    private void refused(ServerTarget target, long begun, ErrorFields error) {
        pool.secretRefused(target.credential());
        target().whenComplete((fresh, problem) -> onLoop(() -> {
            boolean rotated = problem == null && !Objects.equals(fresh.credential(), target.credential());
            if (rotated && !closed) {
                connect(fresh, begun, false);
            } else {
                failed(error);
            }
        }));
    }

    private void connect(ServerTarget target, long begun, boolean mayTryAnotherSecret) {
        pool.services()
                .connector()
                .connect(
                        loop,
                        target,
                        pool.parameters(),
                        this,
                        pool.config().pool().connectTimeout(),
                        new ServerConnector.Outcome() {
                            @Override
                            public void onConnected(ServerConnection server) {
                                if (closed) {
                                    servers.add(server);
                                    queue.connected(server);
                                    server.close(CloseReason.SHUTDOWN);
                                    return;
                                }
                                servers.add(server);
                                pool.serverConnected(server, System.nanoTime() - begun);
                                queue.connected(server);
                            }

                            @Override
                            public void onFailed(ErrorFields error) {
                                if (mayTryAnotherSecret && error.sqlState().equals(WRONG_PASSWORD)) {
                                    refused(target, begun, error);
                                } else {
                                    failed(error);
                                }
                            }
                        });
    }

    static String reason(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    private void failed(ErrorFields error) {
        LOGGER.atWarn()
                .addKeyValue("pool", pool.key())
                .addKeyValue("error", error.message())
                .log("server connection failed");
        pool.serverFailed(error);
        long retryAt =
                System.nanoTime() + pool.config().pool().connectRetryDelay().toNanos();
        boolean wait = pool.hasServers() || ServerPool.maySoonConnect(error);
        queue.connectFailed(retryAt, wait ? null : ServerPool.refusalFor(error));
        pool.forgetIfUnused();
    }

    @Override
    public boolean isUsable(ServerConnection server) {
        return server.isUsable();
    }

    @Override
    public void move(ServerConnection server, PoolLane<ServerConnection> to) {
        ServerLane target = pool.laneOf(to);
        servers.remove(server);
        server.settle(InTransit.HOME);
        ChannelMove.start(server.channel(), target.loop, moved -> target.receive(server, moved));
    }

    private void receive(ServerConnection server, boolean moved) {
        if (!moved || server.isClosed() || !server.isUsable()) {
            server.close(CloseReason.SERVER_CLOSED);
            pool.serverGone(CloseReason.SERVER_CLOSED);
            queue.lost();
            return;
        }
        servers.add(server);
        server.settle(this);
        queue.arrived(server);
        if (closed) {
            server.close(CloseReason.SHUTDOWN);
        }
    }

    /** Between two lanes a server may die; the lane that receives it finds out. */
    private enum InTransit implements ServerHome {
        HOME;

        @Override
        public void onReleased(ServerConnection server) {
            throw new IllegalStateException("released while it moves");
        }

        @Override
        public void onGone(ServerConnection server, CloseReason reason) {
            // see receive
        }
    }

    @Override
    public void onReleased(ServerConnection server) {
        if (closed) {
            server.close(CloseReason.SHUTDOWN);
        } else {
            queue.release(server);
        }
    }

    @Override
    public void onGone(ServerConnection server, CloseReason reason) {
        if (servers.remove(server)) {
            pool.serverGone(reason);
            queue.gone(server);
        }
    }

    // ---- clients wait

    @Override
    public @Nullable ErrorFields refusal(long nowNanos) {
        return closed ? PoolerError.SHUTDOWN.plain() : pool.refusal(nowNanos);
    }

    @Override
    public void onWaited(long nanos) {
        PgPoolListener listener = pool.services().listener();
        if (listener != PgPoolListener.NONE) {
            listener.onWaited(pool.key(), Duration.ofNanos(nanos));
        }
    }

    @Override
    public void onTick(long nowNanos) {
        queue.onTick(nowNanos);
    }

    // ---- from any thread

    CompletableFuture<Figures> figures() {
        CompletableFuture<Figures> answer = new CompletableFuture<>();
        onLoop(() -> answer.complete(new Figures(queue.waitingCount(), queue.idleCount(), counters.copy())));
        if (loop.isShuttingDown()) {
            answer.complete(new Figures(0, 0, new LaneCounters()));
        }
        return answer;
    }

    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        onLoop(() -> {
            closed = true;
            ticker.remove(this);
            queue.refuse(PoolerError.SHUTDOWN.plain());
            Set.copyOf(servers).forEach(server -> server.close(CloseReason.SHUTDOWN));
            done.complete(null);
        });
        return done;
    }

    private void onLoop(Runnable task) {
        try {
            if (loop.inEventLoop()) {
                task.run();
            } else {
                loop.execute(task);
            }
        } catch (RejectedExecutionException e) {
            LOGGER.atDebug().addKeyValue("pool", pool.key()).log("event loop has ended");
        }
    }
}
