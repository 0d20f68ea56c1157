package dev.pgpool.core.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pools that share caps, on real threads: never too many servers, and everybody is served in the end. */
class SharedCapRaceTest {
    private static final int POOLS = 5;
    private static final int LANES = 2;
    private static final int CLIENTS_PER_LANE = 3;
    private static final int ROUNDS = 300;
    private static final int DATABASE_CAP = 3;
    private static final int USER_CAP = 2;

    private final AtomicInteger servers = new AtomicInteger();
    private final AtomicInteger serversOfUser = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger mostOfUser = new AtomicInteger();
    private final AtomicInteger evicted = new AtomicInteger();
    private final CountDownLatch served = new CountDownLatch(POOLS * LANES * CLIENTS_PER_LANE);

    private record Server(ServerAge age) {}

    private final class Lane implements LaneOwner<Server> {
        final ExecutorService loop = Executors.newSingleThreadExecutor();
        final boolean capped;
        final PoolLane<Server> lane;

        @Nullable
        List<Lane> siblings;

        Lane(int index, ConnectionBudget budget, boolean capped) {
            this.capped = capped;
            this.lane = new PoolLane<>(
                    index,
                    loop,
                    this,
                    budget,
                    new LaneRules(
                            LaneRules.NEVER,
                            LaneRules.NEVER,
                            LaneRules.NEVER,
                            LaneRules.NEVER,
                            LaneRules.NEVER,
                            LaneRules.NEVER,
                            false,
                            false),
                    System::nanoTime);
        }

        @Override
        public void connect(PoolLane<Server> asking) {
            most.accumulateAndGet(servers.incrementAndGet(), Math::max);
            if (capped) {
                mostOfUser.accumulateAndGet(serversOfUser.incrementAndGet(), Math::max);
            }
            loop.execute(() -> lane.connected(new Server(new ServerAge(System.nanoTime(), LaneRules.NEVER))));
        }

        @Override
        public ServerAge age(Server server) {
            return server.age();
        }

        @Override
        public void check(Server server, PoolLane<Server> asking) {
            throw new AssertionError("no checks here");
        }

        @Override
        public void retire(Server server, CloseReason reason) {
            evicted.incrementAndGet();
            servers.decrementAndGet();
            if (capped) {
                serversOfUser.decrementAndGet();
            }
            lane.gone(server);
        }

        @Override
        public int minimum() {
            return 0;
        }

        @Override
        public boolean isUsable(Server server) {
            return true;
        }

        @Override
        public void move(Server server, PoolLane<Server> to) {
            List<Lane> all = siblings == null ? List.of() : siblings;
            all.stream()
                    .filter(other -> other.lane == to)
                    .forEach(other -> other.loop.execute(() -> other.lane.arrived(server)));
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

    private final class Client extends Waiter<Server> {
        private final Lane home;
        private int rounds;

        Client(Lane home) {
            this.home = home;
        }

        void begin() {
            Server now = home.lane.acquire(this);
            if (now != null) {
                onServer(now);
            }
        }

        @Override
        protected void onServer(Server server) {
            home.loop.execute(() -> {
                home.lane.release(server);
                if (++rounds < ROUNDS) {
                    home.loop.execute(this::begin);
                } else {
                    served.countDown();
                }
            });
        }

        @Override
        protected void onNoServer(ErrorFields error) {
            throw new AssertionError(error.message());
        }
    }

    @Test
    void poolsThatEvictEachOthersServersServeEverybody() throws InterruptedException {
        SharedCap database = new SharedCap(DATABASE_CAP);
        SharedCap user = new SharedCap(USER_CAP);
        List<Lane> lanes = new ArrayList<>();
        for (int p = 0; p < POOLS; p++) {
            boolean capped = p < 3;
            ConnectionBudget budget = new ConnectionBudget(2, 0, 2, database, capped ? user : null);
            List<Lane> pool = new ArrayList<>();
            for (int i = 0; i < LANES; i++) {
                pool.add(new Lane(i, budget, capped));
            }
            List<PoolLane<Server>> queues = pool.stream().map(lane -> lane.lane).toList();
            queues.forEach(queue -> queue.join(queues));
            pool.forEach(lane -> lane.siblings = pool);
            database.join(queues);
            if (capped) {
                user.join(queues);
            }
            lanes.addAll(pool);
        }
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        try {
            for (Lane lane : lanes) {
                for (int i = 0; i < CLIENTS_PER_LANE; i++) {
                    lane.loop.execute(new Client(lane)::begin);
                }
                var unused = clock.scheduleWithFixedDelay(
                        () -> lane.loop.execute(() -> lane.lane.onTick(System.nanoTime())),
                        1,
                        1,
                        TimeUnit.MILLISECONDS);
            }

            assertThat(served.await(120, TimeUnit.SECONDS))
                    .as("everybody served")
                    .isTrue();
        } finally {
            clock.shutdownNow();
            lanes.forEach(lane -> lane.loop.shutdownNow());
        }
        assertThat(most).hasValueLessThanOrEqualTo(DATABASE_CAP);
        assertThat(mostOfUser).hasValueLessThanOrEqualTo(USER_CAP);
        assertThat(evicted).hasPositiveValue();
    }
}
