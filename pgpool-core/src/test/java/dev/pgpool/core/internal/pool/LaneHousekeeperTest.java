package dev.pgpool.core.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When servers are closed, replaced and kept, with a clock that the test moves. */
class LaneHousekeeperTest {
    private static final long LIFETIME = 1_000;
    private static final long IDLE = 100_000_000_000L;

    private final Map<String, ServerAge> ages = new HashMap<>();
    private final List<String> events = new ArrayList<>();
    private long now;
    private int minimum;
    private @Nullable PoolLane<String> lane;

    private PoolLane<String> lane(int maxServers, long idleNanos) {
        PoolLane<String> made = new PoolLane<>(
                0,
                Runnable::run,
                new Owner(),
                new ConnectionBudget(maxServers, 2),
                new LaneRules(
                        LaneRules.NEVER,
                        LaneRules.NEVER,
                        LaneRules.NEVER,
                        LaneRules.NEVER,
                        idleNanos,
                        500,
                        false,
                        false),
                () -> now);
        made.join(List.of(made));
        lane = made;
        return made;
    }

    private final class Owner implements LaneOwner<String> {
        @Override
        public void connect(PoolLane<String> asking) {
            events.add("connect");
        }

        @Override
        public ServerAge age(String server) {
            return ages.computeIfAbsent(server, name -> new ServerAge(now, LIFETIME));
        }

        @Override
        public void check(String server, PoolLane<String> asking) {
            throw new AssertionError("no checks here");
        }

        @Override
        public void retire(String server, CloseReason reason) {
            events.add("close " + server + " " + reason.label());
            PoolLane<String> known = lane;
            if (known != null) {
                known.gone(server);
            }
        }

        @Override
        public int minimum() {
            return minimum;
        }

        @Override
        public boolean isUsable(String server) {
            return true;
        }

        @Override
        public void move(String server, PoolLane<String> to) {
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

    private static final class Client extends Waiter<String> {
        @Nullable
        String server;

        @Override
        protected void onServer(String given) {
            server = given;
        }

        @Override
        protected void onNoServer(ErrorFields error) {
            throw new AssertionError(error.message());
        }
    }

    /** However short the lifetime, it is the use by clients that keeps a server in the pool, and not its replacement. */
    @ParameterizedTest
    @ValueSource(longs = {1, 50_000_000, 300_000_000, 999_999_999})
    void unusedServersAreNotReplacedForEver(long lifetimeNanos) {
        PoolLane<String> made = lane(2, LaneRules.NEVER);
        Client client = new Client();
        made.acquire(client);
        ages.put("s0", new ServerAge(now, lifetimeNanos));
        made.connected("s0");
        made.release("s0");
        int connected = 1;
        for (long begun = now; now - begun < 10_000_000_000L; now += 100_000_000) {
            made.onTick(now);
            while (events.stream().filter("connect"::equals).count() > connected) {
                ages.put("s" + connected, new ServerAge(now, lifetimeNanos));
                made.connected("s" + connected++);
            }
        }
        assertThat(made.idleCount()).isZero();
        assertThat(connected).as("servers of the second after the last use").isLessThanOrEqualTo(12);
    }

    /** A lane with one server, which a client holds and which has just become too old. */
    private PoolLane<String> withOldServerInUse(int maxServers) {
        PoolLane<String> made = lane(maxServers, LaneRules.NEVER);
        Client client = new Client();
        assertThat(made.acquire(client)).isNull();
        made.connected("old");
        assertThat(client.server).isEqualTo("old");
        events.clear();
        now = LIFETIME;
        made.onTick(now);
        assertThat(events).isEmpty();
        return made;
    }

    @Test
    void serverThatIsNeededIsUsedOnUntilItsReplacementIsThere() {
        PoolLane<String> made = withOldServerInUse(2);

        made.release("old");
        assertThat(events).containsExactly("connect");
        assertThat(made.acquire(new Client())).isEqualTo("old");
        made.connected("new");
        assertThat(events).containsExactly("connect");
        made.release("old");

        assertThat(events).containsExactly("connect", "close old server_lifetime");
        assertThat(made.acquire(new Client())).isEqualTo("new");
    }

    @Test
    void idleServerGoesWhenItsReplacementIsThere() {
        PoolLane<String> made = withOldServerInUse(2);
        made.release("old");

        made.connected("new");

        assertThat(events).containsExactly("connect", "close old server_lifetime");
        assertThat(made.acquire(new Client())).isEqualTo("new");
    }

    @Test
    void serverGoesFirstWhereThereIsNoRoomForAReplacement() {
        PoolLane<String> made = withOldServerInUse(1);
        assertThat(made.acquire(new Client())).isNull();

        made.release("old");

        assertThat(events).containsExactly("close old server_lifetime", "connect");
    }

    @Test
    void oldServerIsBetterThanNoneWhileConnectsFail() {
        PoolLane<String> made = withOldServerInUse(2);
        made.release("old");
        made.connectFailed(now + 100);

        for (int i = 0; i < 5; i++) {
            assertThat(made.acquire(new Client())).isEqualTo("old");
            made.release("old");
        }
        assertThat(events).containsExactly("connect");
        now += 100;
        assertThat(made.acquire(new Client())).isEqualTo("old");
        made.release("old");

        assertThat(events).containsExactly("connect", "connect");
    }

    @Test
    void replacementThatTakesTooLongIsNotWaitedFor() {
        PoolLane<String> made = withOldServerInUse(2);
        made.release("old");
        now = LIFETIME + 500;

        made.onTick(now);

        assertThat(events).containsExactly("connect", "close old server_lifetime");
    }

    @Test
    void serverThatNobodyNeedsIsJustClosed() {
        PoolLane<String> made = withOldServerInUse(2);
        Client second = new Client();
        assertThat(made.acquire(second)).isNull();
        made.connected("young");
        events.clear();
        made.release("young");

        made.release("old");

        assertThat(events).containsExactly("close old server_lifetime");
    }

    @Test
    void minimumIsReplacedBeforeItIsClosed() {
        minimum = 1;
        PoolLane<String> made = lane(2, LaneRules.NEVER);
        made.onTick(now);
        made.connected("old");
        assertThat(events).containsExactly("connect");
        now = LIFETIME + 20_000_000_000L;

        made.onTick(now);
        made.connected("new");

        assertThat(events).containsExactly("connect", "connect", "close old server_lifetime");
    }

    @Test
    void idleServersBeyondTheMinimumAreClosedOldestFirst() {
        minimum = 1;
        PoolLane<String> made = lane(3, IDLE);
        Client one = new Client();
        Client two = new Client();
        assertThat(made.acquire(one)).isNull();
        assertThat(made.acquire(two)).isNull();
        ages.put("a", new ServerAge(0, LaneRules.NEVER));
        ages.put("b", new ServerAge(0, LaneRules.NEVER));
        made.connected("a");
        made.connected("b");
        made.release("a");
        now = 5;
        made.onTick(now);
        made.release("b");
        events.clear();
        now = IDLE - 1;
        made.onTick(now);
        assertThat(events).isEmpty();

        now = IDLE;
        made.onTick(now);
        now = 3 * IDLE;
        made.onTick(now);

        assertThat(events).containsExactly("close a server_idle_timeout");
    }
}
