package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The servers that are being made for a lane and its pool. Confined to the lane's event loop. */
final class LaneConnects {
    private static final Logger LOGGER = LoggerFactory.getLogger(LaneConnects.class);

    private final ServerLane lane;
    private final ServerPool pool;
    private final Set<Connecting> running = new LinkedHashSet<>();

    LaneConnects(ServerLane lane, ServerPool pool) {
        this.lane = lane;
        this.pool = pool;
    }

    /** Begins to make a server; the lane's queue hears what comes of it. */
    void begin() {
        Connecting next = new Connecting();
        running.add(next);
        next.chain.begin();
    }

    /** None of them is wanted any more. */
    void abandonAll() {
        Set.copyOf(running).forEach(begun -> begun.chain.abandon());
    }

    /** Those are not wanted any more that would lead to a server which is replaced at once. */
    void abandonStale() {
        Set.copyOf(running).forEach(Connecting::abandonIfStale);
    }

    /** A server is being made. */
    private final class Connecting implements ConnectChain.Owner {
        private final long begun = System.nanoTime();
        private final int generation = pool.generation();
        private final int secrets = pool.destination().secrets();
        private final ConnectChain chain =
                new ConnectChain(pool.destination(), lane.eventLoop(), lane, List.of(), this);

        void abandonIfStale() {
            if (generation != pool.generation()) {
                chain.abandon();
            }
        }

        @Override
        public boolean isClosed() {
            return lane.isClosed();
        }

        @Override
        public void onConnected(ServerConnection server) {
            running.remove(this);
            lane.servers().add(server);
            if (lane.isClosed()) {
                lane.queue().connected(server);
                server.close(CloseReason.SHUTDOWN);
                return;
            }
            server.bornAs(new ServerAge(System.nanoTime(), pool.shape().lifetimeNanos(server)));
            long took = System.nanoTime() - begun;
            lane.counters().connectTook(took);
            pool.serverConnected(server, took);
            // before a client gets it
            lane.servers().replaceIfStale(server);
            lane.queue().connected(server);
        }

        @Override
        public void onFailed(ErrorFields error) {
            running.remove(this);
            if (chain.isAbandoned() || secrets != pool.destination().secrets()) {
                // it was not wanted any more, or was begun with a secret that others have come for meanwhile
                lane.queue().connectFailed(System.nanoTime());
                pool.forgetIfUnused();
            } else {
                failed(error);
            }
        }
    }

    private String servers() {
        return pool.shape().config().hosts().hosts().stream()
                .map(HostConfig::toString)
                .collect(Collectors.joining(","));
    }

    private void failed(ErrorFields error) {
        LogLine.warn(LOGGER, "server connection failed")
                .with("database", pool.key().database())
                .with("user", pool.key().user())
                .with("servers", servers())
                .with("sqlState", error.sqlState())
                .with("error", error.message())
                .write();
        lane.counters().countConnectFailure();
        pool.serverFailed(error);
        PoolLane<ServerConnection> queue = lane.queue();
        long retryAt = ConnectFailures.retryAtNanos(lane.timeouts().connectRetryDelay());
        if (queue.isHeld() || ConnectFailures.mayPass(error)) {
            queue.connectFailed(retryAt);
        } else {
            queue.connectFailed(
                    retryAt,
                    PoolerError.SERVER_LOGIN_FAILED.from(error),
                    pool.failure().patienceNanos());
        }
        pool.forgetIfUnused();
    }
}
