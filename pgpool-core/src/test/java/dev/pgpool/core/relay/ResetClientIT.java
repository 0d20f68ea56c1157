package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PoolKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients vanish with a reset just when the server's answer has come: the pooler learns of it from its own write, in the middle of
 * what it does with that answer. Each server is given back once, and to one client at a time.
 */
@OnEveryPostgres
class ResetClientIT {
    private static final int SERVERS = 2;

    private final TestPostgres postgres;
    /** Holds up the only event loop when the next client logs in. */
    private final AtomicReference<@Nullable CountDownLatch> barrier = new AtomicReference<>();

    ResetClientIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<Arguments> ends() {
        return Stream.of(
                end("a simple query", db -> {}, "", client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "an error",
                        db -> {},
                        "",
                        client ->
                                client.query("DO 'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RAISE ''no''; END'")),
                end(
                        "an extended query",
                        db -> {},
                        "",
                        client -> client.parse("s", "SELECT pg_advisory_xact_lock_shared(7)")
                                .bind("s")
                                .execute()
                                .sync()),
                end(
                        "a commit",
                        db -> {},
                        "BEGIN",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7); COMMIT")),
                end(
                        "an open transaction",
                        db -> {},
                        "BEGIN",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "many rows",
                        db -> {},
                        "",
                        client -> client.query(
                                "SELECT pg_advisory_xact_lock_shared(7); SELECT repeat('x', 1000) FROM generate_series(1, 1000)")),
                end(
                        "COPY TO STDOUT",
                        db -> {},
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7); COPY (SELECT 1) TO STDOUT")),
                end(
                        "COPY FROM STDIN begins",
                        db -> {},
                        "CREATE TEMPORARY TABLE t (n int)",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7); COPY t FROM STDIN")),
                end(
                        "SET",
                        db -> {},
                        "",
                        client -> client.query("SET search_path = nowhere; SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "DISCARD ALL",
                        db -> {},
                        "SET search_path = nowhere",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")
                                .query("DISCARD ALL")),
                end(
                        "a temporary table",
                        db -> {},
                        "",
                        client -> client.query(
                                "CREATE TEMPORARY TABLE t (n int); SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "LISTEN",
                        db -> {},
                        "LISTEN news",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "goodbye",
                        db -> {},
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")
                                .terminate()),
                end(
                        "a reset query",
                        db -> db.serverResetQuery("DISCARD ALL").serverResetQueryAlways(true),
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "session pooling",
                        db -> db.mode(PoolMode.SESSION),
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "statement pooling",
                        db -> db.mode(PoolMode.STATEMENT),
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")),
                end(
                        "statement pooling, a transaction",
                        db -> db.mode(PoolMode.STATEMENT),
                        "",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7); BEGIN")),
                end(
                        "a start-up parameter",
                        db -> {},
                        "SET statement_timeout = '1min'",
                        client -> client.query("SELECT pg_advisory_xact_lock_shared(7)")));
    }

    private static Arguments end(
            String what, Consumer<DatabaseBuilder> settings, String before, Consumer<WireClient> last) {
        return argumentSet(what, settings, before, last);
    }

    @ParameterizedTest
    @MethodSource("ends")
    void eachServerIsGivenBackOnce(Consumer<DatabaseBuilder> settings, String before, Consumer<WireClient> last)
            throws Exception {
        try (LogCapture log = LogCapture.everything();
                Gate gate = new Gate();
                TestPooler pooler = pooler(settings);
                WireClient lost = pooler.login()) {
            if (!before.isEmpty()) {
                lost.run(before);
            }
            gate.shut();
            last.accept(lost);
            lost.send();
            gate.awaitWaiting(1);
            vanishBehindTheAnswer(pooler, lost, gate);

            Awaitility.await()
                    .atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().clients() == 0);
            twoHaveTwo(pooler, gate);
            assertThat(log.lines()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    private TestPooler pooler(Consumer<DatabaseBuilder> settings) {
        return TestPooler.start(builder -> builder.listener(new PgPoolListener() {
                    @Override
                    public void onClientConnected(PoolKey pool, Duration took) {
                        CountDownLatch latch = barrier.getAndSet(null);
                        if (latch != null) {
                            awaitUninterruptibly(latch);
                        }
                    }
                })
                .database(
                        TestPostgres.DATABASE,
                        db -> settings.accept(TestPooler.at(db, postgres).maxConnections(SERVERS))));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(Wire.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The event loop finds the answer first, and the reset behind it. */
    private void vanishBehindTheAnswer(TestPooler pooler, WireClient lost, Gate gate) {
        CountDownLatch latch = new CountDownLatch(1);
        barrier.set(latch);
        try (WireClient blocker = pooler.connect()) {
            blocker.startup(TestPostgres.USER, TestPostgres.DATABASE);
            Awaitility.await().atMost(Wire.PATIENCE).until(() -> barrier.get() == null);
            gate.open();
            gate.awaitAnswers();
            lost.reset();
        } finally {
            latch.countDown();
        }
    }

    private static void twoHaveTwo(TestPooler pooler, Gate gate) {
        try (WireClient three = pooler.login()) {
            try (WireClient one = pooler.login();
                    WireClient two = pooler.login()) {
                gate.shut();
                one.query("SELECT pg_advisory_xact_lock_shared(7), pg_backend_pid()")
                        .send();
                two.query("SELECT pg_advisory_xact_lock_shared(7), pg_backend_pid()")
                        .send();
                gate.awaitWaiting(2);
                three.query("SELECT 3").send();
                assertThat(three.isReadable(Duration.ofMillis(100))).isFalse();
                gate.open();
                assertThat(one.readUntilReady()).hasSize(4).isNotEqualTo(two.readUntilReady());
            }
            assertThat(three.readUntilReady()).contains("DataRow 1 1 '3'");
        }
    }

    /** A lock that statements of the clients wait for. */
    private final class Gate implements AutoCloseable {
        private final Connection keeper = postgres.superuser();

        void shut() {
            keep("SELECT pg_advisory_lock(7)");
        }

        void open() {
            keep("SELECT pg_advisory_unlock_all()");
        }

        void awaitWaiting(int count) {
            await(count, "wait_event = 'advisory'");
        }

        /** Statements have run, and all is sent that goes into a socket. */
        void awaitAnswers() {
            await(0, "coalesce(wait_event, '') NOT IN ('ClientRead', 'ClientWrite')");
        }

        private void await(int count, String which) {
            String sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + TestPostgres.USER
                    + "' AND state = 'active' AND " + which;
            Awaitility.await()
                    .atMost(Wire.PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> postgres.query(sql), List.of(String.valueOf(count))::equals);
        }

        private void keep(String sql) {
            try (Statement statement = keeper.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws SQLException {
            keeper.close();
        }
    }
}
