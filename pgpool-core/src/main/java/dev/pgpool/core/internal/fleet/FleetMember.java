package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.config.FleetConfig;
import dev.pgpool.core.internal.fleet.protocol.FleetProtocol;
import dev.pgpool.core.internal.fleet.protocol.FleetStep;
import dev.pgpool.core.internal.fleet.protocol.FleetStep.Call;
import dev.pgpool.core.internal.fleet.protocol.FleetTimes;
import dev.pgpool.core.internal.fleet.protocol.FleetView;
import dev.pgpool.core.internal.fleet.protocol.Need;
import dev.pgpool.core.internal.fleet.protocol.PeerState;
import dev.pgpool.core.internal.fleet.protocol.Room;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.FleetInfo;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process in a fleet: keeps the control connection, and does what the protocol says. Confined to its event loop, but for
 * what lanes tell it.
 *
 * <pre>
 *   CONNECTING ──login──> JOINING ──answer──> [survey of the lanes ─> plan ─> step ─> answer]*
 *        ^                                                │
 *        └──────────────── connection lost ───────────────┘
 * </pre>
 */
public final class FleetMember implements ServerHome, ControlPhase.Listener {
    private static final Logger LOGGER = LoggerFactory.getLogger(FleetMember.class);

    /** A server that says nothing for so long is gone, as far as we know. */
    private static final long PATIENCE_SECONDS = 5;

    private final FleetConfig config;
    private final FleetDestination destination;
    private final FleetClients clients;
    private final EventLoop loop;
    private final FleetSql sql;
    private final FleetPermits permits = new FleetPermits(FleetTimes.USUAL.freshNanos(), System::nanoTime);
    private final FleetProtocol protocol;
    private final AtomicBoolean kicked = new AtomicBoolean();

    private @Nullable ServerConnection control;
    private @Nullable ControlPhase phase;
    private boolean connecting;
    private boolean joining;
    private boolean limitsRead;
    private boolean surveying;
    private @Nullable FleetStep asked;
    private @Nullable ScheduledFuture<?> wake;
    private @Nullable ScheduledFuture<?> patience;
    private boolean closed;

    /** A member that is not connected; see {@link #start}. */
    public FleetMember(FleetConfig config, FleetDestination destination, FleetClients clients, EventLoop loop) {
        this.config = config;
        this.destination = destination;
        this.clients = clients;
        this.loop = loop;
        int number = 1 + new SecureRandom().nextInt(Integer.MAX_VALUE - 1);
        this.sql = new FleetSql(FleetKeys.of(config.name()), number, config.maxServerConnections());
        this.protocol = new FleetProtocol(config.maxServerConnections(), config.weight(), FleetTimes.USUAL, permits);
    }

    /** What it was told. */
    public FleetConfig config() {
        return config;
    }

    /** Begins to connect; from any thread. */
    public void start() {
        later(this::connect);
    }

    // ---- lanes; from any thread

    /** How many servers there may be. */
    public FleetPermits permits() {
        return permits;
    }

    /** A lane wants to make a server and got no permit. */
    public void wanted() {
        if (kicked.compareAndSet(false, true)) {
            later(() -> {
                kicked.set(false);
                protocol.asked();
                act();
            });
        }
    }

    /** A server has logged in. */
    public void serverReady(int pid) {
        later(() -> {
            protocol.serverReady(pid);
            act();
        });
    }

    /** A server that was ready has ended. */
    public void serverGone(int pid) {
        later(() -> {
            protocol.serverGone(pid);
            act();
        });
    }

    /** A server has failed before it was ready. */
    public void connectFailed() {
        later(() -> {
            protocol.connectFailed(System.nanoTime());
            act();
        });
    }

    /** What operators see of it. */
    public CompletableFuture<FleetInfo> info() {
        CompletableFuture<FleetInfo> answer = new CompletableFuture<>();
        try {
            loop.execute(() -> answer.complete(FleetReport.of(config, protocol, permits)));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    /** Ends; completes when the connection is closed. What it held is free then. */
    public CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable end = () -> {
            closed = true;
            cancel(wake);
            ServerConnection open = control;
            if (open != null) {
                open.close(CloseReason.SHUTDOWN);
            }
            done.complete(null);
        };
        try {
            loop.execute(end);
        } catch (RejectedExecutionException e) {
            done.complete(null);
        }
        return done;
    }

    private void later(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // the pooler has ended, and so have its servers
        }
    }

    // ---- the control connection

    private void connect() {
        if (closed || connecting || control != null) {
            return;
        }
        connecting = true;
        new ConnectChain(destination, loop, this, List.of(), new Connecting()).begin();
    }

    /** A control connection is being made. */
    private final class Connecting implements ConnectChain.Owner {
        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void onConnected(ServerConnection server) {
            connecting = false;
            ControlPhase talks = new ControlPhase(server, FleetMember.this);
            server.enter(talks);
            control = server;
            phase = talks;
            joining = true;
            limitsRead = false;
            if (closed) {
                server.close(CloseReason.SHUTDOWN);
            } else {
                send(talks, sql.join());
            }
        }

        @Override
        public void onFailed(ErrorFields error) {
            connecting = false;
            if (!closed) {
                LogLine.warn(LOGGER, "fleet not reached, no server is made until it is")
                        .with("fleet", config.name())
                        .with("sqlState", error.sqlState())
                        .with("error", error.message())
                        .write();
                reconnectLater();
            }
        }
    }

    private void reconnectLater() {
        long delay = ConnectFailures.retryAtNanos(destination.connectRetryDelay()) - System.nanoTime();
        var unused = loop.schedule(this::connect, delay, TimeUnit.NANOSECONDS);
    }

    private void send(ControlPhase to, String text) {
        patience = loop.schedule(this::giveUp, PATIENCE_SECONDS, TimeUnit.SECONDS);
        to.send(text);
    }

    private void giveUp() {
        ServerConnection silent = control;
        if (silent != null) {
            silent.close(CloseReason.SERVER_CHECK_FAILED);
        }
    }

    @Override
    public void onReleased(ServerConnection server) {
        throw new IllegalStateException("a control connection is not given back");
    }

    @Override
    public void onGone(ServerConnection server, CloseReason reason) {
        // the phase has told
    }

    @Override
    public void onClosed(String why) {
        control = null;
        phase = null;
        asked = null;
        cancel(patience);
        cancel(wake);
        protocol.lost();
        permits.leave(-1);
        clients.abandonConnects();
        if (!closed) {
            LogLine.warn(LOGGER, "fleet's control connection lost, no server is made until there is another")
                    .with("fleet", config.name())
                    .with("error", why)
                    .write();
            // at once: a failure waits for its time
            later(this::connect);
        }
    }

    // ---- the protocol

    @Override
    public void onNotification(int pid, String payload) {
        for (Call call : Call.values()) {
            if (payload.startsWith(call.name())) {
                protocol.heard(call, pid, PeerState.parse(payload), System.nanoTime());
                later(this::act);
            }
        }
    }

    @Override
    public void onRows(List<List<String>> rows, @Nullable ErrorFields error) {
        cancel(patience);
        ServerConnection from = control;
        ControlPhase talks = phase;
        if (from == null || talks == null) {
            return;
        }
        FleetStep step = asked;
        if (error != null) {
            LogLine.warn(LOGGER, "fleet's control connection can't be used")
                    .with("fleet", config.name())
                    .with("sqlState", error.sqlState())
                    .with("error", error.message())
                    .write();
            later(() -> from.close(CloseReason.SERVER_DIRTY));
        } else if (joining) {
            joining = false;
            send(talks, FleetSql.limits());
        } else if (!limitsRead) {
            limitsRead = true;
            FleetReport.warnOfLimits(config, rows);
            protocol.connected();
            later(this::act);
        } else if (step != null) {
            asked = null;
            FleetView view = sql.view(rows);
            long now = System.nanoTime();
            protocol.answered(step, view, now);
            permits.leave(Room.of(view, config.weight(), config.maxServerConnections() - protocol.strangers(now)));
            if (permits.free() > 0) {
                clients.onPermits();
            }
            later(this::act);
        }
    }

    /** Looks at the clients, then does what is due. */
    private void act() {
        if (closed || control == null || joining || !limitsRead || asked != null || surveying) {
            return;
        }
        surveying = true;
        clients.need()
                .whenComplete((need, failure) -> later(() -> {
                    surveying = false;
                    plan(failure == null ? need : Need.NONE);
                }));
    }

    private void plan(Need need) {
        ControlPhase talks = phase;
        if (closed || talks == null || joining || !limitsRead || asked != null) {
            return;
        }
        long now = System.nanoTime();
        FleetStep step = protocol.plan(now, need);
        clients.closeIdle();
        if (step != null) {
            asked = step;
            send(talks, sql.step(step, clients.scopes()));
        } else {
            cancel(wake);
            long pause = Math.max(1_000_000, protocol.nextNanos(now) - now);
            wake = loop.schedule(this::act, pause, TimeUnit.NANOSECONDS);
        }
    }

    private static void cancel(@Nullable ScheduledFuture<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
