package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes walsenders for clients of a lane: each with a permit of its own, or in the place of a server that the client is given
 * while it waits like every client, and then hands to {@link #replace}. A walsender counts against all limits, and is its
 * client's alone. Confined to the event loop of its lane.
 */
public final class Walsenders {
    private final ServerLane lane;
    private final ServerPool pool;
    private final WantedWalsenders wanted = new WantedWalsenders();
    /** Those that are being made. */
    private final Map<Walsender, ConnectChain> begun = new HashMap<>();
    /** One that the lane's queue counts now, and must not give to a client. */
    private @Nullable ServerConnection unpooled;

    Walsenders(ServerLane lane, ServerPool pool) {
        this.lane = lane;
        this.pool = pool;
    }

    /**
     * Gets a walsender for a client. Returns the server at once, if there is one to be replaced, or null: then the waiter is
     * told later, or the outcome.
     */
    public @Nullable ServerConnection acquire(Walsender walsender) {
        wanted.add(walsender);
        return lane.queue().acquire(walsender.waiter());
    }

    /** Makes the walsender in the place of a server that its client has acquired, which is closed. */
    public void replace(ServerConnection server, Walsender walsender) {
        wanted.remove(walsender.waiter());
        lane.servers().remove(server);
        server.settle(BetweenLanes.INSTANCE);
        server.close(CloseReason.EVICTED);
        pool.events().gone(server, CloseReason.EVICTED);
        FleetCap fleet = pool.fleet();
        if (fleet != null) {
            fleet.takeOver();
        }
        begin(walsender, new Replacing(server, walsender));
    }

    /** The waiter does not want one any more. */
    void giveUp(Waiter<ServerConnection> waiter) {
        wanted.remove(waiter);
    }

    /** Its client is gone: if it is being made, that ends. */
    public void abandon(Walsender walsender) {
        ConnectChain making = begun.get(walsender);
        if (making != null) {
            making.abandon();
        }
    }

    /** Begins to make the one that is wanted first, with a permit that the lane's queue has got; false if none is. */
    boolean connectFirst() {
        Walsender first = wanted.next();
        if (first == null) {
            return false;
        }
        // its client does not wait for another server meanwhile
        lane.queue().giveUp(first.waiter());
        begin(first, new Connecting(first));
        return true;
    }

    private void begin(Walsender walsender, ConnectChain.Owner owner) {
        ConnectChain chain = new ConnectChain(pool.destination(), lane.eventLoop(), lane, walsender.startup(), owner);
        begun.put(walsender, chain);
        chain.begin();
    }

    /** It is made, or can't be; returns whether that was because it is not wanted any more. */
    private boolean end(Walsender walsender) {
        ConnectChain ended = begun.remove(walsender);
        return ended != null && ended.isAbandoned();
    }

    /** Whether the lane's queue must not give it to a client. */
    boolean isUnpooled(ServerConnection server) {
        return server == unpooled;
    }

    /** A walsender is being made with a permit that the queue has got for it. */
    private final class Connecting implements ConnectChain.Owner {
        private final Walsender walsender;
        private final long begun = System.nanoTime();

        Connecting(Walsender walsender) {
            this.walsender = walsender;
        }

        @Override
        public boolean isClosed() {
            return lane.isClosed();
        }

        @Override
        public void onConnected(ServerConnection server) {
            lane.servers().add(server);
            unpooled = server;
            lane.queue().connected(server);
            unpooled = null;
            connected(server, walsender, begun);
        }

        @Override
        public void onFailed(ErrorFields error) {
            if (end(walsender)) {
                lane.queue().connectFailed(System.nanoTime());
                pool.forgetIfUnused();
                return;
            }
            countFailure(error);
            if (isWorthAnotherTry(error, walsender)) {
                lane.queue()
                        .connectFailed(
                                ConnectFailures.retryAtNanos(lane.timeouts().connectRetryDelay()));
                waitOn(walsender);
            } else {
                // of no concern to the others: they may try at once
                lane.queue().connectFailed(System.nanoTime());
                walsender.outcome().onFailed(error);
            }
            pool.forgetIfUnused();
        }
    }

    /** A walsender is being made with the permit of a server that is gone. */
    private final class Replacing implements ConnectChain.Owner {
        private final ServerConnection gone;
        private final Walsender walsender;
        private final long begun = System.nanoTime();

        Replacing(ServerConnection gone, Walsender walsender) {
            this.gone = gone;
            this.walsender = walsender;
        }

        @Override
        public boolean isClosed() {
            return lane.isClosed();
        }

        @Override
        public void onConnected(ServerConnection server) {
            lane.servers().add(server);
            connected(server, walsender, begun);
        }

        @Override
        public void onFailed(ErrorFields error) {
            FleetCap fleet = pool.fleet();
            if (fleet != null) {
                fleet.failed();
            }
            lane.queue().gone(gone);
            if (end(walsender)) {
                return;
            }
            countFailure(error);
            if (isWorthAnotherTry(error, walsender)) {
                waitOn(walsender);
            } else {
                walsender.outcome().onFailed(error);
            }
        }
    }

    private void connected(ServerConnection server, Walsender walsender, long begunNanos) {
        end(walsender);
        long took = System.nanoTime() - begunNanos;
        lane.counters().connectTook(took);
        pool.events().connected(server, took);
        walsender.outcome().onConnected(server);
    }

    private void countFailure(ErrorFields error) {
        lane.counters().countConnectFailure();
        pool.events().connectFailed(error);
    }

    private static boolean isWorthAnotherTry(ErrorFields error, Walsender walsender) {
        return ConnectFailures.mayPass(error) && walsender.isWanted();
    }

    /** The server can't be reached for now. */
    private void waitOn(Walsender walsender) {
        ServerConnection place = acquire(walsender);
        if (place != null) {
            walsender.waiter().onServer(place);
        }
    }
}
