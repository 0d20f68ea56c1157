package dev.pgpool.core.advice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PoolKey;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a pooler advises after real work, through JDBC. */
@Tag("once")
class AdviceIT {
    private static final TestPostgres POSTGRES = TestPostgres.shared(18);
    private static final PoolKey POOL = new PoolKey(TestPostgres.DATABASE, TestPostgres.USER);

    /** What a client does over and over. */
    private interface Work {
        void run(Connection connection) throws SQLException, InterruptedException;
    }

    private static TestPooler pooler(int loops, int servers, Consumer<DatabaseBuilder> more) {
        return TestPooler.start(settings -> settings.eventLoops(loops)
                .everybodyIsAdmin(true)
                .database(TestPostgres.DATABASE, db -> {
                    TestPooler.at(db, POSTGRES).maxConnections(servers).minConnections(servers);
                    more.accept(db);
                }));
    }

    /** Has so many clients work for a while; returns what is advised then. */
    private static PoolAdvice afterWork(TestPooler pooler, int clients, Work work) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (WireClient first = pooler.login()) {
            first.run("SELECT 1");
            int servers = pooler.pool()
                    .config()
                    .databases()
                    .get(TestPostgres.DATABASE)
                    .pool()
                    .limits()
                    .maxConnections();
            await().until(() -> pooler.snapshot().pools().get(0).serversIdle() == servers);
            long end = System.nanoTime() + Duration.ofSeconds(7).toNanos();
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                tasks.add(() -> {
                    try (Connection connection = DriverManager.getConnection(
                            pooler.pool().jdbcUrl(TestPostgres.DATABASE), TestPostgres.USER, "")) {
                        // not all at once
                        Thread.sleep(ThreadLocalRandom.current().nextInt(80));
                        while (System.nanoTime() < end) {
                            work.run(connection);
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        return pooler.pool().advice().pool(POOL, AdviceWindow.HOUR).orElseThrow();
    }

    private static void sleepOnServer(Connection connection, double millis) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_sleep(" + millis / 1_000 + ")");
        }
    }

    /** A request of 20 ms or so, and then a pause of 60 or so. */
    private static void request(Connection connection) throws SQLException, InterruptedException {
        SplittableRandom dice = new SplittableRandom(ThreadLocalRandom.current().nextLong());
        sleepOnServer(connection, 20 * -Math.log(1 - dice.nextDouble()));
        Thread.sleep((long) (60 * -Math.log(1 - dice.nextDouble())));
    }

    @Test
    void aPoolThatIsTooSmallIsAdvisedASizeAtWhichItsWaitsVanish() throws Exception {
        PoolAdvice small;
        try (TestPooler pooler = pooler(1, 3, db -> {})) {
            small = afterWork(pooler, 20, AdviceIT::request);
        }
        assertThat(small.verdict()).as("%s", small).isEqualTo(Verdict.TOO_SMALL);
        assertThat(small.waits().count()).isGreaterThan(200);
        assertThat(small.servers().peak()).isEqualTo(3);
        int advised = small.sizes().for99().orElseThrow();
        // by the simulation of the same clients, it is ten
        assertThat(advised).isBetween(6, 14);

        try (TestPooler pooler = pooler(1, advised, db -> {})) {
            PoolAdvice right = afterWork(pooler, 20, AdviceIT::request);
            // by time, since a machine that stands still for a moment makes many short waits
            assertThat(right.waits().total())
                    .as("%s", right)
                    .isLessThan(small.waits().total().dividedBy(20));
            assertThat(right.work().transactions()).isGreaterThan(small.work().transactions());
        }
    }

    /** As {@code pgbench} does it at a scale of twenty, with ten milliseconds for the server to work in. */
    private static void tpcb(Connection connection) throws SQLException, InterruptedException {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int delta = random.nextInt(-5_000, 5_000);
        int account = random.nextInt(2_000);
        int teller = random.nextInt(200);
        int branch = random.nextInt(20);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_sleep(0.01)");
            statement.execute("UPDATE accounts SET balance = balance + " + delta + " WHERE id = " + account);
            statement.execute("SELECT balance FROM accounts WHERE id = " + account);
            statement.execute("UPDATE tellers SET balance = balance + " + delta + " WHERE id = " + teller);
            statement.execute("UPDATE branches SET balance = balance + " + delta + " WHERE id = " + branch);
            statement.execute("INSERT INTO history VALUES (" + teller + ", " + branch + ", " + account + ", " + delta
                    + ", CURRENT_TIMESTAMP)");
        }
        connection.commit();
        Thread.sleep(random.nextInt(80));
    }

    @Test
    void theTransactionsOfPgbenchAreAdvisedASizeAtWhichTheirWaitsVanish() throws Exception {
        for (String table : List.of("accounts", "tellers", "branches")) {
            POSTGRES.execute(
                    "CREATE TABLE " + table + " (id int PRIMARY KEY, balance int)",
                    "INSERT INTO " + table + " SELECT i, 0 FROM generate_series(0, 1999) i",
                    "ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER);
        }
        POSTGRES.execute(
                "CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamptz)",
                "ALTER TABLE history OWNER TO " + TestPostgres.USER);
        PoolAdvice small;
        try (TestPooler pooler = pooler(1, 2, db -> {})) {
            small = afterWork(pooler, 16, AdviceIT::tpcb);
            assertThat(small.verdict()).as("%s", small).isEqualTo(Verdict.TOO_SMALL);
            assertThat(pooler.pool().advice().text(AdviceWindow.DAY))
                    .anySatisfy(line -> assertThat(line).startsWith(POOL + ": too small: "))
                    .allSatisfy(line -> assertThat(line).startsWith(POOL + ": "));
        }
        int advised = small.sizes().for99().orElseThrow();
        try (TestPooler pooler = pooler(1, advised, db -> {})) {
            PoolAdvice right = afterWork(pooler, 16, AdviceIT::tpcb);
            assertThat(right.waits().total())
                    .as("%s", right)
                    .isLessThan(small.waits().total().dividedBy(20));
            assertThat(right.work().transactions()).isGreaterThan(small.work().transactions());
        }
    }

    /** Of the server, the role and the database the least counts. */
    @Test
    void whatPostgresAllowsIsAskedOfAnIdleServer() throws Exception {
        String role = POSTGRES.createRole("trust", "");
        PoolKey ofRole = new PoolKey(TestPostgres.DATABASE, role);
        int max = Integer.parseInt(POSTGRES.query("SHOW max_connections").get(0))
                - Integer.parseInt(
                        POSTGRES.query("SHOW superuser_reserved_connections").get(0));
        try (TestPooler pooler = pooler(2, 3, db -> {});
                WireClient client = pooler.loginAs(role, TestPostgres.DATABASE)) {
            client.run("SELECT 1");
            client.run("SET search_path = nowhere");
            assertThat(possible(pooler, ofRole)).isEqualTo(max);
            client.run("SELECT 1");
            assertThat(pooler.snapshot().pools().get(0).serversIdle()).isPositive();
        }
        POSTGRES.execute("ALTER ROLE " + role + " CONNECTION LIMIT 7");
        try (TestPooler pooler = pooler(2, 3, db -> db.maxServerConnections(9));
                WireClient client = pooler.loginAs(role, TestPostgres.DATABASE)) {
            client.run("SELECT 1");
            assertThat(possible(pooler, ofRole)).isEqualTo(7);
        }
        try (TestPooler pooler = pooler(2, 3, db -> db.maxServerConnections(5));
                WireClient client = pooler.loginAs(role, TestPostgres.DATABASE)) {
            client.run("SELECT 1");
            assertThat(possible(pooler, ofRole)).isEqualTo(5);
        }
    }

    private static int possible(TestPooler pooler, PoolKey key) {
        await().until(() -> pooler.snapshot().pools().get(0).serversIdle() > 0);
        return pooler.pool()
                .advice()
                .pool(key, AdviceWindow.HOUR)
                .orElseThrow()
                .sizes()
                .possible()
                .orElseThrow();
    }

    /** Clients and servers are spread over the loops: a server on its way from one to another is no missing one. */
    @Test
    void aPoolOnSeveralEventLoopsIsSeenAsOne() throws Exception {
        try (TestPooler pooler = pooler(3, 4, db -> {})) {
            PoolAdvice advice = afterWork(pooler, 20, AdviceIT::request);
            assertThat(advice.verdict()).as("%s", advice).isEqualTo(Verdict.TOO_SMALL);
            assertThat(advice.servers().peak()).isEqualTo(4);
            assertThat(advice.sizes().for99().orElseThrow()).isBetween(6, 15);
        }
        try (TestPooler pooler = pooler(3, 20, db -> {})) {
            PoolAdvice advice = afterWork(pooler, 20, AdviceIT::request);
            assertThat(advice.verdict()).as("%s", advice).isEqualTo(Verdict.SUFFICIENT);
        }
    }

    @Test
    void clientsThatAreIdleInTransactionAreFoundOut() throws Exception {
        try (TestPooler pooler = pooler(1, 2, db -> {})) {
            PoolAdvice advice = afterWork(pooler, 6, connection -> {
                connection.setAutoCommit(false);
                sleepOnServer(connection, 1);
                Thread.sleep(30);
                connection.commit();
            });
            assertThat(advice.verdict()).as("%s", advice).isEqualTo(Verdict.HELD_BY_IDLE_TRANSACTIONS);
            assertThat(advice.work().idleTime()).isGreaterThan(Duration.ofSeconds(7));
        }
    }

    @Test
    void aFewThatHoldLocksForLongAreFoundOut() throws Exception {
        try (TestPooler pooler = pooler(1, 2, db -> {})) {
            PoolAdvice advice = afterWork(
                    pooler,
                    6,
                    connection -> sleepOnServer(
                            connection, ThreadLocalRandom.current().nextInt(40) == 0 ? 2_500 : 2));
            assertThat(advice.verdict()).as("%s", advice).isEqualTo(Verdict.HELD_BY_LONG_TRANSACTIONS);
        }
    }

    @Test
    void clientsThatHoldConnectionsForNothingAreNamedAndTheConsoleSaysIt() throws Exception {
        try (TestPooler pooler = pooler(1, 10, db -> {})) {
            List<WireClient> idle = new ArrayList<>();
            try {
                for (int i = 0; i < 30; i++) {
                    idle.add(pooler.login());
                }
                PoolAdvice advice = afterWork(pooler, 3, AdviceIT::request);
                assertThat(advice.verdict()).isEqualTo(Verdict.SUFFICIENT);
                assertThat(advice.remarks()).contains(Remark.CLIENTS_OVERSIZED, Remark.PARTLY_SEEN);
                assertThat(advice.servers().peak()).isBetween(2, 3);
                assertThat(advice.servers().idleShare()).isGreaterThan(0.9);
                assertThat(advice.sizes().for999()).hasValue(advice.servers().peak());
                LoadHistory load = pooler.pool().advice().load(TestPostgres.DATABASE);
                assertThat(load.hours()).isNotEmpty();
                assertThat(load.hours()).allMatch(hour -> hour.servers() < 3);

                try (WireClient console = pooler.loginAs("operator", "pgbouncer")) {
                    assertThat(String.join("\n", console.query("SHOW ADVICE").exchange()))
                            .contains("sufficient", "clients_oversized", "partly_seen", "hour", "day", "week");
                }
            } finally {
                idle.forEach(WireClient::close);
            }
        }
    }
}
