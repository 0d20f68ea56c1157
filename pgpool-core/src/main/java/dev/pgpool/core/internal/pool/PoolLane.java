package dev.pgpool.core.internal.pool;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.pool.ConnectionBudget.Start;
import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.ServerInfo;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The part of a pool on one event loop: idle servers and waiting clients (first come, first served).
 *
 * <p>A lane that has waiters and may not connect is <em>hungry</em>, and tells the other lanes. Each lane keeps a note of
 * who is hungry. It hands over a server when it has one that no client on its own loop waits for, or when the hungry lane's
 * oldest waiter has waited noticeably longer than its own. Notes are told by tasks and kept in plain fields, so that a
 * lane which is not short of servers pays nothing.
 *
 * <p>Confined to its event loop, the executor; what other lanes may call runs as a task there.
 *
 * @param <S> the kind of server
 */
public final class PoolLane<S> {
    /** A waiter elsewhere must be this much older before it is served ahead of one here: moving has a price. */
    private static final long FAIRNESS_NANOS = 2_000_000;

    private static final String PAUSED_HINT = "An operator has paused the pool, and has to resume it.";

    private final int index;
    private final Executor loop;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private final LongSupplier clock;
    private LaneRules rules;
    private final IdleServers<S> idle;
    private final LaneHousekeeper<S> housekeeper;
    private final CapQueuePlace place;
    private final WaiterQueue<S> waiters = new WaiterQueue<>();

    private List<PoolLane<S>> lanes = List.of();
    private WaitingLanes hunger = new WaitingLanes(0);
    private final LaneSearch<S> search;
    private int connecting;
    private int checking;
    private long tickNanos;
    /** A server that has just connected or passed its check: it need not be checked. */
    private @Nullable S knownGood;

    private LaneHold hold = LaneHold.NONE;
    private boolean announced;
    private boolean dispatching;
    /** The waiter whose {@link #acquire} runs: a server for it is the call's result, not an event. */
    private @Nullable Waiter<S> acquiring;

    private @Nullable S acquired;

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
        this.place = new CapQueuePlace(this, budget);
        this.search = new LaneSearch<>(this, budget);
        this.housekeeper = new LaneHousekeeper<>(this, owner, budget, rules, idle, tickNanos);
    }

    /** All lanes of the pool, this one among them at its index; before anything else happens. */
    public void join(List<PoolLane<S>> allLanes) {
        lanes = allLanes;
        hunger = new WaitingLanes(allLanes.size());
        search.join(allLanes, index);
    }

    /** What it goes by from now on. */
    void adopt(LaneRules now) {
        rules = now;
        housekeeper.adopt(now);
        grow();
    }

    /** Gives servers away from now on, or does not. */
    void hold(LaneHold now) {
        hold = now;
        if (now.closesIdle()) {
            idle.filter(server -> true).forEach(this::closePaused);
        }
        dispatch();
        grow();
    }

    private void closePaused(S server) {
        if (idle.remove(server)) {
            owner.retire(server, CloseReason.PAUSED);
        }
    }

    Executor loop() {
        return loop;
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

    /** Idle servers that would be checked before a client gets them. */
    int staleCount() {
        return idle.filter(this::isStale).size();
    }

    /** Servers that are being checked. */
    int checkingCount() {
        return checking;
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

    /** How long the first of those who wait has done so. */
    long longestWaitNanos(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        return oldest == null ? 0 : nowNanos - oldest.waitingSinceNanos;
    }

    /**
     * A server at once, or null: then the waiter is told later, or has been told already that there is none.
     */
    @Nullable
    S acquire(Waiter<S> waiter) {
        if (waiters.isEmpty() && hold == LaneHold.NONE) {
            S server = pollIdle();
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
        waiters.add(waiter, now);
        S served = idle.isEmpty() || dispatching ? null : dispatchFor(waiter);
        grow();
        return served;
    }

    private @Nullable S dispatchFor(Waiter<S> waiter) {
        acquiring = waiter;
        dispatch();
        acquiring = null;
        S served = acquired;
        acquired = null;
        return served;
    }

    /** The waiter does not want a server any more. */
    void giveUp(Waiter<S> waiter) {
        waiters.remove(waiter);
        calm();
    }

    /** A server of this lane is clean and free. */
    public void release(S server) {
        ServerAge age = owner.age(server);
        age.becameIdle(tickNanos);
        housekeeper.used(tickNanos);
        knownGood = null;
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
        dispatch();
    }

    /** Whether a client waits, here or elsewhere. */
    private boolean isWanted() {
        return !waiters.isEmpty() || !hunger.isEmpty();
    }

    /** An idle, linked or dead server of this lane is gone; its permit is free. */
    void gone(S server) {
        ServerAge age = owner.age(server);
        boolean checked = age.isChecking();
        if (checked) {
            age.checking(false);
            checking--;
        } else {
            idle.remove(server);
        }
        housekeeper.forget(server);
        budget.gone();
        growEverywhere();
        if (checked) {
            // a waiting client counted on it
            dispatch();
        }
    }

    /** A server that was begun by {@link LaneOwner#connect} is ready. */
    public void connected(S server) {
        connecting--;
        budget.connected();
        welcome(server);
        housekeeper.onConnected();
        growEverywhere();
    }

    /** A server that was begun by {@link LaneOwner#check} has passed and is idle. */
    public void checked(S server) {
        ServerAge age = owner.age(server);
        age.checking(false);
        checking--;
        welcome(server);
        // it may have gone to another lane
        grow();
    }

    /** Gives the server to a client that waits, without a check. */
    private void welcome(S server) {
        owner.age(server).becameIdle(tickNanos);
        knownGood = server;
        putBack(server);
        dispatch();
        knownGood = null;
    }

    private void putBack(S server) {
        if (owner.isUsable(server)) {
            idle.putBack(server);
            if (hold.closesIdle()) {
                closePaused(server);
            }
        }
    }

    private boolean isStale(S server) {
        ServerAge age = owner.age(server);
        return age.idleNanos(tickNanos) >= rules.checkDelayNanos() && server != knownGood && !age.isFresh(tickNanos);
    }

    /**
     * A server that was begun could not be made.
     *
     * @param refusal what to tell those who wait, or null if they may go on waiting
     * @param waitedNanos only those who have waited for so long are told
     */
    public void connectFailed(long retryAtNanos, @Nullable ErrorFields refusal, long waitedNanos) {
        connecting--;
        budget.connectFailed(retryAtNanos);
        housekeeper.onConnectFailed();
        if (refusal != null) {
            refuse(refusal, clock.getAsLong() - waitedNanos);
        }
        growEverywhere();
    }

    /** A server that was begun could not be made, and those who wait may go on waiting. */
    public void connectFailed(long retryAtNanos) {
        connectFailed(retryAtNanos, null, 0);
    }

    /** A server handed over by another lane is here. */
    public void arrived(S server) {
        search.arrived();
        putBack(server);
        dispatch();
        renew();
        // it may have gone on to another lane
        grow();
    }

    /** A server handed over by another lane did not survive it. */
    public void lost() {
        search.arrived();
        budget.gone();
        growEverywhere();
        renew();
    }

    /** The lane that gave took its note off; if there are more waiters, it must know. */
    private void renew() {
        if (announced && !waiters.isEmpty()) {
            announce();
        }
    }

    /** Tells those who waited too long, tries again to connect for the others, and keeps house. */
    void onTick(long nowNanos) {
        tickNanos = nowNanos;
        if (!waiters.isEmpty()) {
            tellWaiters(nowNanos);
        }
        housekeeper.onTick(nowNanos);
        if (waiters.isEmpty()) {
            return;
        }
        grow();
        place.evict();
        calm();
        dispatch();
    }

    private void tellWaiters(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        while (oldest != null && nowNanos - oldest.waitingSinceNanos >= rules.waitTimeoutNanos()) {
            waiters.remove(oldest);
            oldest.onWaitTimeout(timedOut());
            oldest = waiters.peek();
        }
        while (oldest != null) {
            ErrorFields refusal = owner.refusal(nowNanos, nowNanos - oldest.waitingSinceNanos);
            if (refusal == null) {
                break;
            }
            waiters.remove(oldest);
            oldest.onNoServer(refusal);
            oldest = waiters.peek();
        }
        if (rules.waitNoticeNanos() != LaneRules.NEVER) {
            waiters.tellLongWait(nowNanos - rules.waitNoticeNanos());
        }
        calm();
    }

    /** Tells every client that waits here that no server can be had. */
    void refuse(ErrorFields error) {
        refuse(error, clock.getAsLong());
    }

    private void refuse(ErrorFields error, long waitingSinceNanos) {
        Waiter<S> oldest = waiters.peek();
        while (oldest != null && oldest.waitingSinceNanos - waitingSinceNanos <= 0) {
            waiters.remove(oldest);
            oldest.onNoServer(error);
            oldest = waiters.peek();
        }
        calm();
    }

    /** If the pool is paused or connects fail, that is why, and not that there are too few servers. */
    private ErrorFields timedOut() {
        ErrorFields failure = owner.lastFailure();
        ErrorFields timeout = PoolerError.QUERY_WAIT_TIMEOUT.with(state());
        if (isHeld()) {
            return new ErrorFields(
                    timeout.severity(), timeout.sqlState(), timeout.message(), null, PAUSED_HINT, timeout.words());
        }
        return failure == null
                ? timeout
                : new ErrorFields(
                        timeout.severity(),
                        timeout.sqlState(),
                        timeout.message() + ": " + failure.message(),
                        failure.detail(),
                        failure.hint());
    }

    private String state() {
        SharedCap cap = place.cap();
        return "no server within " + rules.waitTimeoutNanos() / 1_000_000 + " ms (" + (isHeld() ? "paused, " : "")
                + "servers " + budget.servers()
                + (budget.hasLimit() ? " of " + budget.maxServers() : "")
                + (cap == null ? "" : ", with other pools " + cap.taken() + " of " + cap.max())
                + ", connecting " + budget.connecting() + ", idle here " + idle.size() + pinned() + ", waiting here "
                + waiters.size() + ")";
    }

    private String pinned() {
        int pinned = owner.pinned();
        return pinned == 0 ? "" : ", pinned here " + pinned;
    }

    private @Nullable S pollIdle() {
        S server = idle.poll();
        while (server != null && !owner.isUsable(server)) {
            server = idle.poll();
        }
        return server;
    }

    /** Brings idle servers and waiters together. Not recursive, however the waiters behave. */
    private void dispatch() {
        if (dispatching || hold != LaneHold.NONE) {
            return;
        }
        dispatching = true;
        try {
            boolean more = true;
            while (more && !idle.isEmpty() && isWanted()) {
                Waiter<S> oldest = waiters.peek();
                int hungry = hunger.hungriest();
                if (hungry >= 0 && (oldest == null || isOlder(hunger.since(hungry), oldest))) {
                    handOver(hungry);
                } else if (oldest != null) {
                    more = serve(oldest);
                }
            }
        } finally {
            dispatching = false;
        }
        if (announced || place.cap() != null) {
            calm();
        }
    }

    /** Returns whether there may be more to do: a server that must be checked first serves no client at once. */
    private boolean serve(Waiter<S> oldest) {
        S server = pollIdle();
        if (server == null) {
            return true;
        }
        if (!isStale(server)) {
            waiters.remove(oldest);
            owner.onWaited(clock.getAsLong() - oldest.waitingSinceNanos);
            if (oldest == acquiring) {
                acquiring = null;
                acquired = server;
            } else {
                oldest.onServer(server);
            }
            return true;
        }
        if (checking >= waiters.size()) {
            idle.putBack(server);
            return false;
        }
        checking++;
        owner.age(server).checking(true);
        owner.check(server, this);
        return true;
    }

    private static boolean isOlder(long since, Waiter<?> waiter) {
        return waiter.waitingSinceNanos - since > FAIRNESS_NANOS;
    }

    private void handOver(int hungry) {
        S server = pollIdle();
        if (server != null) {
            hunger.note(hungry, WaitingLanes.NOT_HUNGRY);
            send(server, lanes.get(hungry));
        }
    }

    /** Begins as many connects as there are waiters for whom no lane has a server, as far as the budget goes. */
    private void grow() {
        // lanes that know of the hunger here look for it themselves, and a cap keeps no turn
        if (isShort() && !announced && !place.isWoken() && hold == LaneHold.NONE && search.begin(shortage())) {
            return;
        }
        connectForWaiters();
    }

    /** No lane has a server to spare for those who wait here. */
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
                if (!announced) {
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
        return waiters.size() - connecting - checking - search.coming();
    }

    /** The search has ended before every lane was asked. */
    void searchOn() {
        grow();
    }

    /** Gives a server to another lane, if it has one that no client of this pool waits for. */
    boolean giveSpare(PoolLane<S> to) {
        S server = hold == LaneHold.NONE && hasSpare() ? pollIdle() : null;
        if (server == null) {
            return false;
        }
        send(server, to);
        return true;
    }

    private void send(S server, PoolLane<S> to) {
        housekeeper.forget(server);
        to.loop.execute(to.search::expect);
        owner.move(server, to);
    }

    /** Runs a task of another lane here. */
    void execute(Runnable task) {
        loop.execute(task);
    }

    /** One server of the reserve at a time: it is for the oldest waiter, whom others need not have to follow. */
    private boolean mayUseReserve(long nowNanos) {
        Waiter<S> oldest = waiters.peek();
        return oldest != null && connecting == 0 && nowNanos - oldest.waitingSinceNanos >= rules.reserveNanos();
    }

    /** Begins a connect, if there are not so many servers yet. */
    Start tryConnect(long nowNanos, int most) {
        if (hold != LaneHold.NONE) {
            return Start.TOO_EARLY;
        }
        Start outcome = budget.tryStartConnect(nowNanos, most, place.isWoken());
        if (outcome == Start.STARTED) {
            connecting++;
            owner.connect(this);
        }
        return outcome;
    }

    // ---- caps that are shared with other pools

    void onEvictionEnded() {
        place.onEvictionEnded();
    }

    /** There is room under the cap, and it is this lane's turn. */
    void onRoom(SharedCap cap) {
        place.onRoom(cap, this::grow);
    }

    boolean isSiblingOf(PoolLane<?> other) {
        return lanes.get(0) == (Object) other.lanes.get(0);
    }

    /** From any thread. */
    boolean poolHasServers() {
        return budget.servers() > 0;
    }

    /** Whether there is an idle server that no client of this pool waits for. */
    boolean hasSpare() {
        return !idle.isEmpty() && !isWanted();
    }

    /** Since when the spare server was idle that was so for longest. */
    long oldestIdleSinceNanos() {
        S oldest = idle.oldest();
        return oldest == null ? tickNanos : owner.age(oldest).idleSinceNanos();
    }

    /** Makes room for another pool. */
    boolean evictOldest() {
        S oldest = hasSpare() ? idle.oldest() : null;
        if (oldest == null) {
            return false;
        }
        idle.remove(oldest);
        owner.retire(oldest, CloseReason.EVICTED);
        return true;
    }

    // ---- other lanes of this pool

    /** There may be room for another server: here or where a lane is short of servers. */
    private void growEverywhere() {
        grow();
        if (hunger.isEmpty()) {
            return;
        }
        for (int i = 0; i < lanes.size(); i++) {
            if (hunger.isHungry(i)) {
                PoolLane<S> hungry = lanes.get(i);
                hungry.loop.execute(hungry::grow);
            }
        }
    }

    private void announce() {
        Waiter<S> oldest = waiters.peek();
        if (lanes.size() == 1 || oldest == null) {
            return;
        }
        announced = true;
        tellOthers(oldest.waitingSinceNanos);
    }

    /** Takes the announcement back when no client waits any more. */
    private void calm() {
        if (!isShort()) {
            place.waitAt(null);
        }
        if (announced && waiters.isEmpty()) {
            announced = false;
            tellOthers(WaitingLanes.NOT_HUNGRY);
        }
    }

    private void tellOthers(long since) {
        for (PoolLane<S> other : lanes) {
            if (other != this) {
                other.loop.execute(() -> other.onHungry(index, since));
            }
        }
    }

    private void onHungry(int who, long since) {
        hunger.note(who, since);
        if (since == WaitingLanes.NOT_HUNGRY) {
            return;
        }
        dispatch();
        // a permit may have been freed here before we knew of the hunger there
        if (hunger.isHungry(who) && budget.hasRoom()) {
            PoolLane<S> hungry = lanes.get(who);
            hungry.loop.execute(hungry::grow);
        }
    }
}
