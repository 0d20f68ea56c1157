package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Java promises of threads, timeouts and connections, where there is no socket that would keep the promise. */
@OnEveryPostgres
class InProcessThreadsIT {
    private final TestPostgres postgres;
    private final AtomicReference<Runnable> onClient = new AtomicReference<>(() -> {});
    private PgPool pool;
    private InProcessDataSource app;

    InProcessThreadsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void start() {
        pool = PgPool.builder()
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(2).user(TestPostgres.USER))
                .listener(new dev.pgpool.core.event.PgPoolListener() {
                    @Override
                    public void onClientConnected(dev.pgpool.core.stats.PoolKey as, java.time.Duration took) {
                        onClient.get().run();
                    }
                })
                .build()
                .start();
        app = pool.dataSource(TestPostgres.DATABASE);
    }

    @AfterEach
    void everythingIsGivenBack() {
        try {
            await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                assertThat(pool.snapshot().clients()).isZero();
                assertThat(pool.servers()).allMatch(server -> server.client().isEmpty());
            });
        } finally {
            pool.close();
        }
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    /** Runs a statement that takes long on a thread of its own, and goes on when the server has it. */
    private CompletableFuture<String> sleeping(Connection connection, AtomicReference<Thread> thread) {
        String sleep = "SELECT '" + TestPostgres.uniqueName("sleep") + "', pg_sleep(60)";
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread sleeper = new Thread(() -> {
            try {
                answer.complete(first(connection, sleep));
            } catch (SQLException e) {
                answer.completeExceptionally(e);
            }
            // for the one who has interrupted it
            onInterrupted.set(Thread.currentThread().isInterrupted());
        });
        thread.set(sleeper);
        sleeper.start();
        postgres.awaitQuery(sleep);
        return answer;
    }

    private final AtomicBoolean onInterrupted = new AtomicBoolean();

    private static void assertBroken(CompletableFuture<String> answer, String state) {
        assertThatThrownBy(() -> answer.orTimeout(30, TimeUnit.SECONDS).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(SQLException.class)
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo(state);
    }

    @Test
    void aSocketTimeoutEndsTheWait() throws SQLException {
        // counts for the login, too, which takes its time on a busy machine
        try (Connection connection = app.with("socketTimeout", "5").getConnection()) {
            assertThatThrownBy(() -> first(connection, "SELECT pg_sleep(60)"))
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
            assertThat(connection.isValid(1)).isFalse();
        }
    }

    @Test
    void aNetworkTimeoutOfTheMomentEndsTheWait() throws SQLException {
        try (Connection connection = app.getConnection()) {
            connection.setNetworkTimeout(Runnable::run, 200);
            assertThat(connection.getNetworkTimeout()).isEqualTo(200);
            assertThatThrownBy(() -> first(connection, "SELECT pg_sleep(60)"))
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void anAbortWakesTheThreadAndFreesTheServer() throws SQLException {
        Connection connection = app.getConnection();
        CompletableFuture<String> answer = sleeping(connection, new AtomicReference<>());
        connection.abort(Runnable::run);
        assertBroken(answer, "08006");
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void aCloseFromAnotherThreadOfAnIdleConnectionIsFound() throws SQLException {
        Connection connection = app.getConnection();
        assertThat(first(connection, "SELECT 1")).isEqualTo("1");
        CompletableFuture.runAsync(() -> {
                    try {
                        connection.close();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .join();
        assertThatThrownBy(() -> first(connection, "SELECT 1"))
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("08003");
    }

    @Test
    void anInterruptWakesTheThreadAndClosesTheConnection() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        try (Connection connection = app.getConnection()) {
            CompletableFuture<String> answer = sleeping(connection, thread);
            thread.get().interrupt();
            assertBroken(answer, "08006");
            thread.get().join();
            assertThat(onInterrupted).as("the flag is set again").isTrue();
            assertThat(connection.isValid(1)).isFalse();
        }
    }

    @Test
    void aThreadThatIsInterruptedAlreadyCanStillRollBack() throws SQLException {
        try (Connection connection = app.getConnection()) {
            connection.setAutoCommit(false);
            assertThat(first(connection, "SELECT 1")).isEqualTo("1");
            Thread.currentThread().interrupt();
            assertThat(first(connection, "SELECT 'slow', pg_sleep(0.2)")).isEqualTo("slow");
            connection.rollback();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void aPoolerThatClosesWakesWhoeverWaits() throws SQLException {
        Connection connection = app.getConnection();
        CompletableFuture<String> answer = sleeping(connection, new AtomicReference<>());
        pool.close();
        assertBroken(answer, "57P01");
        start();
    }

    @Test
    void aClientThatIsKilledReadsWhy() throws SQLException {
        try (Connection connection = app.getConnection()) {
            assertThat(first(connection, "SELECT 1")).isEqualTo("1");
            pool.killClient(pool.clients().get(0).id());
            assertThatThrownBy(() -> first(connection, "SELECT 1"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57P01");
        }
    }

    @Test
    void anEventLoopThatCallsIsToldSo() throws Exception {
        CompletableFuture<String> told = new CompletableFuture<>();
        onClient.set(() -> {
            onClient.set(() -> {});
            try {
                app.getConnection().close();
                told.complete("nothing");
            } catch (SQLException e) {
                Throwable cause = e;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                told.complete(cause.getMessage());
            }
        });
        app.getConnection().close();
        assertThat(told.get(30, TimeUnit.SECONDS)).startsWith("an event loop of the pooler can't wait");
    }

    @Test
    void aConnectionThatIsDroppedIsFoundAndItsServerIsFree() throws Exception {
        try (LogCapture log = LogCapture.everything()) {
            dropInTransaction();
            await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                System.gc();
                assertThat(pool.snapshot().clients()).isZero();
            });
            assertThat(log.text()).contains("client lost: the host dropped a connection without closing it");
        }
    }

    /** A socket of our own: the driver would notice by itself. */
    private void dropInTransaction() throws Exception {
        var socket = pool.socketFactory().createSocket();
        socket.getOutputStream()
                .write(dev.pgpool.core.fixture.Frontend.startup(
                        dev.pgpool.core.fixture.Frontend.PROTOCOL_3_0, "user", "app", "database", "app"));
        assertThat(socket.getInputStream().read()).isEqualTo('R');
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 1);
    }

    @Test
    void manyThreadsUseOneConnectionInTurns() throws SQLException {
        try (Connection connection = app.getConnection()) {
            CompletableFuture<?>[] all = new CompletableFuture<?>[8];
            for (int i = 0; i < all.length; i++) {
                int me = i;
                all[i] = CompletableFuture.runAsync(() -> {
                    try {
                        for (int n = 0; n < 50; n++) {
                            assertThat(first(connection, "SELECT " + (1000 * me + n)))
                                    .isEqualTo(String.valueOf(1000 * me + n));
                        }
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
            CompletableFuture.allOf(all).orTimeout(60, TimeUnit.SECONDS).join();
        }
    }
}
