package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Moves clients that are logged in from one event loop to another, each between two of its transactions: it has no server
 * then, nothing that it said is left to do, and it has been sent all. Thread-safe.
 */
public final class ClientMoves {
    /** How often clients are looked at that were in the middle of something. */
    private static final int TRIES = 100;

    private static final int PAUSE_MILLIS = 10;

    private final ClientRegistry clients;

    public ClientMoves(ClientRegistry clients) {
        this.clients = clients;
    }

    /**
     * Moves so many of the clients there, as they come to rest. Clients that don't for a second stay, and so do clients
     * whose pool has no lane where they would go.
     *
     * @param share of the clients that have logged in, 0 to 1
     */
    public void move(EventLoop from, EventLoop to, double share) {
        try {
            from.execute(() -> new Round(from, to, chosen(from, to, share)).run());
        } catch (RejectedExecutionException e) {
            // the pooler ends
        }
    }

    private List<ClientSession> chosen(EventLoop from, EventLoop to, double share) {
        List<ClientSession> there = new ArrayList<>();
        for (ClientSession session : clients.all()) {
            ServerPool pool = session.connection().eventLoop() == from ? session.pool() : null;
            if (pool != null && session.phase() == QueryPhase.INSTANCE && pool.laneOn(to) != null) {
                there.add(session);
            }
        }
        return new ArrayList<>(there.subList(0, (int) Math.round(there.size() * share)));
    }

    /** Confined to the loop that is left. */
    private static final class Round implements Runnable {
        private final EventLoop from;
        private final EventLoop to;
        private final List<ClientSession> chosen;
        private int tries;

        Round(EventLoop from, EventLoop to, List<ClientSession> chosen) {
            this.from = from;
            this.to = to;
            this.chosen = chosen;
        }

        @Override
        public void run() {
            chosen.removeIf(
                    session -> session.isClosed() || !session.connection().isHere() || moves(session, to));
            if (!chosen.isEmpty() && ++tries < TRIES && !from.isShuttingDown()) {
                var unused = from.schedule(this, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Whether the client goes; false if it is in the middle of something. */
    private static boolean moves(ClientSession session, EventLoop to) {
        ServerPool pool = session.pool();
        ServerLane lane = pool == null ? null : pool.laneOn(to);
        if (pool == null || lane == null || !isAtRest(session)) {
            return false;
        }
        session.timers().leaveLoop();
        // what it says meanwhile waits in the socket
        session.readable(false);
        session.connection().moveTo(to, moved -> {
            if (moved && session.isClosed()) {
                return;
            }
            if (moved) {
                session.enterPool(pool, lane);
                session.timers().goOn(to);
                session.readable(true);
            } else {
                session.close(CloseReason.INTERNAL_ERROR, false);
            }
        });
        return true;
    }

    private static boolean isAtRest(ClientSession session) {
        return session.phase() == QueryPhase.INSTANCE
                && session.link() == null
                && !session.isWaiting()
                // clients of the same process stay on the event loop that they began on
                && !InProcess.is(session.connection().remoteAddress())
                && session.connection().isAtRest();
    }
}
