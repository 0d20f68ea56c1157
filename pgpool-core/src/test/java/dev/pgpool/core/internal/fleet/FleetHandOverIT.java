package dev.pgpool.core.internal.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * How long a client waits whose pooler has no server, while all of the budget is idle at another. {@code
 * -Dpgpool.test.fleet.handovers=N} measures more of them.
 */
@OnEveryPostgres
class FleetHandOverIT {
    private static final int HAND_OVERS = Integer.getInteger("pgpool.test.fleet.handovers", 60);
    private static final int BOUND = 6;
    /** Far from what is seen on a quiet machine: see docs/fleet.md. */
    private static final long MEDIAN_MILLIS = 500;

    private static final long SLOWEST_MILLIS = 5_000;

    private final TestPostgres postgres;
    private final String role;
    private final Random random = new Random();
    private final List<TestPooler> poolers = new ArrayList<>();
    private final List<WireClient> clients = new ArrayList<>();

    FleetHandOverIT(TestPostgres postgres) {
        this.postgres = postgres;
        this.role = postgres.createRole("trust", "none");
    }

    /** The clients of one more member, as many as there may be servers. */
    private List<WireClient> member() {
        TestPooler pooler = TestPooler.start(
                postgres,
                BOUND,
                db -> db.user(role).fleet(fleet -> fleet.name("orders").maxServerConnections(BOUND)));
        poolers.add(pooler);
        List<WireClient> made = new ArrayList<>();
        for (int i = 0; i < BOUND; i++) {
            made.add(WireClient.login(pooler.address(), "someone", "app"));
        }
        clients.addAll(made);
        return made;
    }

    @AfterEach
    void close() {
        clients.forEach(WireClient::close);
        poolers.forEach(TestPooler::close);
    }

    @Test
    void whatIsIdleElsewhereIsThereWithinAFifthOfASecond() throws Exception {
        List<List<WireClient>> members = List.of(member(), member());
        members.get(0).forEach(client -> client.run("BEGIN"));
        members.get(0).forEach(client -> client.run("COMMIT"));
        List<Double> millis = new ArrayList<>();
        for (int round = 1; millis.size() < HAND_OVERS; round++) {
            List<WireClient> hungry = members.get(round % 2);
            for (WireClient client : hungry) {
                // at any time of what members do by themselves
                Thread.sleep(random.nextInt(150));
                long begun = System.nanoTime();
                client.run("BEGIN");
                millis.add((System.nanoTime() - begun) / 1e6);
            }
            hungry.forEach(client -> client.run("COMMIT"));
        }
        await().until(() -> poolers.stream()
                        .flatMap(pooler -> pooler.snapshot().pools().stream())
                        .mapToInt(pool -> pool.servers())
                        .sum()
                <= BOUND);
        millis.sort(null);
        System.out.printf(
                "fleet hand-over on %s: %d, median %.1f ms, p99 %.1f ms, slowest %.1f ms%n",
                postgres, millis.size(), at(millis, 0.5), at(millis, 0.99), at(millis, 1));
        assertThat(at(millis, 0.5)).isLessThan(MEDIAN_MILLIS);
        assertThat(at(millis, 1)).isLessThan(SLOWEST_MILLIS);
    }

    private static double at(List<Double> sorted, double quantile) {
        return sorted.get((int) Math.min(sorted.size() - 1, quantile * sorted.size()));
    }
}
