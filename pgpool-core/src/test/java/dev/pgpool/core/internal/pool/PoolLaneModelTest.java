package dev.pgpool.core.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Lanes and budget against the rules of the pool, over millions of random interleavings. */
@Tag("once")
class PoolLaneModelTest {

    private static final int RUNS_PER_SEED = 500;
    private static final int STEPS_PER_RUN = 1_000;

    /** Fixed ones, so that a build is the same as the last, and fresh ones, so that builds find more over time. */
    static List<Long> seeds() {
        Random fresh = new Random();
        return List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, fresh.nextLong(), fresh.nextLong(), fresh.nextLong());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noServerInTwoHandsNoWaiterLostNoPermitLost(long seed) {
        long served = 0;
        long refused = 0;
        long moves = 0;
        long checks = 0;
        long reserveUses = 0;
        long evicted = 0;
        long tooOld = 0;
        long tooIdle = 0;
        for (int run = 0; run < RUNS_PER_SEED; run++) {
            LaneSimulation simulation = new LaneSimulation(seed * RUNS_PER_SEED + run);
            int step = 0;
            try {
                for (; step < STEPS_PER_RUN; step++) {
                    simulation.step();
                    if (step % 100 == 99) {
                        simulation.quiesce();
                    }
                }
                simulation.finish();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ", run " + run + ", step " + step, e);
            }
            served += simulation.served;
            refused += simulation.refused;
            moves += simulation.moves;
            checks += simulation.checks;
            reserveUses += simulation.reserveUses;
            evicted += simulation.closed.of(CloseReason.EVICTED);
            tooOld += simulation.closed.of(CloseReason.SERVER_LIFETIME);
            tooIdle += simulation.closed.of(CloseReason.SERVER_IDLE_TIMEOUT);
        }
        assertThat(served).as("clients served").isGreaterThan(10_000);
        assertThat(refused).as("clients refused").isGreaterThan(100);
        assertThat(moves).as("servers moved").isGreaterThan(1_000);
        assertThat(checks).as("servers checked").isGreaterThan(1_000);
        assertThat(reserveUses).as("servers of the reserve").isGreaterThan(1_000);
        assertThat(evicted).as("servers evicted").isGreaterThan(300);
        assertThat(tooOld).as("servers that were too old").isGreaterThan(1_000);
        // around a thousand: lanes that want servers take those that are idle elsewhere
        assertThat(tooIdle).as("servers that were idle for too long").isGreaterThan(500);
    }

    /** Breakage 23: the wait ends at the very moment at which a server comes free. */
    @Test
    void serverHandedOverAtTheMomentOfTheTimeoutIsNeitherLostNorGivenTwice() {
        long timeout = 1_000_000;
        long[] now = {0};
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        ConnectionBudget budget = new ConnectionBudget(1, 1);
        PoolLane<Object> lane = new PoolLane<>(0, tasks::add, new OneServer(), budget, waiting(timeout), () -> now[0]);
        lane.join(List.of(lane));
        Object server = new Object();
        Counting first = new Counting();
        assertThat(lane.acquire(first)).isNull();
        lane.connected(server);
        assertThat(first.servers).isEqualTo(1);

        Random random = new Random(23);
        int timeouts = 0;
        for (int i = 0; i < 100_000; i++) {
            Counting waiter = new Counting();
            assertThat(lane.acquire(waiter)).isNull();
            now[0] += timeout;
            boolean timeoutFirst = random.nextBoolean();
            if (timeoutFirst) {
                lane.onTick(now[0]);
                lane.release(server);
            } else {
                lane.release(server);
                lane.onTick(now[0]);
            }
            assertThat(waiter.servers + waiter.errors).as("answers").isEqualTo(1);
            assertThat(waiter.errors).isEqualTo(timeoutFirst ? 1 : 0);
            if (timeoutFirst) {
                timeouts++;
                assertThat(lane.acquire(new Counting()))
                        .as("the server is free")
                        .isSameAs(server);
            }
            assertThat(budget.servers()).isEqualTo(1);
        }
        assertThat(timeouts).isBetween(40_000, 60_000);
        assertThat(lane.waitingCount()).isZero();
        lane.gone(server);
        assertThat(budget.servers()).isZero();
        assertThat(tasks).isEmpty();
    }

    @Test
    void timeoutTellsHowThePoolStands() {
        ConnectionBudget budget = new ConnectionBudget(3, 2);
        PoolLane<Object> lane = new PoolLane<>(0, Runnable::run, new OneServer(), budget, waiting(5_000_000), () -> 0);
        lane.join(List.of(lane));
        Counting waiter = new Counting();
        assertThat(lane.acquire(waiter)).isNull();

        lane.onTick(5_000_000);

        assertThat(waiter.last).isNotNull();
        assertThat(waiter.last.message())
                .isEqualTo("query_wait_timeout: no server within 5 ms"
                        + " (servers 1 of 3, connecting 1, idle here 0, waiting here 0)");
        assertThat(waiter.last.sqlState()).isEqualTo("53300");
    }

    @Test
    void lastServerBackIsFirstServerOut() {
        ConnectionBudget budget = new ConnectionBudget(2, 2);
        PoolLane<Object> lane =
                new PoolLane<>(0, Runnable::run, new OneServer(), budget, waiting(LaneRules.NEVER), () -> 0);
        lane.join(List.of(lane));
        assertThat(lane.acquire(new Counting())).isNull();
        assertThat(lane.acquire(new Counting())).isNull();
        lane.connected("old");
        lane.connected("new");

        lane.release("old");
        lane.release("new");

        assertThat(lane.acquire(new Counting())).isEqualTo("new");
        assertThat(lane.acquire(new Counting())).isEqualTo("old");
    }

    @Test
    void freshServerBehindOneThatMustBeCheckedIsTheResultOfTheCall() {
        long[] now = {0};
        ConnectionBudget budget = new ConnectionBudget(2, 2);
        List<Object> checked = new ArrayList<>();
        LaneOwner<Object> owner = new OneServer() {
            private final Map<Object, ServerAge> ages = new HashMap<>();

            @Override
            public ServerAge age(Object server) {
                return ages.computeIfAbsent(server, s -> new ServerAge(0, Long.MAX_VALUE));
            }

            @Override
            public void check(Object server, PoolLane<Object> lane) {
                checked.add(server);
            }
        };
        LaneRules rules = new LaneRules(
                LaneRules.NEVER,
                LaneRules.NEVER,
                LaneRules.NEVER,
                1_000,
                LaneRules.NEVER,
                LaneRules.NEVER,
                false,
                true);
        PoolLane<Object> lane = new PoolLane<>(0, Runnable::run, owner, budget, rules, () -> now[0]);
        lane.join(List.of(lane));
        lane.acquire(new Counting());
        lane.acquire(new Counting());
        lane.connected("stale");
        lane.connected("fresh");
        owner.age("stale").used();
        lane.release("stale");
        now[0] = 2_000;
        lane.onTick(now[0]);
        lane.release("fresh");
        Counting waiter = new Counting();

        Object given = lane.acquire(waiter);

        assertThat(given).isEqualTo("fresh");
        assertThat(waiter.servers).as("events").isZero();
        assertThat(waiter.isWaiting()).isFalse();
        assertThat(checked).containsExactly("stale");
    }

    @Test
    void connectsOnlyWhenNoOtherLaneHasAnIdleServer() {
        for (int lanes = 2; lanes <= 5; lanes++) {
            for (int has = 0; has < lanes; has++) {
                for (int spare = 0; spare <= 3; spare++) {
                    assertThat(connectsFor(2, lanes, has, spare))
                            .as(lanes + " lanes, number " + has + " has " + spare)
                            .isEqualTo(Math.max(0, 2 - spare));
                }
            }
        }
    }

    /** Connects that are begun for clients on the first lane, if another one has spare servers. */
    private static int connectsFor(int clients, int count, int has, int spare) {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        int[] connects = {0};
        ConnectionBudget budget = new ConnectionBudget(10, 10);
        LaneOwner<Object> owner = new OneServer() {
            @Override
            public void connect(PoolLane<Object> lane) {
                connects[0]++;
            }

            @Override
            public void move(Object server, PoolLane<Object> to) {
                tasks.add(() -> to.arrived(server));
            }
        };
        List<PoolLane<Object>> lanes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lanes.add(new PoolLane<>(i, tasks::add, owner, budget, waiting(LaneRules.NEVER), () -> 0));
        }
        lanes.forEach(lane -> lane.join(lanes));
        List<Counting> before = new ArrayList<>();
        for (int i = 0; i < spare; i++) {
            before.add(new Counting());
            lanes.get(has).acquire(before.get(i));
        }
        run(tasks);
        for (int i = 0; i < spare; i++) {
            lanes.get(has).connected("server " + i);
        }
        for (int i = 0; i < spare; i++) {
            lanes.get(has).release("server " + i);
        }
        run(tasks);
        connects[0] = 0;
        List<Counting> waiters = new ArrayList<>();
        int atOnce = 0;
        for (int i = 0; i < clients; i++) {
            waiters.add(new Counting());
            atOnce += lanes.get(0).acquire(waiters.get(i)) == null ? 0 : 1;
        }
        run(tasks);
        int served =
                atOnce + waiters.stream().mapToInt(waiter -> waiter.servers).sum();
        assertThat(served).isEqualTo(Math.min(clients, spare));
        return connects[0];
    }

    private static void run(ArrayDeque<Runnable> tasks) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private static LaneRules waiting(long timeoutNanos) {
        return new LaneRules(
                timeoutNanos,
                LaneRules.NEVER,
                LaneRules.NEVER,
                LaneRules.NEVER,
                LaneRules.NEVER,
                LaneRules.NEVER,
                false,
                false);
    }

    private static final class Counting extends Waiter<Object> {
        int servers;
        int errors;

        @Nullable
        ErrorFields last;

        @Override
        protected void onServer(Object server) {
            servers++;
        }

        @Override
        protected void onNoServer(ErrorFields error) {
            errors++;
            last = error;
        }
    }

    /** All servers live, and a connect ends when the test says so. */
    private static class OneServer implements LaneOwner<Object> {
        private final ServerAge age = new ServerAge(0, Long.MAX_VALUE);

        @Override
        public void connect(PoolLane<Object> lane) {
            // the test calls connected
        }

        @Override
        public ServerAge age(Object server) {
            return age;
        }

        @Override
        public void check(Object server, PoolLane<Object> lane) {
            throw new AssertionError("nothing is idle for long");
        }

        @Override
        public void retire(Object server, CloseReason reason) {
            throw new AssertionError(reason);
        }

        @Override
        public int minimum() {
            return 0;
        }

        @Override
        public boolean isUsable(Object server) {
            return true;
        }

        @Override
        public void move(Object server, PoolLane<Object> to) {
            throw new AssertionError("there is only one lane");
        }

        @Override
        public @Nullable ErrorFields refusal(long nowNanos, long waitedNanos) {
            return null;
        }

        @Override
        public void onWaited(long nanos) {
            // nobody asks
        }
    }
}
