package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.io.ByteArrayInputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** A thread is interrupted before, while and after it asks: what it is told, what stays of its connection, and of its flag. */
@OnEveryPostgres
class InProcessInterruptsIT {
    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("embedded_interrupts");
    private Toxics network;
    private PgPool pool;
    private InProcessDataSource app;

    InProcessInterruptsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void start() {
        postgres.execute("CREATE TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        network = Toxics.before(postgres.address());
        pool = PgPool.builder()
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(network.port())
                                .connectRetryDelay(Duration.ofMillis(50))
                                .maxConnections(1)
                                .user(TestPostgres.USER))
                .build()
                .start();
        app = pool.dataSource(TestPostgres.DATABASE);
    }

    /** There is one server only. */
    @AfterEach
    void theServerServesTheNextClient() throws SQLException {
        network.resume();
        try (Connection next = app.with("socketTimeout", "30").getConnection()) {
            assertThat(first(next, "SELECT 'next'")).isEqualTo("next");
        } finally {
            pool.close();
            network.close();
            postgres.execute("DROP TABLE " + table + " CASCADE");
        }
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private interface Doing {
        String with(Connection connection) throws Exception;
    }

    /** What a thread ends with: its result or its SQL state, and whether its flag is set then. */
    private static CompletableFuture<String> begin(
            ThreadFactory threads, AtomicReference<Thread> begun, Connection connection, Doing doing) {
        CompletableFuture<String> end = new CompletableFuture<>();
        Thread thread = threads.newThread(() -> {
            String result;
            try {
                result = doing.with(connection);
            } catch (SQLException e) {
                result = e.getSQLState();
            } catch (Exception e) {
                result = e.toString();
            }
            end.complete(result + (Thread.interrupted() ? " interrupted" : ""));
        });
        begun.set(thread);
        thread.start();
        return end;
    }

    private static String end(CompletableFuture<String> of) throws Exception {
        return of.get(30, TimeUnit.SECONDS);
    }

    private static Stream<ThreadFactory> threads() {
        return Stream.concat(Stream.of(Thread::new), VirtualThreads.factory().stream());
    }

    // ---- the flag is there before

    /** What runs as usual, and leaves the flag. */
    enum Usual {
        SELECT {
            @Override
            String run(Connection connection, String table) throws Exception {
                return first(connection, "SELECT 'usual', pg_sleep(0.1)");
            }
        },
        FETCHES {
            @Override
            String run(Connection connection, String table) throws Exception {
                connection.setAutoCommit(false);
                int rows = 0;
                try (Statement statement = connection.createStatement()) {
                    statement.setFetchSize(3);
                    try (ResultSet all = statement.executeQuery("SELECT pg_sleep(0.01) FROM generate_series(1, 10)")) {
                        while (all.next()) {
                            rows++;
                        }
                    }
                }
                connection.commit();
                return rows == 10 ? "usual" : "rows " + rows;
            }
        },
        BATCH {
            @Override
            String run(Connection connection, String table) throws Exception {
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?)")) {
                    for (int i = 0; i < 500; i++) {
                        insert.setString(1, "x".repeat(500));
                        insert.addBatch();
                    }
                    return insert.executeBatch().length == 500 ? "usual" : "less";
                }
            }
        },
        COPY {
            @Override
            String run(Connection connection, String table) throws Exception {
                byte[] rows = "a row\n".repeat(100_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                long copied = connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(rows));
                return copied == 100_000 ? "usual" : "copied " + copied;
            }
        },
        LARGE_OBJECT {
            @Override
            String run(Connection connection, String table) throws Exception {
                connection.setAutoCommit(false);
                LargeObjectManager manager =
                        connection.unwrap(PGConnection.class).getLargeObjectAPI();
                long id = manager.createLO();
                try (LargeObject object = manager.open(id)) {
                    object.write(new byte[500_000]);
                    object.seek(0);
                    if (object.read(600_000).length != 500_000) {
                        return "less";
                    }
                }
                manager.delete(id);
                connection.commit();
                return "usual";
            }
        },
        ROLLBACK {
            @Override
            String run(Connection connection, String table) throws Exception {
                connection.setAutoCommit(false);
                first(connection, "SELECT 1");
                connection.rollback();
                return "usual";
            }
        },
        QUERY_TIMEOUT {
            @Override
            String run(Connection connection, String table) throws Exception {
                try (Statement statement = connection.createStatement()) {
                    statement.setQueryTimeout(1);
                    statement.execute("SELECT pg_sleep(60)");
                    return "not cancelled";
                } catch (SQLException e) {
                    return e.getSQLState().equals("57014") ? "usual" : e.getSQLState();
                }
            }
        },
        IS_VALID {
            @Override
            String run(Connection connection, String table) throws Exception {
                return connection.isValid(20) ? "usual" : "not valid";
            }
        };

        abstract String run(Connection connection, String table) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void aThreadWhoseFlagIsSetWorksAsUsual(Usual what) throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            try (Connection connection = app.getConnection()) {
                assertThat(end(begin(threads, new AtomicReference<>(), connection, c -> {
                            Thread.currentThread().interrupt();
                            return what.run(c, table);
                        })))
                        .isEqualTo("usual interrupted");
                connection.setAutoCommit(true);
                assertThat(first(connection, "SELECT 'still open'")).isEqualTo("still open");
            }
        }
    }

    /** Each of the statements has an answer with an end of its own, or all have one, by the driver's settings. */
    @ParameterizedTest
    @ValueSource(strings = {"simple", "extendedForPrepared", "extended", "extendedCacheEverything"})
    void severalStatementsAtOnceWorkAsUsual(String mode) throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            try (Connection connection = app.with("preferQueryMode", mode).getConnection()) {
                assertThat(end(begin(threads, new AtomicReference<>(), connection, c -> {
                            Thread.currentThread().interrupt();
                            try (Statement batch = c.createStatement()) {
                                for (int i = 0; i < 4; i++) {
                                    batch.addBatch("DO $$ BEGIN PERFORM pg_sleep(0.1); END $$");
                                }
                                return "done " + batch.executeBatch().length;
                            }
                        })))
                        .isEqualTo("done 4 interrupted");
                // and a wait for notifications behind them is no request
                assertThat(end(begin(threads, new AtomicReference<>(), connection, c -> {
                            Thread.currentThread().interrupt();
                            first(c, "SELECT 1");
                            c.unwrap(PGConnection.class).getNotifications(20_000);
                            return "waited";
                        })))
                        .isEqualTo("08006 interrupted");
            }
        }
    }

    @Test
    void aThreadWhoseFlagIsSetCanLogInAndLeave() throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            assertThat(end(begin(threads, new AtomicReference<>(), null, none -> {
                        Thread.currentThread().interrupt();
                        try (Connection connection = app.getConnection()) {
                            return first(connection, "SELECT 'in and out'");
                        }
                    })))
                    .isEqualTo("in and out interrupted");
        }
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 0);
    }

    // ---- waits for notifications are no requests

    /** Where the flag comes from. */
    enum Flag {
        BEFORE_ALL,
        AFTER_THE_REQUEST,
        OF_ANOTHER_THREADS_REQUEST
    }

    @ParameterizedTest
    @EnumSource
    void aWaitForNotificationsIsNoRequest(Flag from) throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            for (int timeout : new int[] {0, 60_000}) {
                try (Connection connection = app.getConnection()) {
                    if (from == Flag.OF_ANOTHER_THREADS_REQUEST) {
                        assertThat(end(begin(threads, new AtomicReference<>(), connection, c -> {
                                    Thread.currentThread().interrupt();
                                    c.createStatement().execute("LISTEN embedded_interrupts");
                                    return "listens";
                                })))
                                .isEqualTo("listens interrupted");
                    }
                    assertThat(end(begin(threads, new AtomicReference<>(), connection, c -> {
                                if (from == Flag.BEFORE_ALL) {
                                    Thread.currentThread().interrupt();
                                }
                                if (from != Flag.OF_ANOTHER_THREADS_REQUEST) {
                                    c.createStatement().execute("LISTEN embedded_interrupts");
                                }
                                Thread.currentThread().interrupt();
                                return "heard " + c.unwrap(PGConnection.class).getNotifications(timeout).length;
                            })))
                            .isEqualTo("08006 interrupted");
                    assertThat(connection.isClosed()).isTrue();
                }
            }
        }
    }

    // ---- the flag comes while it waits

    /** What a thread waits for. */
    enum Wait {
        SELECT("SELECT pg_sleep(60)") {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                connection.createStatement().execute(sql);
            }
        },
        BATCH("SELECT pg_sleep(61)") {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                try (Statement statement = connection.createStatement()) {
                    statement.addBatch("INSERT INTO " + table + " VALUES ('batch')");
                    statement.addBatch(sql);
                    statement.executeBatch();
                }
            }
        },
        CURSOR("SELECT pg_sleep(i * 0) FROM generate_series(1, 5) i UNION ALL SELECT pg_sleep(62)") {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement()) {
                    statement.setFetchSize(2);
                    try (ResultSet rows = statement.executeQuery(sql)) {
                        while (rows.next()) {
                            rows.getString(1);
                        }
                    }
                }
            }
        },
        COPY_OUT("COPY (SELECT pg_sleep(63)) TO STDOUT") {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyOut(sql, java.io.OutputStream.nullOutputStream());
            }
        },
        FULL_QUEUE(null) {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                network.stall();
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?)")) {
                    insert.setString(1, "x".repeat(60_000_000));
                    insert.execute();
                }
            }
        },
        FULL_QUEUE_IN_LARGE_OBJECT(null) {
            @Override
            void run(Connection connection, String table, Toxics network) throws Exception {
                connection.setAutoCommit(false);
                LargeObjectManager manager =
                        connection.unwrap(PGConnection.class).getLargeObjectAPI();
                try (LargeObject object = manager.open(manager.createLO())) {
                    network.stall();
                    object.write(new byte[60_000_000]);
                }
            }
        };

        final String sql;

        Wait(String sql) {
            this.sql = sql;
        }

        abstract void run(Connection connection, String table, Toxics network) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsAnyWait(Wait what) throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            for (boolean flagged : new boolean[] {false, true}) {
                Connection connection = app.getConnection();
                AtomicReference<Thread> thread = new AtomicReference<>();
                CompletableFuture<String> end = begin(threads, thread, connection, c -> {
                    if (flagged) {
                        Thread.currentThread().interrupt();
                    }
                    what.run(c, table, network);
                    return "not ended";
                });
                if (what.sql != null) {
                    postgres.awaitQuery(what.sql);
                }
                await().atMost(Wire.PATIENCE)
                        .during(Duration.ofMillis(200))
                        .until(() -> thread.get().getState() == Thread.State.WAITING);
                thread.get().interrupt();
                assertThat(end(end)).as("flagged before: %s", flagged).isEqualTo("08006 interrupted");
                network.resume();
                assertThat(connection.isClosed()).isTrue();
                await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 0);
            }
        }
        assertThat(postgres.query("SELECT count(*) FROM " + table)).containsExactly("0");
    }

    /** How another thread ends a connection. */
    enum Elsewhere {
        ABORT,
        CLOSE
    }

    @ParameterizedTest
    @EnumSource
    void aThreadThatWaitsToWriteIsWokenByAnEndFromElsewhere(Elsewhere how) throws Exception {
        for (ThreadFactory threads : threads().toList()) {
            Connection connection = app.getConnection();
            AtomicReference<Thread> thread = new AtomicReference<>();
            CompletableFuture<String> end = begin(threads, thread, connection, c -> {
                Wait.FULL_QUEUE.run(c, table, network);
                return "not ended";
            });
            await().atMost(Wire.PATIENCE)
                    .during(Duration.ofMillis(200))
                    .until(() -> thread.get() != null && thread.get().getState() == Thread.State.WAITING);
            CompletableFuture<String> other = begin(threads, new AtomicReference<>(), connection, c -> {
                if (how == Elsewhere.ABORT) {
                    c.abort(Runnable::run);
                } else {
                    c.close();
                }
                return "ended";
            });
            assertThat(end(other)).isEqualTo("ended");
            assertThat(end(end)).isEqualTo("08006");
            network.resume();
            await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 0);
        }
    }

    @Test
    void anInterruptOfAThreadThatWaitsForAnotherOnesTurnIsKept() throws Exception {
        try (Connection connection = app.getConnection()) {
            AtomicReference<Thread> unused = new AtomicReference<>();
            AtomicReference<Thread> second = new AtomicReference<>();
            String slow = "SELECT 'slow', pg_sleep(1.5)";
            CompletableFuture<String> first = begin(Thread::new, unused, connection, c -> first(c, slow));
            postgres.awaitQuery(slow);
            CompletableFuture<String> next = begin(Thread::new, second, connection, c -> first(c, "SELECT 'second'"));
            await().atMost(Wire.PATIENCE).until(() -> second.get().getState() == Thread.State.WAITING);
            second.get().interrupt();
            assertThat(end(first)).isEqualTo("slow");
            assertThat(end(next)).isEqualTo("second interrupted");
        }
    }

    @Test
    void anInterruptBetweenTheAnswerAndTheNextRequestIsForTheNextRequest() throws Exception {
        try (Connection connection = app.getConnection()) {
            CountDownLatch asked = new CountDownLatch(1);
            assertThat(end(begin(Thread::new, new AtomicReference<>(), connection, c -> {
                        first(c, "SELECT 1");
                        Thread.currentThread().interrupt();
                        first(c, "SELECT 2");
                        assertThat(Thread.interrupted()).isTrue();
                        asked.countDown();
                        return first(c, "SELECT 'third'");
                    })))
                    .isEqualTo("third");
            assertThat(asked.getCount()).isZero();
        }
    }

    @Test
    void anInterruptOfTheDriversLoginThreadIsALostLogin() throws Exception {
        InProcessDataSource timed = pool.dataSource(TestPostgres.DATABASE);
        timed.setLoginTimeout(60);
        pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
        AtomicReference<Thread> thread = new AtomicReference<>();
        CompletableFuture<String> end = begin(Thread::new, thread, null, none -> {
            timed.getConnection().close();
            return "logged in";
        });
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().size() == 1);
        thread.get().interrupt();
        assertThat(end(end)).endsWith(" interrupted").doesNotStartWith("logged in");
        pool.resume();
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 0);
        assertThatThrownBy(() -> pool.resume()).isInstanceOf(IllegalStateException.class);
    }
}
