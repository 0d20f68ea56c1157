package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

/**
 * Connections that end in the middle of something. There is one server only: if it is not given back, or not clean, the next client
 * finds out.
 */
@OnEveryPostgres
class InProcessEndsIT {
    /** What a COPY ends with: the second if the driver sees it between two pieces. */
    private static final String[] ABORTED = {"08006", "08003"};

    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("embedded_ends");
    private PgPool pool;
    private InProcessDataSource app;

    InProcessEndsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void start() {
        postgres.execute("CREATE TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        pool = PgPool.builder()
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(1).user(TestPostgres.USER))
                .build()
                .start();
        app = pool.dataSource(TestPostgres.DATABASE);
    }

    @AfterEach
    void theServerServesTheNextClient() throws SQLException {
        try (Connection next = app.with("socketTimeout", "30").getConnection()) {
            assertThat(first(next, "SELECT 'next', pg_current_xact_id_if_assigned()"))
                    .isEqualTo("next");
            next.close();
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(pool.snapshot().clients()).isZero());
        } finally {
            pool.close();
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

    private String rows() {
        return postgres.query("SELECT count(*) FROM " + table).get(0);
    }

    /** What a thread does, and how it ended. */
    private record Doing(Thread thread, CompletableFuture<Object> result, AtomicBoolean interrupted) {
        void failsWith(String... states) {
            assertThatThrownBy(() -> result.orTimeout(30, TimeUnit.SECONDS).join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isIn((Object[]) states);
        }
    }

    private interface SqlTask {
        Object run() throws Exception;
    }

    private static Doing inTheBackground(SqlTask task) {
        CompletableFuture<Object> result = new CompletableFuture<>();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread thread = new Thread(() -> {
            Object value = null;
            Exception failure = null;
            try {
                value = task.run();
            } catch (Exception e) {
                failure = e;
            }
            interrupted.set(Thread.currentThread().isInterrupted());
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        });
        thread.start();
        return new Doing(thread, result, interrupted);
    }

    /** Rows without end, until it is told that there are no more. */
    private static final class Endless extends InputStream {
        private final CountDownLatch someRead = new CountDownLatch(100);
        private volatile boolean dried;

        @Override
        public int read() {
            return '\n';
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (dried) {
                return -1;
            }
            java.util.Arrays.fill(into, offset, offset + length, (byte) '\n');
            someRead.countDown();
            return length;
        }
    }

    @Test
    void anAbortDuringACopyInWakesTheWriterAndNothingStays() throws Exception {
        Connection connection = app.getConnection();
        Endless rows = new Endless();
        Doing copy = inTheBackground(
                () -> connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN", rows));
        assertThat(rows.someRead.await(30, TimeUnit.SECONDS)).isTrue();
        connection.abort(Runnable::run);
        copy.failsWith(ABORTED);
        rows.dried = true;
        assertThat(connection.isClosed()).isTrue();
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void anAbortDuringACopyInThatThePoolerWaitsInEndsIt() throws Exception {
        Connection connection = app.getConnection();
        var copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN");
        copy.writeToCopy(new byte[] {'x', '\n'}, 0, 2);
        copy.flushCopy();
        connection.abort(Runnable::run);
        assertThatThrownBy(copy::endCopy).isInstanceOf(SQLException.class);
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void anAbortDuringACopyOutEndsIt() throws Exception {
        Connection connection = app.getConnection();
        CountDownLatch begun = new CountDownLatch(1);
        Doing copy = inTheBackground(() -> connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut(
                        "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000000)) TO STDOUT",
                        new OutputStream() {
                            @Override
                            public void write(int one) {
                                begun.countDown();
                            }

                            @Override
                            public void write(byte[] bytes, int offset, int length) {
                                begun.countDown();
                            }
                        }));
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        connection.abort(Runnable::run);
        copy.failsWith(ABORTED);
    }

    @Test
    void anInterruptDuringACopyInEndsIt() throws Exception {
        try (Connection connection = app.getConnection()) {
            Endless rows = new Endless();
            Doing copy = inTheBackground(() ->
                    connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN", rows));
            assertThat(rows.someRead.await(30, TimeUnit.SECONDS)).isTrue();
            copy.thread.interrupt();
            copy.failsWith("08006");
            assertThat(copy.interrupted).isTrue();
            assertThat(rows()).isEqualTo("0");
        }
    }

    @Test
    void anInterruptInTheMiddleOfACommitEndsTheConnection() throws Exception {
        String slow = TestPostgres.uniqueName("embedded_slow_commit");
        postgres.execute(
                "CREATE FUNCTION " + slow + "() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'",
                "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON " + table
                        + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION " + slow + "()");
        try (Connection connection = app.getConnection();
                Statement insert = connection.createStatement()) {
            connection.setAutoCommit(false);
            insert.execute("INSERT INTO " + table + " VALUES ('x')");
            Doing commit = inTheBackground(() -> {
                connection.commit();
                return "committed";
            });
            postgres.awaitQuery("COMMIT");
            commit.thread.interrupt();
            commit.failsWith("08006");
            assertThat(commit.interrupted).isTrue();
            assertThat(connection.isClosed()).isTrue();
        }
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(pool.servers())
                        .allMatch(server -> server.client().isEmpty()));
        assertThat(rows()).as("the commit was cancelled").isEqualTo("0");
        postgres.execute("DROP FUNCTION " + slow + " CASCADE");
    }

    @Test
    void aCloseFromAnotherThreadWakesTheThreadAndLetsItsStatementEnd() throws Exception {
        Connection connection = app.getConnection();
        String insert = "INSERT INTO " + table + " SELECT 'x' FROM pg_sleep(2)";
        Doing statement = inTheBackground(() -> connection.createStatement().executeUpdate(insert));
        postgres.awaitQuery(insert);
        connection.close();
        statement.failsWith("08006");
        assertThat(rows()).isEqualTo("0");
        await().atMost(Wire.PATIENCE).untilAsserted(() -> assertThat(rows()).isEqualTo("1"));
    }

    @Test
    void aCloseFromAnotherThreadEndsAWaitForAServer() throws Exception {
        try (Connection holder = app.getConnection();
                Connection connection = app.getConnection()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            Doing statement = inTheBackground(() -> first(connection, "SELECT 'never'"));
            awaitWaiting(1);
            connection.close();
            statement.failsWith("08006");
            awaitWaiting(0);
            assertThat(first(holder, "SELECT 'still held'")).isEqualTo("still held");
        }
    }

    @Test
    void anInterruptEndsAWaitForAServer() throws Exception {
        try (Connection holder = app.getConnection();
                Connection connection = app.getConnection()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            Doing statement = inTheBackground(() -> first(connection, "SELECT 'never'"));
            awaitWaiting(1);
            statement.thread.interrupt();
            statement.failsWith("08006");
            awaitWaiting(0);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    private void awaitWaiting(int clients) {
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().pools().get(0).clientsWaiting() == clients);
    }

    @Test
    void anInterruptEndsTheWaitForNotifications() throws Exception {
        try (Connection connection = app.getConnection();
                Statement listen = connection.createStatement()) {
            listen.execute("LISTEN embedded_ends");
            PGConnection notified = connection.unwrap(PGConnection.class);
            Doing waiting = inTheBackground(() -> notified.getNotifications(60_000));
            await().atMost(Wire.PATIENCE).until(() -> waiting.thread.getState() == Thread.State.TIMED_WAITING);
            waiting.thread.interrupt();
            waiting.failsWith("08006");
            assertThat(waiting.interrupted).isTrue();
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void aNetworkTimeoutCountsForTheStatementsAfterIt() throws SQLException {
        try (Connection connection = app.getConnection()) {
            connection.setNetworkTimeout(Runnable::run, 100);
            connection.setNetworkTimeout(Runnable::run, 0);
            assertThat(first(connection, "SELECT 'none', pg_sleep(0.3)")).isEqualTo("none");
            connection.setNetworkTimeout(Runnable::run, 20_000);
            assertThat(first(connection, "SELECT 'long', pg_sleep(0.3)")).isEqualTo("long");
            connection.setNetworkTimeout(Runnable::run, 200);
            assertThatThrownBy(() -> first(connection, "SELECT pg_sleep(60)"))
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void aConnectionOfTheDriverThatIsDroppedInATransactionIsRolledBack() throws Exception {
        try (LogCapture log = LogCapture.everything()) {
            dropInTransaction();
            awaitCollected();
            assertThat(log.text()).as("the driver's own cleaner says goodbye").doesNotContain("client lost");
        }
        assertThat(rows()).isEqualTo("0");
    }

    private void dropInTransaction() throws SQLException {
        Connection connection = app.getConnection();
        connection.setAutoCommit(false);
        connection.createStatement().execute("INSERT INTO " + table + " VALUES ('x')");
    }

    /** What a connection is in the middle of when it is dropped. */
    enum Middle {
        COPY_IN {
            @Override
            void of(Connection connection, String table) throws SQLException {
                var copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN");
                copy.writeToCopy(new byte[] {'x', '\n'}, 0, 2);
                copy.flushCopy();
            }
        },
        COPY_OUT {
            @Override
            void of(Connection connection, String table) throws SQLException {
                var copy = connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT");
                assertThat(copy.readFromCopy()).isNotEmpty();
            }
        },
        CURSOR {
            @Override
            void of(Connection connection, String table) throws SQLException {
                connection.setAutoCommit(false);
                Statement statement = connection.createStatement();
                statement.execute("INSERT INTO " + table + " VALUES ('x')");
                statement.setFetchSize(2);
                assertThat(statement
                                .executeQuery("SELECT generate_series(1, 1000)")
                                .next())
                        .isTrue();
            }
        },
        LARGE_OBJECT {
            @Override
            void of(Connection connection, String table) throws SQLException {
                connection.setAutoCommit(false);
                var manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
                manager.open(manager.createLO()).write(new byte[100_000]);
            }
        },
        SESSION_STATE {
            @Override
            void of(Connection connection, String table) throws SQLException {
                Statement statement = connection.createStatement();
                statement.execute("LISTEN embedded_ends");
                statement.execute("CREATE TEMPORARY TABLE dropped ()");
                statement.execute("SELECT pg_advisory_lock(181818)");
            }
        },
        FAILED_TRANSACTION {
            @Override
            void of(Connection connection, String table) throws SQLException {
                connection.setAutoCommit(false);
                assertThatThrownBy(() -> connection.createStatement().execute("SELECT 1 / 0"))
                        .isInstanceOf(SQLException.class);
            }
        };

        abstract void of(Connection connection, String table) throws SQLException;
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionThatIsDroppedInTheMiddleIsFound(Middle what) throws Exception {
        drop(what);
        awaitCollected();
        assertThat(rows()).isEqualTo("0");
        try (Connection next = app.getConnection()) {
            assertThat(first(next, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 181818"))
                    .isEqualTo("0");
        }
    }

    @SuppressWarnings("resource") // it is dropped
    private void drop(Middle what) throws SQLException {
        what.of(app.getConnection(), table);
    }

    @Test
    void aSocketThatIsDroppedInATransactionIsRolledBack() throws Exception {
        try (LogCapture log = LogCapture.everything()) {
            dropSocketInTransaction();
            awaitCollected();
            assertThat(log.text()).contains("client lost: the host dropped a connection without closing it");
        }
        assertThat(rows()).isEqualTo("0");
    }

    @SuppressWarnings("resource") // it is dropped
    private void dropSocketInTransaction() throws Exception {
        RawClient client = RawClient.login(pool);
        client.send(Frontend.query("BEGIN; INSERT INTO " + table + " VALUES ('x')"));
        client.skipUntil('Z');
    }

    private void awaitCollected() {
        await().atMost(Wire.PATIENCE).untilAsserted(() -> {
            System.gc();
            assertThat(pool.snapshot().clients()).isZero();
        });
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(pool.servers())
                        .allMatch(server -> server.client().isEmpty()));
    }
}
