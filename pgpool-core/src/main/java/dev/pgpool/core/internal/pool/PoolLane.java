package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The part of a pool on one event loop: idle servers (last in, first out, so that the rest can grow old) and waiting
 * clients (first come, first served).
 *
 * <p>A lane that has waiters and may not connect is <em>hungry</em>, and tells the other lanes. Each lane keeps a note of
 * who is hungry. It hands over a server when it has one that nobody on its own loop waits for, or when the hungry lane's
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

    private static final long NOT_HUNGRY = Long.MIN_VALUE;

    private final int index;
    private final Executor loop;
    private final LaneOwner<S> owner;
    private final ConnectionBudget budget;
    private final LongSupplier clock;
    private final long waitTimeoutNanos;
    private final ArrayDeque<S> idle = new ArrayDeque<>();
    private final WaiterQueue<S> waiters = new WaiterQueue<>();

    private List<PoolLane<S>> lanes = List.of();
    private long[] hungrySince = new long[0];
    private int hungryLanes;
    private int connecting;
    private boolean announced;
    private boolean dispatching;
    private boolean roundRobin;

    public PoolLane(
            int index,
            Executor loop,
            LaneOwner<S> owner,
            ConnectionBudget budget,
            long waitTimeoutNanos,
            LongSupplier clock) {
        this.index = index;
        this.loop = loop;
        this.owner = owner;
        this.budget = budget;
        this.waitTimeoutNanos = waitTimeoutNanos;
        this.clock = clock;
    }

    /** Whether idle servers are used in turn instead of the last one first; before anything else happens. */
    void roundRobin(boolean wanted) {
        roundRobin = wanted;
    }

    /** All lanes of the pool, this one among them at its index; before anything else happens. */
    public void join(List<PoolLane<S>> allLanes) {
        lanes = allLanes;
        hungrySince = new long[allLanes.size()];
        Arrays.fill(hungrySince, NOT_HUNGRY);
    }

    Executor loop() {
        return loop;
    }

    int idleCount() {
        return idle.size();
    }

    boolean isIdle(S server) {
        return idle.contains(server);
    }

    int waitingCount() {
        return waiters.size();
    }

    /**
     * A server at once, or null: then the waiter is told later, or has been told already that there is none.
     */
    @Nullable
    S acquire(Waiter<S> waiter) {
        if (waiters.isEmpty()) {
            S server = pollIdle();
            if (server != null) {
                return server;
            }
        }
        long now = clock.getAsLong();
        ErrorFields refusal = owner.refusal(now);
        if (refusal != null) {
            waiter.onNoServer(refusal);
            return null;
        }
        waiters.add(waiter, now);
        grow();
        return null;
    }

    /** The waiter does not want a server any more. */
    void giveUp(Waiter<S> waiter) {
        waiters.remove(waiter);
        calm();
    }

    /** A server of this lane is clean and free. */
    public void release(S server) {
        if (owner.isUsable(server)) {
            if (roundRobin) {
                idle.addLast(server);
            } else {
                idle.addFirst(server);
            }
        }
        dispatch();
    }

    /** An idle, linked or dead server of this lane is gone; its permit is free. */
    void gone(S server) {
        idle.removeFirstOccurrence(server);
        budget.gone();
        growEverywhere();
    }

    /** A server that was begun by {@link LaneOwner#connect} is ready. */
    public void connected(S server) {
        connecting--;
        budget.connected();
        release(server);
        growEverywhere();
    }

    /**
     * A server that was begun could not be made.
     *
     * @param refusal what to tell those who wait, or null if they may go on waiting
     */
    public void connectFailed(long retryAtNanos, @Nullable ErrorFields refusal) {
        connecting--;
        budget.connectFailed(retryAtNanos);
        if (refusal != null) {
            refuse(refusal);
        }
        growEverywhere();
    }

    /** A server handed over by another lane is here. */
    public void arrived(S server) {
        release(server);
        renew();
    }

    /** A server handed over by another lane did not survive it. */
    public void lost() {
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

    /** Tells those who waited too long, and tries again to connect for the others. */
    void onTick(long nowNanos) {
        if (waiters.isEmpty()) {
            return;
        }
        Waiter<S> oldest = waiters.peek();
        while (waitTimeoutNanos > 0 && oldest != null && nowNanos - oldest.waitingSinceNanos >= waitTimeoutNanos) {
            waiters.remove(oldest);
            oldest.onNoServer(PoolerError.QUERY_WAIT_TIMEOUT.with(state()));
            oldest = waiters.peek();
        }
        grow();
        calm();
        dispatch();
    }

    /** Tells everybody who waits here that no server can be had. */
    void refuse(ErrorFields error) {
        Waiter<S> waiter = waiters.poll();
        while (waiter != null) {
            waiter.onNoServer(error);
            waiter = waiters.poll();
        }
        calm();
    }

    private String state() {
        return "no server within " + waitTimeoutNanos / 1_000_000 + " ms (servers " + budget.servers() + " of "
                + budget.maxServers() + ", connecting " + budget.connecting() + ", idle here " + idle.size()
                + ", waiting here " + waiters.size() + ")";
    }

    private @Nullable S pollIdle() {
        S server = idle.pollFirst();
        while (server != null && !owner.isUsable(server)) {
            server = idle.pollFirst();
        }
        return server;
    }

    /** Brings idle servers and waiters together. Not recursive, however the waiters behave. */
    private void dispatch() {
        if (dispatching) {
            return;
        }
        dispatching = true;
        try {
            while (!idle.isEmpty() && (!waiters.isEmpty() || hungryLanes > 0)) {
                Waiter<S> oldest = waiters.peek();
                int hungry = hungryLanes == 0 ? -1 : hungriest();
                if (hungry >= 0 && (oldest == null || isOlder(hungrySince[hungry], oldest))) {
                    handOver(hungry);
                } else if (oldest != null) {
                    serve(oldest);
                }
            }
        } finally {
            dispatching = false;
        }
        if (announced) {
            calm();
        }
    }

    private void serve(Waiter<S> oldest) {
        S server = pollIdle();
        if (server != null) {
            waiters.remove(oldest);
            owner.onWaited(clock.getAsLong() - oldest.waitingSinceNanos);
            oldest.onServer(server);
        }
    }

    private static boolean isOlder(long since, Waiter<?> waiter) {
        return waiter.waitingSinceNanos - since > FAIRNESS_NANOS;
    }

    private void handOver(int hungry) {
        S server = pollIdle();
        if (server != null) {
            note(hungry, NOT_HUNGRY);
            owner.move(server, lanes.get(hungry));
        }
    }

    private int hungriest() {
        int found = -1;
        for (int i = 0; i < hungrySince.length; i++) {
            if (hungrySince[i] != NOT_HUNGRY && (found < 0 || hungrySince[i] - hungrySince[found] < 0)) {
                found = i;
            }
        }
        return found;
    }

    /** Begins as many connects as there are waiters without one, as far as the budget goes. */
    private void grow() {
        while (waiters.size() > connecting) {
            if (!budget.tryStartConnect(clock.getAsLong())) {
                if (!announced) {
                    announce();
                }
                return;
            }
            connecting++;
            owner.connect(this);
        }
    }

    /** There may be room for another server: here or where somebody is hungry. */
    private void growEverywhere() {
        grow();
        if (hungryLanes == 0) {
            return;
        }
        for (int i = 0; i < hungrySince.length; i++) {
            if (hungrySince[i] != NOT_HUNGRY) {
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

    /** Takes the announcement back when nobody waits any more. */
    private void calm() {
        if (announced && waiters.isEmpty()) {
            announced = false;
            tellOthers(NOT_HUNGRY);
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
        note(who, since);
        if (since == NOT_HUNGRY) {
            return;
        }
        dispatch();
        // a permit may have been freed here before we knew of the hunger there
        if (hungrySince[who] != NOT_HUNGRY && budget.hasRoom()) {
            PoolLane<S> hungry = lanes.get(who);
            hungry.loop.execute(hungry::grow);
        }
    }

    private void note(int who, long since) {
        if ((hungrySince[who] == NOT_HUNGRY) != (since == NOT_HUNGRY)) {
            hungryLanes += since == NOT_HUNGRY ? -1 : 1;
        }
        hungrySince[who] = since;
    }
}
