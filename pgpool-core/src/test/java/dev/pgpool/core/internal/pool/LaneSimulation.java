package dev.pgpool.core.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Lanes of one pool under a random scheduler, with the rules of the pool checked at each step. Event loops are queues of
 * tasks, time stands still unless it is told to move, and servers are plain objects: the same seed gives the same run.
 */
final class LaneSimulation {

    static final long WAIT_TIMEOUT_NANOS = 1_000_000_000;
    private static final long RETRY_NANOS = 50_000_000;

    private enum Place {
        IDLE,
        HELD,
        MOVING,
        GONE
    }

    private static final class Server {
        Place place = Place.IDLE;
        boolean alive = true;
        int lane;

        Server(int lane) {
            this.lane = lane;
        }
    }

    private final class Client extends Waiter<Server> {
        final Lane home;
        boolean expectsAnswer;

        Client(Lane home) {
            this.home = home;
        }

        void acquire() {
            expectsAnswer = true;
            home.queued.add(this);
            Server now = home.lane.acquire(this);
            if (now != null) {
                check(home.queued.size() == 1, "a client overtook those who waited");
                got(now);
            }
        }

        void giveUp() {
            home.lane.giveUp(this);
            home.queued.remove(this);
            expectsAnswer = false;
        }

        private void got(Server given) {
            check(expectsAnswer, "a client was served that did not wait");
            check(home.queued.peekFirst() == this, "served out of turn");
            home.queued.pollFirst();
            check(given.place == Place.IDLE, "a server that was " + given.place + " was given away");
            check(given.alive, "a dead server was given away");
            check(given.lane == home.index, "a server of another event loop was given away");
            expectsAnswer = false;
            given.place = Place.HELD;
            held.add(given);
            served++;
        }

        @Override
        protected void onServer(Server given) {
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
            check(expectsAnswer, "an error for a client that did not wait");
            if (error.message().startsWith("query_wait_timeout")) {
                check(home.queued.peekFirst() == this, "timed out out of turn");
                check(now - waitingSinceNanos >= WAIT_TIMEOUT_NANOS, "timed out too early");
            }
            home.queued.remove(this);
            expectsAnswer = false;
            refused++;
        }
    }

    private final class Lane implements LaneOwner<Server> {
        final int index;
        final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        final ArrayDeque<Client> queued = new ArrayDeque<>();
        final PoolLane<Server> lane;
        int connects;

        Lane(int index) {
            this.index = index;
            this.lane = new PoolLane<>(index, tasks::add, this, budget, WAIT_TIMEOUT_NANOS, () -> now);
        }

        @Override
        public void connect(PoolLane<Server> asking) {
            check(asking == lane, "a lane connects for another one");
            connects++;
            connecting++;
            check(connecting <= maxConnecting, connecting + " connects at once");
            check(connecting + existing <= maxServers, (connecting + existing) + " servers");
        }

        @Override
        public boolean isUsable(Server server) {
            return server.alive;
        }

        @Override
        public void move(Server server, PoolLane<Server> to) {
            check(server.place == Place.IDLE && server.lane == index, "moved while " + server.place);
            server.place = Place.MOVING;
            moving.add(server);
            server.lane =
                    lanes.stream().filter(other -> other.lane == to).findFirst().orElseThrow().index;
            check(server.lane != index, "moved to where it was");
            moves++;
        }

        @Override
        public @Nullable ErrorFields refusal(long nowNanos) {
            return refusing && existing == 0 ? PoolerError.SERVER_CLOSED.plain() : null;
        }

        @Override
        public void onWaited(long nanos) {
            check(nanos >= 0, "waited " + nanos + " ns");
        }
    }

    private final Random random;
    private final int maxServers;
    private final int maxConnecting;
    private final ConnectionBudget budget;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Server> all = new ArrayList<>();
    private final List<Server> held = new ArrayList<>();
    private final List<Server> moving = new ArrayList<>();
    private long now = 42;
    private int connecting;
    private int existing;
    private boolean refusing;
    /** Whether connects fail in this run: after one that did, only the clock makes lanes try again. */
    private final boolean connectsFail;

    private boolean clockOwed;
    long served;
    long refused;
    long moves;

    LaneSimulation(long seed) {
        random = new Random(seed);
        maxServers = 1 + random.nextInt(6);
        maxConnecting = 1 + random.nextInt(3);
        connectsFail = random.nextBoolean();
        budget = new ConnectionBudget(maxServers, maxConnecting);
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            lanes.add(new Lane(i));
        }
        List<PoolLane<Server>> queues = lanes.stream().map(lane -> lane.lane).toList();
        queues.forEach(queue -> queue.join(queues));
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    void step() {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> runTask(any(lanes));
            case 4, 5 -> new Client(any(lanes)).acquire();
            case 6, 7, 8 -> releaseOne();
            case 9 -> connectEnds(!connectsFail || random.nextInt(4) != 0);
            case 10 -> moveEnds();
            case 11 -> {
                Lane lane = any(lanes);
                if (!lane.queued.isEmpty()) {
                    any(List.copyOf(lane.queued)).giveUp();
                }
            }
            case 12 -> {
                if (random.nextInt(4) == 0 && !all.isEmpty()) {
                    dieOrIsFoundDead(any(all));
                }
            }
            case 13 -> now += random.nextInt(4) == 0 ? RETRY_NANOS : random.nextInt(3_000_000);
            case 14 -> any(lanes).lane.onTick(now);
            default -> refusing = random.nextInt(8) == 0;
        }
        checkNumbers();
    }

    private void checkNumbers() {
        check(budget.connecting() == connecting, "budget counts " + budget.connecting() + " connects of " + connecting);
        check(
                budget.servers() == existing + connecting,
                "budget counts " + budget.servers() + " servers of " + (existing + connecting));
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
        lanes.get(server.lane).lane.release(server);
    }

    /** The socket is dead, and its event loop learns of it now or later. */
    private void dieOrIsFoundDead(Server server) {
        if (server.alive && random.nextBoolean()) {
            server.alive = false;
        } else if (server.place != Place.MOVING) {
            die(server);
        }
    }

    private void die(Server server) {
        server.alive = false;
        server.place = Place.GONE;
        held.remove(server);
        all.remove(server);
        existing--;
        lanes.get(server.lane).lane.gone(server);
    }

    private void connectEnds(boolean success) {
        List<Lane> busy = lanes.stream().filter(lane -> lane.connects > 0).toList();
        if (busy.isEmpty()) {
            return;
        }
        Lane lane = any(busy);
        lane.connects--;
        connecting--;
        if (success) {
            Server server = new Server(lane.index);
            all.add(server);
            existing++;
            lane.lane.connected(server);
        } else {
            clockOwed = true;
            boolean tell = existing == 0 && random.nextBoolean();
            lane.lane.connectFailed(
                    now + random.nextInt((int) RETRY_NANOS), tell ? PoolerError.SERVER_CLOSED.plain() : null);
            if (tell) {
                check(lane.queued.isEmpty(), "refused, but not everybody");
            }
        }
    }

    private void moveEnds() {
        if (moving.isEmpty()) {
            return;
        }
        Server server = any(moving);
        moving.remove(server);
        Lane to = lanes.get(server.lane);
        if (server.alive && random.nextInt(8) != 0) {
            server.place = Place.IDLE;
            to.lane.arrived(server);
        } else {
            server.alive = false;
            server.place = Place.GONE;
            all.remove(server);
            existing--;
            to.lane.lost();
        }
    }

    /** Lets everything finish that is under way, without any clock, and checks that nobody waits for nothing. */
    void quiesce() {
        refusing = false;
        for (Server server : List.copyOf(all)) {
            if (!server.alive && server.place != Place.MOVING) {
                die(server);
            }
        }
        settle();
        if (clockOwed) {
            tickAll();
            settle();
        }
        checkNobodyWaitsForNothing();
    }

    private void tickAll() {
        now += RETRY_NANOS;
        lanes.forEach(lane -> lane.lane.onTick(now));
        clockOwed = false;
    }

    private void settle() {
        boolean more = true;
        while (more) {
            while (connecting > 0) {
                connectEnds(true);
            }
            while (!moving.isEmpty()) {
                moveEnds();
            }
            more = false;
            for (Lane lane : lanes) {
                more |= !lane.tasks.isEmpty();
                runTask(lane);
            }
            checkNumbers();
            more |= connecting > 0 || !moving.isEmpty();
        }
        for (Server server : List.copyOf(all)) {
            if (!server.alive) {
                die(server);
                settle();
                return;
            }
        }
    }

    private void checkNobodyWaitsForNothing() {
        long waiting = lanes.stream().mapToLong(lane -> lane.queued.size()).sum();
        long known = lanes.stream().mapToLong(lane -> lane.lane.waitingCount()).sum();
        check(waiting == known, waiting + " clients wait, " + known + " are known to");
        if (waiting > 0) {
            check(all.stream().noneMatch(s -> s.place == Place.IDLE), waiting + " wait while a server is idle");
            check(existing == maxServers, waiting + " wait with " + existing + " of " + maxServers + " servers");
        }
    }

    /** Serves everybody who waits, then ends all servers: nobody may be left over and no permit be missing. */
    void finish() {
        quiesce();
        int rounds = 0;
        while (lanes.stream().anyMatch(lane -> !lane.queued.isEmpty())) {
            check(rounds++ < 100_000, "clients wait for ever");
            if (!held.isEmpty()) {
                release(held.get(0));
            }
            now += 1_000;
            settle();
        }
        settle();
        for (Server server : List.copyOf(all)) {
            die(server);
        }
        settle();
        assertThat(budget.servers()).isZero();
        assertThat(budget.connecting()).isZero();
        assertThat(lanes).allMatch(lane -> lane.lane.idleCount() == 0 && lane.lane.waitingCount() == 0);
    }
}
