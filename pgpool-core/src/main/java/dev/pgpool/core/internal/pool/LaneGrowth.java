package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.pool.ConnectionBudget.Start;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Gets more servers for the clients that wait in a lane: idle ones of other lanes first, then new connections as far as the
 * budget goes. Where the budget ends, the lane queues at the cap that is in the way and announces its hunger.
 *
 * <p>Confined to the event loop of its lane.
 */
final class LaneGrowth<S> {
    private final PoolLane<S> lane;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private final LongSupplier clock;
    private final WaiterQueue<S> waiters;
    private final IdleChecks<S> checks;
    private final LaneHunger<S> hunger;
    private final CapQueuePlace place;
    private final LaneSearch<S> search;
    private LaneRules rules;
    private int connecting;

    LaneGrowth(
            PoolLane<S> lane,
            LaneOwner<S> owner,
            ConnectionBudget budget,
            LaneRules rules,
            LongSupplier clock,
            WaiterQueue<S> waiters,
            IdleChecks<S> checks,
            LaneHunger<S> hunger) {
        this.lane = lane;
        this.owner = owner;
        this.budget = budget;
        this.rules = rules;
        this.clock = clock;
        this.waiters = waiters;
        this.checks = checks;
        this.hunger = hunger;
        this.place = new CapQueuePlace(lane, budget);
        this.search = new LaneSearch<>(lane, this, budget);
    }

    void join(List<PoolLane<S>> lanes, int index) {
        search.join(lanes, index);
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
    }

    /** The lane's place in the queue of a cap that is shared with other pools. */
    CapQueuePlace place() {
        return place;
    }

    /** The search for idle servers of other lanes. */
    LaneSearch<S> search() {
        return search;
    }

    /** Begins to get as many servers as there are waiters that none is on its way to. */
    void grow() {
        // lanes that know of the hunger here look for it themselves, and a cap keeps no turn
        if (isShort() && !hunger.isAnnounced() && !place.isWoken() && !lane.isHeld() && search.begin(shortage())) {
            return;
        }
        connectForWaiters();
    }

    /** Grows here and where lanes are hungry: there may be room for another server. */
    void growEverywhere() {
        grow();
        hunger.growOthers();
    }

    /** Begins a connect for each client that no server is on its way to: no other lane has one to spare. */
    void connectForWaiters() {
        while (isShort()) {
            long now = clock.getAsLong();
            Waiter<S> oldest = waiters.peek();
            boolean fromReserve = mayUseReserve(now) && budget.servers() >= budget.maxServers();
            Start outcome = tryConnect(now, fromReserve ? budget.maxWithReserve() : budget.maxServers());
            if (fromReserve && oldest != null && outcome == Start.STARTED) {
                oldest.onReserveUsed();
            }
            if (outcome != Start.STARTED) {
                if (!hunger.isAnnounced()) {
                    announce();
                }
                place.waitAt(budget.capBehind(outcome));
                return;
            }
        }
        place.waitAt(null);
    }

    /** Whether there are more waiters than servers on their way to them. */
    private boolean isShort() {
        return shortage() > 0;
    }

    private int shortage() {
        return waiters.size() - connecting - checks.running() - search.coming();
    }

    /** One server of the reserve at a time: it is for the oldest waiter, and the next need not have one. */
    private boolean mayUseReserve(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        return oldest != null && connecting == 0 && nowNanos - oldest.waitingSinceNanos >= rules.reserveNanos();
    }

    /** Begins a connect, if there are not so many servers yet. */
    Start tryConnect(long nowNanos, int most) {
        if (lane.isHeld()) {
            return Start.TOO_EARLY;
        }
        Start outcome = budget.tryStartConnect(nowNanos, most, place.isWoken());
        if (outcome == Start.STARTED) {
            connecting++;
            owner.connect(lane);
        }
        return outcome;
    }

    /** A connect has succeeded. */
    void connected() {
        connecting--;
        budget.connected();
    }

    /** A connect has failed. */
    void connectFailed(long retryAtNanos) {
        connecting--;
        budget.connectFailed(retryAtNanos);
    }

    private void announce() {
        Waiter<S> oldest = waiters.peek();
        if (oldest != null) {
            hunger.announce(oldest.waitingSinceNanos);
        }
    }

    /** The lane that gave a server took its note off; if there are more waiters, it must know. */
    void announceAgain() {
        if (hunger.isAnnounced() && !waiters.isEmpty()) {
            announce();
        }
    }

    /** Leaves the queue of a cap, and takes the announcement back, when there is no client any more that needs them. */
    void calm() {
        if (!isShort()) {
            place.waitAt(null);
        }
        if (waiters.isEmpty()) {
            hunger.calm();
        }
    }
}
