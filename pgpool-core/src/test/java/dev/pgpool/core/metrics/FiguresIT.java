package dev.pgpool.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.Latency;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The figures of a pooler against what was done through it. */
@OnEveryPostgres
class FiguresIT {
    /** {@code Q}, length, text, terminator. */
    private static final int BYTES_OF_QUERY = 1 + 4 + "SELECT 1".length() + 1;
    /** RowDescription of one column named {@code ?column?}, DataRow, CommandComplete, ReadyForQuery. */
    private static final int BYTES_OF_ANSWER = (1 + 4 + 2 + 9 + 18) + (1 + 4 + 2 + 4 + 1) + (1 + 4 + 9) + (1 + 4 + 1);

    private final TestPostgres postgres;

    FiguresIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private static PgPoolSnapshot.Pool pool(TestPooler pooler) {
        return pooler.snapshot().pools().get(0);
    }

    private static Traffic traffic(TestPooler pooler) {
        return pool(pooler).traffic();
    }

    @Test
    void everyQueryAndTransactionAndByteIsCounted() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login()) {
            Traffic before = traffic(pooler);
            for (int i = 0; i < 1_000; i++) {
                client.run("SELECT 1");
            }
            Traffic after = traffic(pooler);

            assertThat(after.queries() - before.queries()).isEqualTo(1_000);
            assertThat(after.transactions() - before.transactions()).isEqualTo(1_000);
            assertThat(after.serverAssignments() - before.serverAssignments()).isEqualTo(1_000);
            assertThat(after.bytesReceived() - before.bytesReceived()).isEqualTo(1_000 * BYTES_OF_QUERY);
            assertThat(after.bytesSent() - before.bytesSent()).isEqualTo(1_000 * BYTES_OF_ANSWER);
            assertThat(after.waitTime()).isEqualTo(before.waitTime());
            assertThat(after.clientLogins()).isEqualTo(1);
        }
    }

    /** What the pooler itself asks of a server between two clients, the reset query of session mode, counts for no client. */
    @ParameterizedTest
    @EnumSource(PoolMode.class)
    void goodbyesAreNoQueries(PoolMode mode) throws Exception {
        try (TestPooler pooler = TestPooler.start(settings -> settings.poolMode(mode)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1)))) {
            for (int i = 1; i <= 5; i++) {
                try (WireClient client = pooler.login()) {
                    client.run("SELECT 1");
                    client.parse("", "SELECT 2").bind("").execute().sync().exchange();
                    client.terminate().send().readUntilClosed();
                }
                await().until(() -> pool(pooler).clients() == 0);
                await().until(() -> pool(pooler).serversIdle() == 1);
                assertThat(traffic(pooler).queries()).isEqualTo(2L * i);
                assertThat(traffic(pooler).transactions()).isEqualTo(2L * i);
                assertThat(traffic(pooler).serverAssignments()).isEqualTo(mode == PoolMode.SESSION ? i : 2L * i);
            }
        }
    }

    /** As in PgBouncer, whose columns of Parses and Binds are of the statements that it tracks. */
    @Test
    void statementsAreNotCountedWithoutATable() {
        try (TestPooler pooler = TestPooler.start(postgres, 2, db -> db.maxPreparedStatements(0));
                WireClient client = pooler.login()) {
            client.parse("s", "SELECT 1").bind("s").execute().sync().exchange();
            client.parse("", "SELECT 1").bind("").execute().sync().exchange();
            Traffic traffic = traffic(pooler);
            assertThat(traffic.queries()).isPositive();
            assertThat(List.of(traffic.clientParses(), traffic.serverParses(), traffic.binds()))
                    .containsOnly(0L);
        }
    }

    @Test
    void transactionOfManyQueriesIsOne() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login()) {
            Traffic before = traffic(pooler);
            client.run("BEGIN").run("SELECT 1").run("SELECT 2").run("COMMIT");
            client.parse("s", "SELECT 1").bind("s").execute().sync().exchange();
            Traffic after = traffic(pooler);

            assertThat(after.queries() - before.queries()).isEqualTo(5);
            assertThat(after.transactions() - before.transactions()).isEqualTo(2);
            assertThat(after.serverAssignments() - before.serverAssignments()).isEqualTo(2);
            assertThat(after.clientParses()).isEqualTo(1);
            assertThat(after.serverParses()).isEqualTo(1);
            assertThat(after.binds()).isEqualTo(1);
        }
    }

    @Test
    void timesAreThoseOfTheQueriesAndOfTheTransactionsAroundThem() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login()) {
            client.run("BEGIN");
            client.run("SELECT pg_sleep(0.2)");
            client.run("COMMIT");
            PgPoolSnapshot.Latencies latencies = pool(pooler).latencies();

            assertThat(latencies.query().count()).isEqualTo(3);
            assertThat(latencies.query().max()).isGreaterThanOrEqualTo(Duration.ofMillis(200));
            assertThat(latencies.query().p50()).isLessThan(Duration.ofMillis(200));
            assertThat(latencies.query().p99())
                    .isBetween(Duration.ofMillis(190), latencies.query().max());
            assertThat(latencies.transaction().count()).isEqualTo(1);
            assertThat(latencies.transaction().total())
                    .isGreaterThanOrEqualTo(latencies.query().total());
            assertThat(traffic(pooler).queryTime()).isEqualTo(latencies.query().total());
            assertThat(traffic(pooler).transactionTime())
                    .isEqualTo(latencies.transaction().total());
            assertThat(latencies.login().count()).isEqualTo(1);
            assertThat(latencies.login().total()).isPositive();
            assertThat(latencies.connect().count()).isEqualTo(1);
            assertThat(latencies.connect().max())
                    .isPositive()
                    .isLessThanOrEqualTo(latencies.login().max());
        }
    }

    @Test
    void waitsAreMeasuredWhileTheyLastAndAfterwards() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiting = pooler.login()) {
            holder.run("BEGIN");
            waiting.query("SELECT 1").send();
            await().atMost(Wire.PATIENCE).until(() -> pool(pooler).longestWait().compareTo(Duration.ofMillis(100)) > 0);
            assertThat(pool(pooler).clientsWaiting()).isEqualTo(1);
            assertThat(pool(pooler).serverStates().active()).isEqualTo(1);
            assertThat(pool(pooler).latencies().waited().count()).isLessThanOrEqualTo(2);
            long servedBefore = pool(pooler).latencies().waited().count();

            holder.run("COMMIT");
            waiting.readUntilReady();
            Latency waited = pool(pooler).latencies().waited();

            assertThat(waited.count()).isEqualTo(servedBefore + 1);
            assertThat(waited.max()).isGreaterThan(Duration.ofMillis(100));
            assertThat(traffic(pooler).waitTime()).isEqualTo(waited.total());
            assertThat(pool(pooler).longestWait()).isZero();
            assertThat(pool(pooler).serverStates().active()).isZero();
            assertThat(pool(pooler).serversIdle()).isEqualTo(1);
        }
    }

    @Test
    void serverThatMakesRoomIsCountedWithItsPool() {
        postgres.execute("DROP ROLE IF EXISTS rival", "CREATE ROLE rival LOGIN");
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxServerConnections(1));
                WireClient first = pooler.login()) {
            first.run("SELECT 1");
            try (WireClient rival = pooler.loginAs("rival", TestPostgres.DATABASE)) {
                rival.run("SELECT 1");
                assertThat(pooler.snapshot().pools())
                        .filteredOn(pool -> pool.key().user().equals(TestPostgres.USER))
                        .extracting(PgPoolSnapshot.Pool::evictions)
                        .containsExactly(1L);
                assertThat(pooler.snapshot().databases())
                        .singleElement()
                        .extracting(PgPoolSnapshot.Database::clients, PgPoolSnapshot.Database::servers)
                        .containsExactly(2, 1);
            }
        }
    }

    @Test
    void trafficOfADatabaseOutlivesItsPools() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.poolIdleTimeout(Duration.ofMillis(100)))) {
            for (int i = 1; i <= 2; i++) {
                try (WireClient client = pooler.login()) {
                    client.run("SELECT 1");
                }
                await().atMost(Wire.PATIENCE)
                        .until(() -> pooler.snapshot().pools().isEmpty());
                PgPoolSnapshot.Database database = pooler.snapshot().databases().get(0);

                assertThat(database.clients() + database.servers()).isZero();
                assertThat(database.traffic().clientLogins()).isEqualTo(i);
                assertThat(database.traffic().queries()).isEqualTo(i);
            }
        }
    }
}
