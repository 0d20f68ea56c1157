package dev.pgpool.core.internal.advice;

import dev.pgpool.core.internal.advice.PoolWatch.Told;
import java.util.concurrent.TimeUnit;

/**
 * Looks at one lane of a pool. Between two looks traffic pays no more than the greatest number of servers in use, which is kept
 * up to date when one is taken; a client that must wait is counted, and of those of a tenth of a second one is chosen by
 * lot for a look at the moment when it comes. Confined to the event loop of its lane.
 */
public final class LaneWatch {
    /** A lane that describes who is there. */
    public interface Lane {
        /** Tells of its servers in use and of the clients that wait. */
        void describe(Need need, long nowNanos);

        /** Tells what its servers in use are doing. */
        void describe(Doings doings, int times, long nowNanos);

        /** What it has counted since it began. */
        LaneCounts counts();
    }

    private static final long HAND_OVER_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long AGE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int PART = 10;
    /** What is needed while too few transactions are known. */
    private static final int UNKNOWN = 0;

    private final PoolWatch pool;
    private final int index;
    private final Lane lane;
    private final Survival survival = new Survival();
    private final Need need;
    private final OneOfMany choice;
    private Tally tally = new Tally();
    private final CountsBefore before = new CountsBefore();

    private int mostInUse;
    private int mostDemand;
    private int waits;
    private int connectWaits;
    /** What was needed when the chosen client of this tick came. */
    private int chosenNeed;

    private int lastWaits;
    private int lastNeed;
    private int lastLeastIdle;
    private int lastServers;

    private boolean learned;
    private int ticks;
    private long lastTickNanos;
    private long handedOverNanos;
    private long agedNanos;
    private double busyNanos;

    public LaneWatch(PoolWatch pool, int index, Lane lane, long nowNanos) {
        this.pool = pool;
        this.index = index;
        this.lane = lane;
        this.need = new Need(survival, nowNanos + index);
        this.choice = new OneOfMany(nowNanos - index);
        this.lastTickNanos = nowNanos;
        this.handedOverNanos = nowNanos;
        this.agedNanos = nowNanos;
    }

    /** So many servers are in use now; on the hot path. */
    public void used(int servers) {
        if (servers > mostInUse) {
            mostInUse = servers;
        }
    }

    /**
     * A client begins to wait.
     *
     * @param connecting whether a server is being made, or checked
     * @param demand servers in use and clients that wait, this one among them
     * @param sinceNanos when it began to wait the last time; 0 if it never did
     * @param delayNanos how long the one has waited that has done so for longest
     */
    public void waits(boolean connecting, int demand, long nowNanos, long sinceNanos, long delayNanos) {
        if (demand > mostDemand) {
            mostDemand = demand;
        }
        if (connecting) {
            connectWaits++;
            return;
        }
        if (!choice.isChosen(++waits)) {
            return;
        }
        learn();
        need.pace(sinceNanos == 0 ? 0 : nowNanos - sinceNanos, delayNanos);
        need.begin();
        lane.describe(need, nowNanos);
        chosenNeed = survival.isKnown() ? Math.max(1, need.servers()) : UNKNOWN;
    }

    private void learn() {
        if (!learned) {
            learned = true;
            survival.learn(lane.counts().transactionTimes());
        }
    }

    /**
     * Looks at the lane; some ten times a second.
     *
     * @param servers of the whole pool
     * @param clients of the whole pool
     */
    public void onTick(long nowNanos, int inUse, int idle, int waiting, int servers, int clients) {
        boolean isShort = waiting > 0;
        busyNanos += (double) inUse * (nowNanos - lastTickNanos);
        if (index == 0) {
            tally.observedNanos += nowNanos - lastTickNanos;
        }
        lastTickNanos = nowNanos;
        tell(nowNanos, inUse, idle, waiting);
        look(Math.max(servers, lastServers), clients);
        lastServers = servers;
        if (pool.lanes() == 1) {
            noteWaits(waits, chosenNeed);
        } else {
            noteLastWaits();
        }
        tally.connectWaits += connectWaits;
        waits = 0;
        connectWaits = 0;
        mostInUse = inUse;
        mostDemand = inUse + waiting;
        choice.begin();
        ticks++;
        if (inUse > 0 && (isShort || ticks % PART == 0)) {
            lane.describe(isShort ? tally.whenShort : tally.whenEnough, isShort ? 1 : PART, nowNanos);
        }
        if (ticks % PART == 0) {
            learned = false;
        }
        if (nowNanos - agedNanos >= AGE_NANOS) {
            agedNanos = nowNanos;
            survival.age(lane.counts().transactionTimes());
        }
        if (nowNanos - handedOverNanos >= HAND_OVER_NANOS) {
            handOver(nowNanos);
        }
    }

    /** By now all lanes have told of the time in which these clients came: where a server was idle all the while, it was on its way. */
    private void noteLastWaits() {
        if (others(Told.LEAST_IDLE) == 0) {
            noteWaits(lastWaits, lastNeed == UNKNOWN ? UNKNOWN : lastNeed + others(Told.NEEDED));
        }
        lastWaits = waits;
        lastNeed = chosenNeed;
    }

    private void noteWaits(int count, int needed) {
        if (needed > 0) {
            tally.needed.add(needed, count);
        }
        tally.waits += count;
    }

    private int others(Told what) {
        return pool.sum(what) - pool.told(index, what);
    }

    private void tell(long nowNanos, int inUse, int idle, int waiting) {
        pool.tell(index, Told.IN_USE, inUse);
        pool.tell(index, Told.IDLE, idle);
        pool.tell(index, Told.WAITING, waiting);
        int leastIdle = Math.max(0, inUse + idle - Math.max(mostInUse, inUse));
        pool.tell(index, Told.LEAST_IDLE, Math.min(leastIdle, lastLeastIdle));
        lastLeastIdle = leastIdle;
        pool.tell(index, Told.MOST_IN_USE, Math.max(mostInUse, inUse));
        pool.tell(index, Told.MOST_DEMAND, Math.max(Math.max(mostDemand, mostInUse), inUse + waiting));
        if (pool.lanes() > 1) {
            int needed = inUse;
            if (waiting > 0 || waits > 0) {
                learn();
                need.begin();
                lane.describe(need, nowNanos);
                needed = need.servers();
            }
            pool.tell(index, Told.NEEDED, needed);
        }
    }

    private void look(int servers, int clients) {
        int inUse = pool.sum(Told.IN_USE);
        int waiting = pool.sum(Told.WAITING);
        tally.looks++;
        if (pool.sum(Told.IDLE) > 0) {
            tally.looksWithIdle++;
        } else if (waiting > 0) {
            tally.looksShort++;
        }
        tally.inUse.add(inUse, 1);
        tally.demand.add(inUse + waiting, 1);
        tally.clients.add(clients, 1);
        tally.peakInUse = Math.max(tally.peakInUse, Math.min(servers, pool.sum(Told.MOST_IN_USE)));
        tally.peakDemand = Math.max(tally.peakDemand, Math.min(clients, pool.sum(Told.MOST_DEMAND)));
    }

    /** Hands over to the pool what was seen since the last time. */
    public void handOver(long nowNanos) {
        handedOverNanos = nowNanos;
        before.addChanges(lane.counts(), tally);
        pool.add(tally, busyNanos, nowNanos);
        tally = new Tally();
        busyNanos = 0;
    }
}
