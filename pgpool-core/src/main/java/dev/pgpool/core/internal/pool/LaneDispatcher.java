package dev.pgpool.core.internal.pool;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the idle servers of a lane to its own clients that wait, and to lanes that are hungry.
 * Confined to the event loop of its lane.
 */
final class LaneDispatcher<S> {
    /** A waiter elsewhere must be this much older before it is served ahead of one here: moving has a price. */
    private static final long FAIRNESS_NANOS = 2_000_000;

    private final PoolLane<S> lane;
    private final LaneOwner<S> owner;
    private final LongSupplier clock;
    private final IdleServers<S> idle;
    private final WaiterQueue<S> waiters;
    private final IdleChecks<S> checks;
    private final LaneHunger<S> hunger;
    private final LaneGrowth<S> growth;
    private final LaneHousekeeper<S> housekeeper;

    private boolean dispatching;
    /** The waiter whose acquire runs: a server for it is the call's result, not an event. */
    private @Nullable Waiter<S> acquiring;

    private @Nullable S acquired;

    LaneDispatcher(
            PoolLane<S> lane,
            LaneOwner<S> owner,
            LongSupplier clock,
            IdleServers<S> idle,
            WaiterQueue<S> waiters,
            IdleChecks<S> checks,
            LaneHunger<S> hunger,
            LaneGrowth<S> growth,
            LaneHousekeeper<S> housekeeper) {
        this.lane = lane;
        this.owner = owner;
        this.clock = clock;
        this.idle = idle;
        this.waiters = waiters;
        this.checks = checks;
        this.hunger = hunger;
        this.growth = growth;
        this.housekeeper = housekeeper;
    }

    /** The idle server that is the next to go; null if none is usable. */
    @Nullable
    S pollIdle() {
        S server = idle.poll();
        while (server != null && !owner.isUsable(server)) {
            server = idle.poll();
        }
        return server;
    }

    /** Dispatches; returns the server that this waiter gets of it, or null. */
    @Nullable
    S dispatchFor(Waiter<S> waiter) {
        if (idle.isEmpty() || dispatching) {
            return null;
        }
        acquiring = waiter;
        dispatch();
        acquiring = null;
        S served = acquired;
        acquired = null;
        return served;
    }

    /** Gives idle servers away, oldest wait first. Not recursive, however the waiters behave. */
    void dispatch() {
        if (dispatching || lane.isHeld()) {
            return;
        }
        dispatching = true;
        WaitingLanes others = hunger.others();
        try {
            boolean more = true;
            while (more && !idle.isEmpty() && lane.isWanted()) {
                Waiter<S> oldest = waiters.peek();
                int hungry = others.hungriest();
                if (hungry >= 0 && (oldest == null || isOlder(others.since(hungry), oldest))) {
                    serveLane(hungry);
                } else if (oldest != null) {
                    more = serve(oldest);
                }
            }
        } finally {
            dispatching = false;
        }
        if (hunger.isAnnounced() || growth.place().cap() != null) {
            growth.calm();
        }
    }

    /** Returns whether there may be more to do: a server that must be checked first serves no client at once. */
    private boolean serve(Waiter<S> oldest) {
        S server = pollIdle();
        if (server == null) {
            return true;
        }
        if (!checks.isStale(server, lane.tickNanos())) {
            waiters.remove(oldest);
            long waited = clock.getAsLong() - oldest.waitingSinceNanos;
            owner.age(server).waited(waited);
            owner.onWaited(waited);
            if (oldest == acquiring) {
                acquiring = null;
                acquired = server;
            } else {
                oldest.onServer(server);
            }
            return true;
        }
        if (checks.running() >= waiters.size()) {
            idle.putBack(server);
            return false;
        }
        checks.begin(server);
        return true;
    }

    private static boolean isOlder(long since, Waiter<?> waiter) {
        return waiter.waitingSinceNanos - since > FAIRNESS_NANOS;
    }

    private void serveLane(int hungry) {
        S server = pollIdle();
        if (server != null) {
            send(server, hunger.serve(hungry));
        }
    }

    /** Hands an idle server to another lane of the pool; false if none is usable. */
    boolean handOver(PoolLane<S> to) {
        S server = pollIdle();
        if (server == null) {
            return false;
        }
        send(server, to);
        return true;
    }

    private void send(S server, PoolLane<S> to) {
        housekeeper.forget(server);
        to.execute(to.growth().search()::expect);
        owner.move(server, to);
    }
}
