package dev.pgpool.core.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lanes of several pools under a random scheduler, with the rules of pools checked at each step. Event loops are queues of
 * tasks, time stands still unless it is told to move, and servers are plain objects: the same seed gives the same run.
 */
final class LaneSimulation {

    static final long WAIT_TIMEOUT_NANOS = 1_000_000_000;
    private static final long FRESH_NANOS = 1_000_000_000;
    private static final long RETRY_NANOS = 50_000_000;
    private static final long RESERVE_NANOS = 20_000_000;
    private static final long SHORT_NANOS = 120_000_000;

    private enum Place {
        IDLE,
        HELD,
        CHECKED,
        MOVING,
        GONE
    }

    private static final class Server {
        final ServerAge age;
        Place place = Place.IDLE;
        boolean alive = true;
        Lane lane;
        /** When it was last known to be good. */
        long goodNanos;

        boolean justGood = true;
        boolean used;

        Server(Lane lane, ServerAge age, long now) {
            this.lane = lane;
            this.age = age;
            this.goodNanos = now;
        }
    }

    private final class Client extends Waiter<Server> {
        final Lane home;
        boolean expectsAnswer;
        /** A server is the result of its call, or an event behind it: never an event within it. */
        boolean calling;

        Client(Lane home) {
            this.home = home;
        }

        void acquire() {
            expectsAnswer = true;
            home.queued.add(this);
            calling = true;
            Server now = home.lane.acquire(this);
            calling = false;
            if (now != null) {
                got(now);
            }
        }

        void giveUp() {
            home.lane.giveUp(this);
            home.queued.remove(this);
            expectsAnswer = false;
        }

        /** The first client here that has no server yet; the one whose call runs hears of its server when the call returns. */
        private @Nullable Client nextInTurn() {
            for (Client client : home.queued) {
                if (!client.calling || client.isWaiting()) {
                    return client;
                }
            }
            return null;
        }

        private void got(Server given) {
            require(expectsAnswer, "a client was served that did not wait");
            require(nextInTurn() == this, "served out of turn");
            home.queued.remove(this);
            require(given.place == Place.IDLE, "a server that was " + given.place + " was given away");
            require(given.alive, "a dead server was given away");
            require(given.lane == home, "a server of another lane was given away");
            require(
                    given.justGood
                            || (!given.used && home.tickNanos - given.goodNanos < FRESH_NANOS)
                            || home.tickNanos - given.goodNanos < rules.checkDelayNanos(),
                    "a server that was idle for long was given away unchecked");
            require(!rules.useOnce() || !given.used, "a server was used twice");
            given.used = true;
            given.age.used();
            expectsAnswer = false;
            given.place = Place.HELD;
            held.add(given);
            served++;
        }

        @Override
        protected void onServer(Server given) {
            require(!calling, "a server was delivered inside the call that asked for it");
            got(given);
            int whim = random.nextInt(8);
            if (whim == 0) {
                release(given); // the client was gone already
            } else if (whim == 1) {
                die(given);
            } else if (whim == 2) {
                new Client(home).acquire(); // must not overtake those who wait
            }
        }

        @Override
        protected void onNoServer(ErrorFields error) {
            require(expectsAnswer, "an error for a client that did not wait");
            home.queued.remove(this);
            expectsAnswer = false;
            refused++;
        }

        @Override
        protected void onWaitTimeout(ErrorFields error) {
            require(home.queued.peekFirst() == this, "timed out out of turn");
            require(now - waitingSinceNanos >= WAIT_TIMEOUT_NANOS, "timed out too early");
            onNoServer(error);
        }
    }

    private final class Pool {
        final int maxServers = 1 + random.nextInt(6);
        final int reserve = random.nextInt(3);
        final int maxConnecting = 1 + random.nextInt(3);
        final int minimum = random.nextInt(3) == 0 ? 1 + random.nextInt(maxServers) : 0;
        final @Nullable SharedCap database;
        final @Nullable SharedCap user;
        final ConnectionBudget budget;
        final List<Lane> lanes = new ArrayList<>();
        int connecting;
        int existing;

        Pool(@Nullable SharedCap database, @Nullable SharedCap user) {
            this.database = database;
            this.user = user;
            budget = new ConnectionBudget(maxServers, reserve, maxConnecting, database, user);
            int count = 1 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                lanes.add(new Lane(this, i));
            }
            List<PoolLane<Server>> queues =
                    lanes.stream().map(lane -> lane.lane).toList();
            queues.forEach(queue -> queue.join(queues));
            Stream.of(database, user).forEach(cap -> {
                if (cap != null) {
                    cap.join(queues);
                }
            });
        }

        boolean isCapped() {
            return isFull(database) || isFull(user);
        }

        private boolean isFull(@Nullable SharedCap cap) {
            return cap != null && permitsOf(cap) >= cap.max();
        }

        boolean shares(@Nullable SharedCap cap) {
            return cap != null && (cap == database || cap == user);
        }

        long waiting() {
            return lanes.stream().mapToLong(lane -> lane.queued.size()).sum();
        }

        boolean hasIdle() {
            return all.stream().anyMatch(s -> s.lane.pool == this && s.place == Place.IDLE);
        }
    }

    private final class Lane implements LaneOwner<Server> {
        final Pool pool;
        final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        final ArrayDeque<Client> queued = new ArrayDeque<>();
        final PoolLane<Server> lane;
        int connects;
        long tickNanos = now;

        Lane(Pool pool, int index) {
            this.pool = pool;
            this.lane = new PoolLane<>(index, tasks::add, this, pool.budget, rules, () -> now);
        }

        void tick() {
            tickNanos = now;
            lane.onTick(now);
        }

        @Override
        public void connect(PoolLane<Server> asking) {
            require(asking == lane, "a lane connects for another one");
            connects++;
            pool.connecting++;
            int servers = pool.connecting + pool.existing;
            require(pool.connecting <= pool.maxConnecting, pool.connecting + " connects at once");
            require(servers <= pool.maxServers + pool.reserve, servers + " servers");
            if (servers > pool.maxServers) {
                Client oldest = queued.peekFirst();
                require(
                        oldest != null && now - oldest.waitingSinceNanos >= RESERVE_NANOS,
                        "the reserve is used for nobody who has waited long enough");
                reserveUses++;
            }
        }

        @Override
        public boolean isUsable(Server server) {
            return server.alive;
        }

        @Override
        public ServerAge age(Server server) {
            return server.age;
        }

        @Override
        public void check(Server server, PoolLane<Server> asking) {
            require(asking == lane && server.lane == this, "a lane checks for another one");
            require(server.place == Place.IDLE, "checked while " + server.place);
            server.place = Place.CHECKED;
            checked.add(server);
            checks++;
        }

        @Override
        public void retire(Server server, CloseReason reason) {
            require(server.place == Place.IDLE, "closed while " + server.place);
            require(server.lane == this, "a lane closes a server of another one");
            switch (reason) {
                case SERVER_IDLE_TIMEOUT ->
                    require(pool.existing + pool.connecting > pool.minimum, "less than the minimum is kept");
                case EVICTED -> {
                    require(pool.database != null || pool.user != null, "evicted for no cap");
                    require(queued.isEmpty(), "evicted while clients of the same lane wait");
                }
                case SERVER_LIFETIME -> require(server.age.isOver(now), "too young for its lifetime to be over");
                default -> throw new AssertionError(reason);
            }
            closed.merge(reason);
            die(server);
        }

        @Override
        public int minimum() {
            return pool.minimum;
        }

        @Override
        public void move(Server server, PoolLane<Server> to) {
            require(server.place == Place.IDLE && server.lane == this, "moved while " + server.place);
            server.place = Place.MOVING;
            server.justGood = false;
            moving.add(server);
            server.lane = pool.lanes.stream()
                    .filter(other -> other.lane == to)
                    .findFirst()
                    .orElseThrow();
            require(server.lane != this, "moved to where it was");
            moves++;
        }

        @Override
        public @Nullable ErrorFields refusal(long nowNanos, long waitedNanos) {
            return refusing && pool.existing == 0 ? PoolerError.SERVER_CLOSED.plain() : null;
        }

        @Override
        public void onWaited(long nanos) {
            require(nanos >= 0, "waited " + nanos + " ns");
        }
    }

    /** How often servers were closed, by reason. */
    static final class Closed {
        private final int[] counts = new int[CloseReason.values().length];

        void merge(CloseReason reason) {
            counts[reason.ordinal()]++;
        }

        int of(CloseReason reason) {
            return counts[reason.ordinal()];
        }
    }

    private final Random random;
    private final LaneRules rules;
    private final long lifetimeNanos;
    private final List<Pool> pools = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Server> all = new ArrayList<>();
    private final List<Server> held = new ArrayList<>();
    private final List<Server> checked = new ArrayList<>();
    private final List<Server> moving = new ArrayList<>();
    private final List<SharedCap> caps = new ArrayList<>();
    private long now = 42;
    private boolean refusing;
    /** Whether connects fail in this run: after one that did, only the clock makes lanes try again. */
    private final boolean connectsFail;

    long served;
    long refused;
    long moves;
    long checks;
    long reserveUses;
    final Closed closed = new Closed();

    LaneSimulation(long seed) {
        random = new Random(seed);
        connectsFail = random.nextBoolean();
        boolean useOnce = random.nextInt(8) == 0;
        lifetimeNanos = useOnce ? 0 : random.nextBoolean() ? LaneRules.NEVER : 2 * SHORT_NANOS;
        rules = new LaneRules(
                WAIT_TIMEOUT_NANOS,
                LaneRules.NEVER,
                RESERVE_NANOS,
                random.nextBoolean() ? LaneRules.NEVER : random.nextInt(4) == 0 ? 0 : SHORT_NANOS / 2,
                random.nextBoolean() ? LaneRules.NEVER : SHORT_NANOS,
                RETRY_NANOS,
                useOnce,
                random.nextInt(4) == 0);
        SharedCap database = random.nextBoolean() ? new SharedCap(1 + random.nextInt(6)) : null;
        SharedCap user = random.nextInt(3) == 0 ? new SharedCap(1 + random.nextInt(4)) : null;
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            Pool pool = new Pool(database, i < 2 ? user : null);
            pools.add(pool);
            lanes.addAll(pool.lanes);
        }
        Stream.of(database, user).forEach(cap -> {
            if (cap != null) {
                caps.add(cap);
            }
        });
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    void step() {
        switch (random.nextInt(18)) {
            case 0, 1, 2, 3 -> runTask(any(lanes));
            case 4, 5 -> new Client(any(lanes)).acquire();
            case 6, 7, 8 -> releaseOne();
            case 9, 10 -> connectEnds(!connectsFail || random.nextInt(4) != 0);
            case 11 -> moveEnds();
            case 12 -> checkEnds(random.nextInt(4) != 0);
            case 13 -> {
                Lane lane = any(lanes);
                if (!lane.queued.isEmpty()) {
                    any(List.copyOf(lane.queued)).giveUp();
                }
            }
            case 14 -> {
                if (random.nextInt(4) == 0 && !all.isEmpty()) {
                    dieOrIsFoundDead(any(all));
                }
            }
            case 15 -> now += random.nextInt(4) == 0 ? RETRY_NANOS : random.nextInt(3_000_000);
            case 16 -> any(lanes).tick();
            default -> refusing = random.nextInt(8) == 0;
        }
        checkNumbers();
    }

    private void checkNumbers() {
        for (Pool pool : pools) {
            require(
                    pool.budget.connecting() == pool.connecting,
                    "budget counts " + pool.budget.connecting() + " connects of " + pool.connecting);
            int servers = pool.existing + pool.connecting;
            require(pool.budget.servers() == servers, "budget counts " + pool.budget.servers() + " of " + servers);
        }
        for (SharedCap cap : caps) {
            require(permitsOf(cap) <= cap.max(), permitsOf(cap) + " servers under a cap of " + cap.max());
            require(cap.taken() <= cap.max(), cap.taken() + " permits taken of " + cap.max());
        }
    }

    private int permitsOf(SharedCap cap) {
        return pools.stream()
                .filter(pool -> pool.shares(cap))
                .mapToInt(pool -> pool.existing + pool.connecting)
                .sum();
    }

    private static void runTask(Lane lane) {
        Runnable task = lane.tasks.poll();
        if (task != null) {
            task.run();
        }
    }

    private void releaseOne() {
        if (!held.isEmpty()) {
            release(any(held));
        }
    }

    private void release(Server server) {
        held.remove(server);
        server.place = Place.IDLE;
        server.goodNanos = now;
        server.justGood = false;
        server.lane.lane.release(server);
    }

    /** The socket is dead, and its event loop learns of it now or later. */
    private void dieOrIsFoundDead(Server server) {
        if (server.alive && server.place != Place.CHECKED && random.nextBoolean()) {
            server.alive = false;
        } else if (server.place != Place.MOVING) {
            die(server);
        }
    }

    private void die(Server server) {
        server.alive = false;
        server.place = Place.GONE;
        held.remove(server);
        checked.remove(server);
        all.remove(server);
        server.lane.pool.existing--;
        server.lane.lane.gone(server);
    }

    private int connecting() {
        return pools.stream().mapToInt(pool -> pool.connecting).sum();
    }

    private void connectEnds(boolean success) {
        List<Lane> busy = lanes.stream().filter(lane -> lane.connects > 0).toList();
        if (busy.isEmpty()) {
            return;
        }
        Lane lane = any(busy);
        lane.connects--;
        lane.pool.connecting--;
        if (success) {
            Server server = new Server(lane, new ServerAge(now, lifetimeNanos), now);
            all.add(server);
            lane.pool.existing++;
            lane.lane.connected(server);
            server.justGood = false;
        } else {
            boolean tell = lane.pool.existing == 0 && random.nextBoolean();
            lane.lane.connectFailed(
                    now + random.nextInt((int) RETRY_NANOS), tell ? PoolerError.SERVER_CLOSED.plain() : null, 0);
            if (tell) {
                require(lane.queued.isEmpty(), "refused, but not everybody");
            }
        }
    }

    private void checkEnds(boolean success) {
        if (checked.isEmpty()) {
            return;
        }
        Server server = any(checked);
        if (success) {
            checked.remove(server);
            server.place = Place.IDLE;
            server.goodNanos = now;
            server.justGood = true;
            server.lane.lane.checked(server);
            server.justGood = false;
        } else {
            die(server);
        }
    }

    private void moveEnds() {
        if (moving.isEmpty()) {
            return;
        }
        Server server = any(moving);
        moving.remove(server);
        if (server.alive && random.nextInt(8) != 0) {
            server.place = Place.IDLE;
            server.lane.lane.arrived(server);
        } else {
            server.alive = false;
            server.place = Place.GONE;
            all.remove(server);
            server.lane.pool.existing--;
            server.lane.lane.lost();
        }
    }

    /**
     * Lets everything finish that is under way, and checks that nobody waits for nothing. Without the clock where it is
     * not needed: lanes try again by the clock after a failed connect, for the reserve, and when they make others evict.
     */
    void quiesce() {
        refusing = false;
        for (Server server : List.copyOf(all)) {
            if (!server.alive && server.place != Place.MOVING) {
                die(server);
            }
        }
        settle();
        boolean clockNeeded = connectsFail || !caps.isEmpty();
        if (!clockNeeded) {
            checkNobodyWaitsForNothing(false);
        }
        int rounds = 8 + (clockNeeded ? all.size() + lanes.size() : 0);
        for (int i = 0; i < rounds; i++) {
            now += RETRY_NANOS;
            lanes.forEach(Lane::tick);
            settle();
        }
        for (int i = 0; i < 8; i++) {
            lanes.forEach(Lane::tick);
            settle();
        }
        checkNobodyWaitsForNothing(true);
        checkMinimum();
    }

    private void settle() {
        boolean more = true;
        while (more) {
            while (connecting() > 0) {
                connectEnds(true);
            }
            while (!moving.isEmpty()) {
                moveEnds();
            }
            while (!checked.isEmpty()) {
                checkEnds(true);
            }
            more = false;
            for (Lane lane : lanes) {
                more |= !lane.tasks.isEmpty();
                runTask(lane);
            }
            checkNumbers();
            more |= connecting() > 0 || !moving.isEmpty() || !checked.isEmpty();
        }
        for (Server server : List.copyOf(all)) {
            if (!server.alive) {
                die(server);
                settle();
                return;
            }
        }
    }

    private void checkNobodyWaitsForNothing(boolean withClock) {
        for (Pool pool : pools) {
            long waiting = pool.waiting();
            long known = pool.lanes.stream()
                    .mapToLong(lane -> lane.lane.waitingCount())
                    .sum();
            require(waiting == known, waiting + " clients wait, " + known + " are known to");
            if (waiting == 0) {
                continue;
            }
            require(!pool.hasIdle(), waiting + " wait while a server is idle");
            int most = pool.maxServers + (withClock ? pool.reserve : 0);
            require(
                    pool.existing >= most || pool.isCapped(),
                    waiting + " wait with " + pool.existing + " of " + most + " servers");
            if (pool.existing >= most) {
                continue;
            }
            boolean evictable = caps.stream()
                    .filter(cap -> pool.shares(cap) && pool.isFull(cap))
                    .allMatch(cap ->
                            pools.stream().anyMatch(other -> other != pool && other.shares(cap) && other.hasIdle()));
            require(!evictable, waiting + " wait while another pool has an idle server");
        }
        for (SharedCap cap : caps) {
            require(cap.taken() == permitsOf(cap), cap.taken() + " permits for " + permitsOf(cap) + " servers");
        }
    }

    private void checkMinimum() {
        for (Pool pool : pools) {
            require(
                    pool.existing >= pool.minimum || pool.isCapped(),
                    pool.existing + " servers, but " + pool.minimum + " are the minimum");
        }
    }

    /** Serves everybody who waits, then ends all servers: nobody may be left over and no permit be missing. */
    void finish() {
        quiesce();
        int rounds = 0;
        while (lanes.stream().anyMatch(lane -> !lane.queued.isEmpty())) {
            require(rounds++ < 100_000, "clients wait for ever");
            if (!held.isEmpty()) {
                release(held.get(0));
            }
            now += 1_000;
            settle();
            if (!caps.isEmpty() || connectsFail) {
                lanes.forEach(Lane::tick);
                settle();
            }
        }
        settle();
        while (!all.isEmpty()) {
            die(all.get(0));
            settle();
        }
        for (Pool pool : pools) {
            assertThat(pool.budget.servers()).isZero();
            assertThat(pool.budget.connecting()).isZero();
        }
        assertThat(caps).allMatch(cap -> cap.taken() == 0);
        assertThat(lanes)
                .allMatch(lane ->
                        lane.lane.idleCount() == 0 && lane.lane.waitingCount() == 0 && lane.lane.checkingCount() == 0);
    }
}
