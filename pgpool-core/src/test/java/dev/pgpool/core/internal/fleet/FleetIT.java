package dev.pgpool.core.internal.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Poolers that share one budget, which a real PostgreSQL keeps for an ordinary role. */
@OnEveryPostgres
class FleetIT {
    private static final int BOUND = 6;

    private final TestPostgres postgres;
    private final String role;
    private final List<TestPooler> poolers = new ArrayList<>();
    private FleetObserver observer;

    FleetIT(TestPostgres postgres) {
        this.postgres = postgres;
        this.role = postgres.createRole("trust", "none");
    }

    @BeforeEach
    void watch() throws Exception {
        observer = new FleetObserver(postgres, role, 10, BOUND);
    }

    @AfterEach
    void holds() throws Exception {
        poolers.forEach(TestPooler::close);
        try {
            assertThat(observer.tooMany())
                    .as("looks with more servers than the bound")
                    .isEmpty();
            assertThat(observer.looks()).isGreaterThan(10);
        } finally {
            observer.close();
        }
    }

    private TestPooler member() {
        return member(1);
    }

    private TestPooler member(int weight) {
        TestPooler pooler = TestPooler.start(
                postgres,
                2 * BOUND,
                db -> db.user(role)
                        .maxParallelConnects(10)
                        .fleet(fleet ->
                                fleet.name("orders").maxServerConnections(BOUND).weight(weight)));
        poolers.add(pooler);
        return pooler;
    }

    private FleetLoad load(TestPooler pooler) {
        return new FleetLoad(pooler.address(), "someone", 2 * BOUND, "select pg_sleep(0.003)");
    }

    private static int servers(TestPooler pooler) {
        return pooler.snapshot().pools().stream()
                .mapToInt(pool -> pool.servers())
                .sum();
    }

    @Test
    void oneThatIsBusyHasAllThatOthersDoNotUse() throws Exception {
        TestPooler first = member();
        member();
        try (FleetLoad load = load(first)) {
            await().until(() -> servers(first) == BOUND);
            await().until(() -> load.done() > 200);
        }
    }

    @Test
    void ifAllWantMoreEachHasItsShare() throws Exception {
        TestPooler first = member();
        try (FleetLoad one = load(first)) {
            await().until(() -> servers(first) == BOUND);
            TestPooler second = member();
            try (FleetLoad two = load(second)) {
                TestPooler third = member();
                try (FleetLoad three = load(third)) {
                    await().atMost(Duration.ofSeconds(5))
                            .until(() -> servers(first) == 2 && servers(second) == 2 && servers(third) == 2);
                    long before = third.snapshot().clients();
                    assertThat(before).isPositive();
                }
            }
            await().until(() -> servers(first) == BOUND);
        }
    }

    @Test
    void sharesAreInProportionToWeights() throws Exception {
        TestPooler heavy = member(2);
        TestPooler light = member(1);
        try (FleetLoad one = load(heavy);
                FleetLoad two = load(light)) {
            await().until(() -> servers(heavy) == 4 && servers(light) == 2);
        }
    }

    @Test
    void withMoreMembersThanServersAllProgress() throws Exception {
        List<FleetLoad> loads = new ArrayList<>();
        try {
            for (int i = 0; i < BOUND + 2; i++) {
                loads.add(new FleetLoad(member().address(), "someone", 2, "select pg_sleep(0.003)"));
            }
            for (int round = 1; round <= 3; round++) {
                long goal = 20L * round;
                for (FleetLoad load : loads) {
                    await().atMost(Duration.ofSeconds(30)).until(() -> load.done() >= goal);
                }
            }
        } finally {
            for (FleetLoad load : loads) {
                load.close();
            }
        }
    }

    @Test
    void lossOfControlSessionsNeverRaisesTheBound() throws Exception {
        TestPooler first = member();
        TestPooler second = member();
        try (FleetLoad one = load(first);
                FleetLoad two = load(second)) {
            await().until(() -> one.done() > 20 && two.done() > 20);
            for (int i = 0; i < 5; i++) {
                // the transactions before may have needed none of them
                await().until(() -> observer.terminateControls() > 0);
                long one1 = one.done();
                long two1 = two.done();
                await().until(() -> one.done() > one1 + 50 && two.done() > two1 + 50);
            }
        }
    }

    @Test
    void whatPostgresRefusesIsWaitedForAndSaidBefore() throws Exception {
        // the control session is one of them
        postgres.execute("ALTER ROLE " + role + " CONNECTION LIMIT 3");
        try (LogCapture log = LogCapture.everything()) {
            TestPooler pooler = member();
            try (FleetLoad load = load(pooler)) {
                await().until(() -> load.done() > 100);
            }
            assertThat(log.lines())
                    .anySatisfy(
                            line -> assertThat(line).contains("fleet's budget is above", "limitOf=role", "limit=3"));
        }
    }

    @Test
    void theConsoleShowsAllMembers() throws Exception {
        TestPooler first = TestPooler.start(b -> b.everybodyIsAdmin(true)
                .database(
                        "app",
                        db -> TestPooler.at(db, postgres)
                                .user(role)
                                .fleet(fleet -> fleet.name("orders").maxServerConnections(BOUND))));
        poolers.add(first);
        TestPooler second = member();
        try (FleetLoad load = load(second);
                WireClient boss = WireClient.login(first.address(), "someone", "pgbouncer")) {
            await().until(() -> servers(second) == BOUND);
            await().untilAsserted(() -> {
                List<String> rows = boss.query("SHOW FLEET").exchange().stream()
                        .filter(row -> row.startsWith("DataRow"))
                        .toList();
                assertThat(rows).hasSize(2);
                // servers, share, lent, borrowed
                assertThat(rows).anySatisfy(row -> assertThat(row).contains("1 '6' 1 '3' 1 '0' 1 '3'"));
                assertThat(rows).anySatisfy(row -> assertThat(row).contains("1 '0' 1 '3' 1 '3' 1 '0'"));
            });
            boss.terminate();
        }
    }

    @Test
    void adviceKnowsWhatTheFleetLeaves() throws Exception {
        TestPooler first = member();
        TestPooler second = member();
        try (WireClient client = WireClient.login(first.address(), "someone", "app")) {
            client.run("SELECT 1");
            await().untilAsserted(() -> assertThat(possible(first)).isEqualTo(BOUND));
            try (FleetLoad load = load(second)) {
                // the second wants all: half is left
                await().untilAsserted(() -> assertThat(possible(first)).isEqualTo(BOUND / 2));
            }
            await().untilAsserted(() -> assertThat(possible(first)).isEqualTo(BOUND));
        }
    }

    private int possible(TestPooler pooler) {
        return pooler.pool()
                .advice()
                .pool(new PoolKey("app", role), AdviceWindow.HOUR)
                .orElseThrow()
                .sizes()
                .possible()
                .orElse(0);
    }

    @Test
    void whatAMemberLeavesBehindIsFree() throws Exception {
        TestPooler first = member();
        TestPooler second = member();
        try (FleetLoad load = load(first)) {
            await().until(() -> servers(first) == BOUND);
        }
        first.close();
        try (FleetLoad load = load(second)) {
            await().until(() -> servers(second) == BOUND);
        }
    }
}
