package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.hosts.AddressWatch;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.server.ServerCheck;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.ServerInfo;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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

    /** What a lane knows at an instant. */
    record Figures(
            ServerPool pool,
            int waiting,
            long longestWaitNanos,
            int active,
            int idle,
            int used,
            int tested,
            int beingCanceled,
            int outdated,
            LaneCounters counters) {
        /** Servers that are ready, on no way to another lane. */
        int servers() {
            return active + idle + tested;
        }
    }

    private final ServerPool pool;
    private final EventLoop loop;
    private final LoopTicker ticker;
    private final PoolLane<ServerConnection> queue;
    private final LaneCounters counters = new LaneCounters();
    private final Set<ServerConnection> servers = new LinkedHashSet<>();
    private final Set<Connecting> connecting = new LinkedHashSet<>();
    private boolean watchesServers;
    private final AddressWatch addresses;
    private final WantedWalsenders walsenders = new WantedWalsenders();
    private @Nullable ServerConnection unpooled;
    private boolean closed;

    ServerLane(ServerPool pool, int index, int loopIndex) {
        this.pool = pool;
        this.loop = pool.services().loops().get(loopIndex);
        this.ticker = pool.services().tickers().get(loopIndex);
        this.watchesServers = wantsWatch();
        counters.countStatements(pool.rules().maxPreparedStatements() > 0);
        this.addresses = new AddressWatch(pool::hosts, pool.services().resolver());
        this.queue = new PoolLane<>(index, loop, this, pool.budget(), LaneRules.of(pool.rules()), System::nanoTime);
    }

    private boolean wantsWatch() {
        TimeoutsConfig timeouts = timeouts();
        return closesFast()
                || !timeouts.query().isZero()
                || !timeouts.transaction().isZero()
                || !timeouts.idleInTransaction().isZero();
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
        return pool.cancels();
    }

    /** How long a server may take to become clean after its client left. */
    public Duration abandonTimeout() {
        return timeouts().abandon();
    }

    /** For how long a client keeps its server. */
    public PoolMode mode() {
        return pool.mode();
    }

    /** How long things may take in this pool. */
    public TimeoutsConfig timeouts() {
        return pool.rules().timeouts();
    }

    /** Whether a client in session mode does not keep a server that is to be replaced. */
    public boolean closesFast() {
        return pool.rules().servers().fastClose();
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

    /** A client is about to run something that roles or databases are changed by. */
    public void globalChangeBegins(GlobalDdl ddl) {
        pool.globalChangeBegins(ddl);
    }

    /** The transaction has ended in which it did so. */
    public void globalChangeEnded(GlobalDdl ddl) {
        pool.globalChangeEnded(ddl);
    }

    /** A server at once, or null: then the waiter is told later, or has been told already that there is none. */
    public @Nullable ServerConnection acquire(Waiter<ServerConnection> waiter) {
        return queue.acquire(waiter);
    }

    /** The waiter does not want a server any more. */
    public void giveUp(Waiter<ServerConnection> waiter) {
        walsenders.remove(waiter);
        queue.giveUp(waiter);
    }

    // ---- servers come and go

    @Override
    public void connect(PoolLane<ServerConnection> lane) {
        Walsender first = walsenders.next();
        if (first == null) {
            new Connecting().begin();
        } else {
            // its client does not wait for another server meanwhile
            queue.giveUp(first.waiter());
            new ConnectChain(pool, loop, this, first.startup(), new ConnectingWalsender(first)).begin();
        }
    }

    /** A server is being made for the pool. */
    private final class Connecting implements ConnectChain.Owner {
        private final long begun = System.nanoTime();
        private final int generation = pool.generation();
        private final int secrets = pool.secrets();
        private final ConnectChain chain = new ConnectChain(pool, loop, ServerLane.this, List.of(), this);

        void begin() {
            connecting.add(this);
            chain.begin();
        }

        /** What it would lead to would be replaced at once. */
        void abandonIfStale() {
            if (generation != pool.generation()) {
                chain.abandon();
            }
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void onConnected(ServerConnection server) {
            connecting.remove(this);
            servers.add(server);
            if (closed) {
                queue.connected(server);
                server.close(CloseReason.SHUTDOWN);
                return;
            }
            server.bornAs(new ServerAge(System.nanoTime(), pool.lifetimeNanos(server)));
            long took = System.nanoTime() - begun;
            counters.connectTook(took);
            pool.serverConnected(server, took);
            // before a client gets it
            replaceIfStale(server);
            queue.connected(server);
        }

        @Override
        public void onFailed(ErrorFields error) {
            connecting.remove(this);
            if (chain.isAbandoned() || secrets != pool.secrets()) {
                // it was not wanted any more, or was begun with a secret that others have come for meanwhile
                queue.connectFailed(System.nanoTime());
                pool.forgetIfUnused();
            } else {
                failed(error);
            }
        }
    }

    /**
     * Gets a walsender for a client: with a permit of its own, or in the place of a server that the client is given while
     * it waits like every client, and then hands to {@link #replace}. It counts against all limits, and is this
     * client's alone. The server at once, if there is one to be replaced, or null: then the waiter is told later, or the outcome.
     */
    public @Nullable ServerConnection acquire(Walsender wanted) {
        walsenders.add(wanted);
        return queue.acquire(wanted.waiter());
    }

    /** Makes the walsender in the place of a server that its client has acquired, which is closed. */
    public void replace(ServerConnection server, Walsender wanted) {
        walsenders.remove(wanted.waiter());
        servers.remove(server);
        server.settle(BetweenLanes.INSTANCE);
        server.close(CloseReason.EVICTED);
        pool.serverGone(server, CloseReason.EVICTED);
        new ConnectChain(pool, loop, this, wanted.startup(), new Replacing(server, wanted)).begin();
    }

    /** A walsender is being made with a permit that the queue has got for it. */
    private final class ConnectingWalsender implements ConnectChain.Owner {
        private final Walsender wanted;
        private final long begun = System.nanoTime();

        ConnectingWalsender(Walsender wanted) {
            this.wanted = wanted;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void onConnected(ServerConnection server) {
            servers.add(server);
            // the queue counts it, and must not give it to a client
            unpooled = server;
            queue.connected(server);
            unpooled = null;
            unpooledConnected(server, System.nanoTime() - begun);
            wanted.outcome().onConnected(server);
        }

        @Override
        public void onFailed(ErrorFields error) {
            counters.countConnectFailure();
            pool.unpooledFailed(error);
            if (ConnectFailures.mayPass(error) && wanted.isWanted()) {
                queue.connectFailed(retryAtNanos());
                waitOn(wanted);
            } else {
                // of no concern to the others: they may try at once
                queue.connectFailed(System.nanoTime());
                wanted.outcome().onFailed(error);
            }
            pool.forgetIfUnused();
        }
    }

    /** A walsender is being made with the permit of a server that is gone. */
    private final class Replacing implements ConnectChain.Owner {
        private final ServerConnection gone;
        private final Walsender wanted;
        private final long begun = System.nanoTime();

        Replacing(ServerConnection gone, Walsender wanted) {
            this.gone = gone;
            this.wanted = wanted;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void onConnected(ServerConnection server) {
            servers.add(server);
            unpooledConnected(server, System.nanoTime() - begun);
            wanted.outcome().onConnected(server);
        }

        @Override
        public void onFailed(ErrorFields error) {
            queue.gone(gone);
            counters.countConnectFailure();
            pool.unpooledFailed(error);
            if (ConnectFailures.mayPass(error) && wanted.isWanted()) {
                waitOn(wanted);
            } else {
                wanted.outcome().onFailed(error);
            }
        }
    }

    /** The server can't be reached for now. */
    private void waitOn(Walsender wanted) {
        ServerConnection place = acquire(wanted);
        if (place != null) {
            wanted.waiter().onServer(place);
        }
    }

    private long retryAtNanos() {
        return ConnectFailures.retryAtNanos(timeouts().connectRetryDelay());
    }

    private void unpooledConnected(ServerConnection server, long tookNanos) {
        counters.connectTook(tookNanos);
        pool.unpooledConnected(server, tookNanos);
    }

    private void failed(ErrorFields error) {
        LOGGER.atWarn()
                .addKeyValue("pool", pool.key())
                .addKeyValue("error", error.message())
                .log("server connection failed");
        counters.countConnectFailure();
        pool.serverFailed(error);
        long retryAt = retryAtNanos();
        if (queue.isHeld() || ConnectFailures.mayPass(error)) {
            queue.connectFailed(retryAt);
        } else {
            queue.connectFailed(retryAt, PoolerError.SERVER_LOGIN_FAILED.from(error), pool.patienceNanos());
        }
        pool.forgetIfUnused();
    }

    @Override
    public ServerAge age(ServerConnection server) {
        return server.age();
    }

    @Override
    public void check(ServerConnection server, PoolLane<ServerConnection> lane) {
        ServerLifeConfig life = pool.rules().servers();
        String sql = life.checkQuery().equals(ServerLifeConfig.EMPTY_QUERY) ? "" : life.checkQuery();
        ServerCheck.begin(server, sql, life.checkTimeout(), () -> {
            if (server.target().generation() == pool.generation()) {
                lane.checked(server);
            } else {
                server.close(CloseReason.SERVER_REPLACED);
            }
        });
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
        return server != unpooled && server.isUsable() && server.target().generation() == pool.generation();
    }

    @Override
    public void move(ServerConnection server, PoolLane<ServerConnection> to) {
        ServerLane target = pool.laneOf(to);
        servers.remove(server);
        server.settle(BetweenLanes.INSTANCE);
        ChannelMove.start(server.channel(), target.loop, moved -> target.receive(server, moved));
    }

    private void receive(ServerConnection server, boolean moved) {
        if (!moved || server.isClosed() || !server.isUsable()) {
            server.close(CloseReason.SERVER_CLOSED);
            pool.serverGone(server, CloseReason.SERVER_CLOSED);
            queue.lost();
            return;
        }
        servers.add(server);
        server.settle(this);
        renewLifetime(server);
        replaceIfStale(server);
        queue.arrived(server);
        if (closed) {
            server.close(CloseReason.SHUTDOWN);
        }
    }

    /** Between two lanes a server may die; the lane that receives it finds out. One that is replaced may die as well. */
    private enum BetweenLanes implements ServerHome {
        INSTANCE;

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
            if (reason == CloseReason.EVICTED) {
                counters.countEviction();
            }
            pool.serverGone(server, reason);
            queue.gone(server);
            if (reason == CloseReason.SERVER_CLOSED) {
                pool.forgetProfilesIfEmpty();
            }
        }
    }

    /** From any thread. */
    void replaceServers() {
        onLoop(() -> {
            Set.copyOf(servers).forEach(this::replaceIfStale);
            Set.copyOf(connecting).forEach(Connecting::abandonIfStale);
        });
    }

    /** Closes its servers, also those that clients have; behind what its event loop has been told before; from any thread. */
    void killServers() {
        later(() -> {
            Set.copyOf(servers).forEach(server -> server.close(CloseReason.KILLED));
            Set.copyOf(connecting).forEach(Connecting::abandonIfStale);
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
                Set.copyOf(connecting).forEach(begun -> begun.chain.abandon());
            }
        });
    }

    /**
     * The pool's shape has changed; from any thread.
     *
     * @param otherPatience whether connects may take another time than those that are under way have
     */
    void adopt(boolean otherPatience) {
        onLoop(() -> {
            servers.forEach(this::renewLifetime);
            if (otherPatience) {
                Set.copyOf(connecting).forEach(begun -> begun.chain.abandon());
            }
            // what watched servers have begun under the old shape ends with them
            watchesServers |= wantsWatch();
            counters.countStatements(pool.rules().maxPreparedStatements() > 0);
            queue.adopt(LaneRules.of(pool.rules()));
        });
    }

    /** Servers get as old as the configuration says now, also those that were made before. */
    private void renewLifetime(ServerConnection server) {
        server.age().lifetime(pool.lifetimeNanos(server));
    }

    /** A server may have been between two lanes, or not ready yet, when the others were replaced. */
    private void replaceIfStale(ServerConnection server) {
        if (server.target().generation() != pool.generation()) {
            server.retire(CloseReason.SERVER_REPLACED);
        } else {
            addresses.retireIfGone(server);
        }
    }

    // ---- clients wait

    @Override
    public @Nullable ErrorFields refusal(long nowNanos, long waitedNanos) {
        if (closed || queue.isEnded()) {
            return PoolerError.SHUTDOWN.plain();
        }
        return queue.isHeld() ? null : pool.refusal(nowNanos, waitedNanos);
    }

    /** Why a client ends that got no server here and has not waited too long for it. */
    public CloseReason whyNone() {
        return closed || queue.isEnded() ? CloseReason.SHUTDOWN : CloseReason.SERVER_UNAVAILABLE;
    }

    @Override
    public @Nullable ErrorFields lastFailure() {
        return pool.lastFailure();
    }

    @Override
    public void onWaited(long nanos) {
        counters.waited(nanos);
        FlightEvents.linkWait(pool.key(), nanos);
        PgPoolListener listener = pool.services().listener();
        if (listener != PgPoolListener.NONE) {
            listener.onWaited(pool.key(), Duration.ofNanos(nanos));
        }
    }

    @Override
    public void onTick(long nowNanos) {
        queue.onTick(nowNanos);
        if (watchesServers) {
            for (ServerConnection server : servers.toArray(new ServerConnection[0])) {
                server.onTick(nowNanos);
            }
        }
        addresses.onTick(nowNanos, servers);
    }

    // ---- from any thread

    /** On its event loop. */
    Figures figures() {
        int idle = queue.idleCount();
        int tested = queue.checkingCount();
        return new Figures(
                pool,
                queue.waitingCount(),
                queue.longestWaitNanos(System.nanoTime()),
                Math.max(0, servers.size() - idle - tested),
                idle,
                queue.staleCount(),
                tested,
                (int) servers.stream().filter(ServerConnection::isBeingCanceled).count(),
                (int) servers.stream()
                        .filter(server -> server.target().generation() != pool.generation())
                        .count(),
                counters.copy());
    }

    /** Its servers, as operators see them; on its event loop. */
    List<ServerInfo> view() {
        long nanos = System.nanoTime();
        Instant now = Instant.now();
        return servers.stream()
                .map(server -> ServerView.of(server, pool.key(), state(server), now, nanos))
                .toList();
    }

    private ServerInfo.State state(ServerConnection server) {
        if (server.isBeingCanceled()) {
            return ServerInfo.State.BEING_CANCELED;
        }
        return server.age().isChecking() ? ServerInfo.State.TESTED : queue.stateOf(server);
    }

    CompletableFuture<Void> close(CloseReason reason) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        onLoop(() -> {
            closed = true;
            ticker.remove(this);
            queue.refuse(PoolerError.SHUTDOWN.plain());
            Set.copyOf(servers).forEach(server -> server.close(reason));
            done.complete(null);
        });
        return done;
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
            LOGGER.atDebug().addKeyValue("pool", pool.key()).log("event loop has ended");
        }
    }
}
