package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Cancel requests at the wrong moment: they stop what their client runs, or nothing. There is one server only. */
@OnEveryPostgres
class InProcessCancelsIT {
    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("embedded_cancels");
    private PgPool pool;
    private InProcessDataSource app;

    InProcessCancelsIT(TestPostgres postgres) {
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
        app = pool.dataSource(TestPostgres.DATABASE).with("socketTimeout", "60");
    }

    @AfterEach
    void theServerServesTheNextClient() throws SQLException {
        try (Connection next = app.getConnection()) {
            assertThat(first(next, "SELECT 'next'")).isEqualTo("next");
        } finally {
            pool.close();
            postgres.execute("DROP TABLE " + table);
        }
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return first(statement, sql);
        }
    }

    private static String first(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static CompletableFuture<String> later(Statement statement, String sql) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        answer.complete(first(statement, sql));
                    } catch (SQLException e) {
                        answer.complete(e.getSQLState());
                    }
                })
                .start();
        return answer;
    }

    @Test
    void aCancelOfAClientWithoutAServerStopsNoOtherClient() throws Exception {
        try (Connection idle = app.getConnection();
                Connection busy = app.getConnection();
                Statement nothing = idle.createStatement();
                Statement something = busy.createStatement()) {
            assertThat(first(nothing, "SELECT 'had the server'")).isEqualTo("had the server");
            String sleep = "SELECT 'not disturbed', pg_sleep(1)";
            CompletableFuture<String> answer = later(something, sleep);
            postgres.awaitQuery(sleep);
            for (int i = 0; i < 5; i++) {
                nothing.cancel();
            }
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("not disturbed");
        }
    }

    @Test
    void aCancelEndsAWaitForAServer() throws Exception {
        try (Connection holder = app.getConnection();
                Connection waiting = app.getConnection();
                Statement statement = waiting.createStatement()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            CompletableFuture<String> answer = later(statement, "SELECT 'never'");
            await().atMost(Wire.PATIENCE)
                    .until(() -> pool.snapshot().pools().get(0).clientsWaiting() == 1);
            // the driver has the statement as running by then
            await().atMost(Wire.PATIENCE).until(() -> {
                statement.cancel();
                return answer.isDone();
            });
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("57014");
            holder.commit();
            assertThat(first(waiting, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void aQueryTimeoutEndsAWaitForAServer() throws Exception {
        try (Connection holder = app.getConnection();
                Connection waiting = app.getConnection();
                Statement statement = waiting.createStatement()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> first(statement, "SELECT 'never'"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57014");
            holder.commit();
            assertThat(first(waiting, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void manyCancelsAreOneAndLateOnesNone() throws Exception {
        try (Connection connection = app.getConnection();
                Statement statement = connection.createStatement()) {
            String sleep = "SELECT 'cancelled', pg_sleep(60)";
            CompletableFuture<String> answer = later(statement, sleep);
            postgres.awaitQuery(sleep);
            List<Thread> cancels = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Thread cancel = new Thread(() -> {
                    try {
                        statement.cancel();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                cancels.add(cancel);
                cancel.start();
            }
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("57014");
            for (Thread cancel : cancels) {
                cancel.join(30_000);
                assertThat(cancel.isAlive()).isFalse();
            }
            for (int i = 0; i < 20; i++) {
                statement.cancel();
                assertThat(first(statement, "SELECT 'whole', pg_sleep(0.01)")).isEqualTo("whole");
            }
        }
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
    }

    @Test
    void aCancelAfterTheEndIsNothing() throws Exception {
        Connection connection = app.getConnection();
        Statement statement = connection.createStatement();
        first(statement, "SELECT 1");
        connection.close();
        try {
            statement.cancel();
        } catch (SQLException closed) {
            assertThat(closed.getSQLState()).isIn("08003", "08006", "55000");
        }
        Connection aborted = app.getConnection();
        Statement of = aborted.createStatement();
        aborted.abort(Runnable::run);
        try {
            of.cancel();
        } catch (SQLException closed) {
            assertThat(closed.getSQLState()).isIn("08003", "08006", "55000");
        }
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
    }

    @Test
    void aCopyThatIsCancelledLeavesTheConnection() throws Exception {
        try (Connection connection = app.getConnection()) {
            CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN");
            copy.writeToCopy(new byte[] {'x', '\n'}, 0, 2);
            copy.flushCopy();
            copy.cancelCopy();
            assertThat(first(connection, "SELECT count(*) FROM " + table)).isEqualTo("0");
            try (Statement unrelated = connection.createStatement()) {
                unrelated.cancel();
            }
            assertThat(first(connection, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void aCancelInATransactionLeavesItFailed() throws Exception {
        try (Connection connection = app.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO " + table + " VALUES ('x')");
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57014");
            assertThatThrownBy(() -> first(connection, "SELECT 1"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("25P02");
            connection.rollback();
            assertThat(first(connection, "SELECT count(*) FROM " + table)).isEqualTo("0");
            connection.commit();
        }
    }
}
