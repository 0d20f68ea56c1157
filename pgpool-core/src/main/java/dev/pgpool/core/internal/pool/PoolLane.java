package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.advice.Need;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.ServerInfo;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The part of a pool on one event loop: idle servers and waiting clients (first come, first served).
 *
 * <p>A lane that has waiters and may not connect is <em>hungry</em>, and tells the other lanes ({@link LaneHunger}). A lane
 * hands over a server when it has one that no client on its own loop waits for, or when the hungry lane's oldest waiter has
 * waited noticeably longer than its own. What lanes know of each other is told by tasks and kept in plain fields, so that a
 * lane which is not short of servers pays nothing.
 *
 * <p>Here all events arrive. Idle servers and waiters meet in {@link LaneDispatcher}; how more servers are got is in {@link
 * LaneGrowth}, what must be checked first in {@link IdleChecks}, how a wait ends without a server in {@link WaitEnds}, what
 * grows old in {@link LaneHousekeeper}.
 *
 * <p>Confined to its event loop, the executor; what other lanes may call runs as a task there.
 *
 * @param <S> the kind of server
 */
public final class PoolLane<S> {
    private final int index;
    private final Executor loop;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private final LongSupplier clock;
    private LaneRules rules;
    private final IdleServers<S> idle;
    private final WaiterQueue<S> waiters = new WaiterQueue<>();
    private final IdleChecks<S> checks;
    private final LaneHunger<S> hunger;
    private final LaneGrowth<S> growth;
    private final WaitEnds<S> ends;
    private final LaneHousekeeper<S> housekeeper;
    private final LaneDispatcher<S> dispatcher;
    private final SpareServers<S> spares;

    private List<PoolLane<S>> lanes = List.of();
    private long tickNanos;
    private LaneHold hold = LaneHold.NONE;

    PoolLane(
            int index,
            Executor loop,
            LaneOwner<S> owner,
            ConnectionBudget budget,
            LaneRules rules,
            LongSupplier clock) {
        this.index = index;
        this.loop = loop;
        this.owner = owner;
        this.budget = budget;
        this.rules = rules;
        this.clock = clock;
        this.tickNanos = clock.getAsLong();
        this.idle = new IdleServers<>(rules.roundRobin());
        this.checks = new IdleChecks<>(this, owner, rules);
        this.hunger = new LaneHunger<>(this, budget);
        this.growth = new LaneGrowth<>(this, owner, budget, rules, clock, waiters, checks, hunger);
        this.ends = new WaitEnds<>(this, owner, budget, rules, waiters, growth);
        this.housekeeper = new LaneHousekeeper<>(growth, owner, budget, rules, idle, tickNanos);
        this.dispatcher = new LaneDispatcher<>(this, owner, clock, idle, waiters, checks, hunger, growth, housekeeper);
        this.spares = new SpareServers<>(this, owner, idle, dispatcher);
    }

    /** All lanes of the pool, this one among them at its index; before anything else happens. */
    public void join(List<PoolLane<S>> allLanes) {
        lanes = allLanes;
        hunger.join(allLanes, index);
        growth.join(allLanes, index);
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
        checks.adopt(now);
        growth.adopt(now);
        ends.adopt(now);
        housekeeper.adopt(now);
        growth.grow();
    }

    /** Gives servers away from now on, or does not. */
    void hold(LaneHold now) {
        hold = now;
        if (now.closesIdle()) {
            idle.filter(server -> true).forEach(this::closePaused);
        }
        dispatcher.dispatch();
        growth.grow();
    }

    private void closePaused(S server) {
        if (idle.remove(server)) {
            owner.retire(server, CloseReason.PAUSED);
        }
    }

    /** Runs a task of another lane, or of another pool, here. */
    void execute(Runnable task) {
        loop.execute(task);
    }

    /** By the clock of its event loop, which ticks. */
    long tickNanos() {
        return tickNanos;
    }

    /** Whether it gives no servers away for now. */
    boolean isHeld() {
        return hold != LaneHold.NONE;
    }

    /** Whether it will not give any away again. */
    boolean isEnded() {
        return hold == LaneHold.ENDED;
    }

    int idleCount() {
        return idle.size();
    }

    /** Servers that were idle all the while since this was asked last. */
    int idleThroughout() {
        return idle.leastSinceAsked();
    }

    /** Idle servers that would be checked before a client gets them. */
    int staleCount() {
        return idle.filter(this::isStale).size();
    }

    /** Servers that are being checked. */
    int checkingCount() {
        return checks.running();
    }

    /** What a server is doing that is neither checked nor cancelled. */
    ServerInfo.State stateOf(S server) {
        if (!idle.contains(server)) {
            return ServerInfo.State.ACTIVE;
        }
        return isStale(server) ? ServerInfo.State.USED : ServerInfo.State.IDLE;
    }

    int waitingCount() {
        return waiters.size();
    }

    /** How long the client has waited that has done so for longest; 0 if none waits. */
    long longestWaitNanos(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        return oldest == null ? 0 : nowNanos - oldest.waitingSinceNanos;
    }

    /** When a client has given a server back last. */
    long usedNanos() {
        return housekeeper.usedNanos();
    }

    /** Tells of the clients that wait. */
    void describeWaiting(Need need, long nowNanos) {
        waiters.describe(need, nowNanos);
    }

    /** How it gets more servers. */
    LaneGrowth<S> growth() {
        return growth;
    }

    /** What it can do without. */
    SpareServers<S> spares() {
        return spares;
    }

    // ---- clients come and go

    /**
     * A server at once, or null: then the waiter is told later, or has been told already that there is none.
     */
    @Nullable
    S acquire(Waiter<S> waiter) {
        if (waiters.isEmpty() && hold == LaneHold.NONE) {
            S server = dispatcher.pollIdle();
            if (server != null) {
                if (!isStale(server)) {
                    return server;
                }
                idle.putBack(server);
            }
        }
        long now = clock.getAsLong();
        ErrorFields refusal = owner.refusal(now, 0);
        if (refusal != null) {
            waiter.onNoServer(refusal);
            return null;
        }
        long last = waiter.waitingSinceNanos;
        waiters.add(waiter, now);
        S served = dispatcher.dispatchFor(waiter);
        growth.grow();
        if (waiter.waiting && hold == LaneHold.NONE) {
            owner.onWaiting(now, last);
        }
        return served;
    }

    /** The waiter does not want a server any more. */
    void giveUp(Waiter<S> waiter) {
        waiters.remove(waiter);
        growth.calm();
    }

    /** A server of this lane is clean and free. */
    public void release(S server) {
        ServerAge age = owner.age(server);
        age.becameIdle(tickNanos);
        housekeeper.used(tickNanos);
        checks.trust(null);
        // the trial of a client's start-up settings is no use of it
        boolean due = rules.useOnce() ? age.isUsed() : age.isOver(tickNanos);
        if (due && !housekeeper.maySurviveRelease(server, isWanted(), clock.getAsLong())) {
            owner.retire(server, CloseReason.SERVER_LIFETIME);
        } else if (owner.isUsable(server)) {
            idle.add(server);
            if (hold.closesIdle()) {
                closePaused(server);
            }
        }
        dispatcher.dispatch();
    }

    /** Whether a client waits, here or in another lane. */
    boolean isWanted() {
        return !waiters.isEmpty() || !hunger.others().isEmpty();
    }

    /** Tells every client that waits here that no server can be had. */
    void refuse(ErrorFields error) {
        ends.refuse(error, clock.getAsLong());
    }

    // ---- servers come and go

    /** An idle, linked or dead server of this lane is gone; its permit is free. */
    void gone(S server) {
        boolean checked = owner.age(server).isChecking();
        if (checked) {
            checks.end(server);
        } else {
            idle.remove(server);
        }
        housekeeper.forget(server);
        budget.gone();
        growth.growEverywhere();
        if (checked) {
            // a waiting client counted on it
            dispatcher.dispatch();
        }
    }

    /** A server that was begun by {@link LaneOwner#connect} is ready. */
    public void connected(S server) {
        growth.connected();
        welcome(server);
        housekeeper.onConnected();
        growth.growEverywhere();
    }

    /** A server that was begun by {@link LaneOwner#check} has passed and is idle. */
    public void checked(S server) {
        checks.end(server);
        welcome(server);
        // it may have gone to another lane
        growth.grow();
    }

    /** Gives the server to a client that waits, without a check. */
    private void welcome(S server) {
        owner.age(server).becameIdle(tickNanos);
        checks.trust(server);
        putBack(server);
        dispatcher.dispatch();
        checks.trust(null);
    }

    private void putBack(S server) {
        if (owner.isUsable(server)) {
            idle.putBack(server);
            if (hold.closesIdle()) {
                closePaused(server);
            }
        }
    }

    /** Asks an idle server as a check does; false if none is idle, or none may be taken from clients. */
    boolean ask() {
        S server = isWanted() || isHeld() ? null : dispatcher.pollIdle();
        if (server != null) {
            checks.begin(server);
        }
        return server != null;
    }

    private boolean isStale(S server) {
        return checks.isStale(server, tickNanos);
    }

    /**
     * A server that was begun could not be made.
     *
     * @param refusal what to tell the clients that wait, or null if they may go on waiting
     * @param waitedNanos only clients that have waited for so long are told
     */
    public void connectFailed(long retryAtNanos, @Nullable ErrorFields refusal, long waitedNanos) {
        growth.connectFailed(retryAtNanos);
        housekeeper.onConnectFailed();
        if (refusal != null) {
            ends.refuse(refusal, clock.getAsLong() - waitedNanos);
        }
        growth.growEverywhere();
    }

    /** A server that was begun could not be made, and the clients that wait may go on waiting. */
    public void connectFailed(long retryAtNanos) {
        connectFailed(retryAtNanos, null, 0);
    }

    /** A server handed over by another lane is here. */
    public void arrived(S server) {
        growth.search().arrived();
        putBack(server);
        dispatcher.dispatch();
        growth.announceAgain();
        // it may have gone on to another lane
        growth.grow();
    }

    /** A server handed over by another lane did not survive it. */
    public void lost() {
        growth.search().arrived();
        budget.gone();
        growth.growEverywhere();
        growth.announceAgain();
    }

    /** Tells the clients that have waited too long, tries again to connect for the others, and keeps house. */
    void onTick(long nowNanos) {
        tickNanos = nowNanos;
        if (!waiters.isEmpty()) {
            ends.onTick(nowNanos);
        }
        housekeeper.onTick(nowNanos);
        if (waiters.isEmpty()) {
            return;
        }
        growth.grow();
        growth.place().evict();
        growth.calm();
        dispatcher.dispatch();
    }

    /** Another lane has announced since when its oldest client waits, or that none does any more. */
    void onHungry(int other, long since) {
        hunger.note(other, since);
        if (since != WaitingLanes.NOT_HUNGRY) {
            dispatcher.dispatch();
            hunger.growIfStillHungry(other);
        }
    }

    // ---- other pools under the same caps

    /** There is room under the cap, and it is this lane's turn. */
    void onRoom(SharedCap cap) {
        growth.place().onRoom(cap, growth::grow);
    }

    boolean isSiblingOf(PoolLane<?> other) {
        return lanes.get(0) == (Object) other.lanes.get(0);
    }

    /** From any thread. */
    boolean poolHasServers() {
        return budget.servers() > 0;
    }
}
