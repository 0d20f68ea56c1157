package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What the host's own connections can do, and how the pooler sees them. */
@OnEveryPostgres
class InProcessIT {
    private final TestPostgres postgres;

    InProcessIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPool start(int servers, Consumer<PgPoolBuilder> settings) {
        PgPoolBuilder builder = PgPool.builder()
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(servers)
                                .user(TestPostgres.USER));
        settings.accept(builder);
        return builder.build().start();
    }

    private PgPool start(int servers) {
        return start(servers, builder -> builder.eventLoops(2));
    }

    private static InProcessDataSource app(PgPool pool) {
        // a test that would hang fails
        return pool.dataSource(TestPostgres.DATABASE).with("socketTimeout", "60");
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    @Test
    void aPoolerWithoutAPortServesItsOwnProcess() throws SQLException {
        try (PgPool pool = start(1);
                Connection connection = app(pool).getConnection()) {
            assertThat(first(connection, "SELECT current_user")).isEqualTo(TestPostgres.USER);
            assertThat(pool.toString()).endsWith("in-process, databases [app], clients 1]");
            assertThat(pool.healthy()).isTrue();
            assertThatThrownBy(pool::address)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the pooler listens on no TCP address");
        }
    }

    @Test
    void manyOpenConnectionsShareOneServer() throws SQLException {
        List<Connection> open = new ArrayList<>();
        try (PgPool pool = start(1)) {
            InProcessDataSource app = app(pool).with("prepareThreshold", "1");
            for (int i = 0; i < 100; i++) {
                Connection connection = app.getConnection();
                open.add(connection);
            }
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < open.size(); i++) {
                    try (PreparedStatement echo = open.get(i).prepareStatement("SELECT ?::int + 1")) {
                        echo.setInt(1, i);
                        try (ResultSet rows = echo.executeQuery()) {
                            assertThat(rows.next()).isTrue();
                            assertThat(rows.getInt(1)).isEqualTo(i + 1);
                        }
                    }
                }
            }
            assertThat(pool.snapshot().pools().get(0).clients()).isEqualTo(100);
            assertThat(pool.servers()).hasSize(1);
            for (Connection connection : open) {
                connection.close();
            }
            await().atMost(Wire.PATIENCE)
                    .until(() -> pool.snapshot().pools().get(0).clients() == 0);
        }
    }

    @Test
    void theConsoleAndTheHostSeeWhereTheyComeFrom() throws SQLException {
        try (PgPool pool = start(1, builder -> builder.adminUsers("operator"));
                Connection connection =
                        app(pool).with("ApplicationName", "billing").getConnection();
                Connection console = pool.dataSource("pgbouncer", "operator")
                        .with("preferQueryMode", "simple")
                        .getConnection();
                Statement statement = console.createStatement();
                ResultSet clients = statement.executeQuery("SHOW CLIENTS")) {
            assertThat(connection.isValid(10)).isTrue();
            boolean seen = false;
            while (clients.next()) {
                assertThat(clients.getString("addr")).isEqualTo("in-process");
                assertThat(clients.getInt("port")).isZero();
                seen |= clients.getString("application_name").equals("billing");
            }
            assertThat(seen).isTrue();
            assertThat(pool.clients())
                    .hasSize(2)
                    .allMatch(client -> String.valueOf(client.remote()).equals("in-process"));
        }
    }

    @Test
    void anotherUserLogsInToServersAsItself() throws SQLException {
        try (PgPool pool = PgPool.builder()
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1))
                .build()
                .start()) {
            assertThatThrownBy(() -> pool.dataSource(TestPostgres.DATABASE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("databases.app.user: none (expected: a user, or dataSource(database, user))");
            InProcessDataSource own = pool.dataSource(TestPostgres.DATABASE, TestPostgres.USER);
            try (Connection connection = own.getConnection(TestPostgres.USER, "not looked at")) {
                assertThat(first(connection, "SELECT current_user")).isEqualTo(TestPostgres.USER);
            }
            assertThatThrownBy(() -> own.getConnection("postgres", ""))
                    .isInstanceOf(SQLException.class)
                    .hasMessage("this data source is of the user \"app\"");
        }
    }

    @Test
    void whateverMakesConnectionsOfAUrlCanHaveThem() throws SQLException {
        try (PgPool pool = start(1)) {
            Properties user = new Properties();
            user.setProperty("user", TestPostgres.USER);
            String url = pool.socketFactory().jdbcUrl(TestPostgres.DATABASE);
            try (Connection connection = DriverManager.getConnection(url + "&ApplicationName=url", user)) {
                assertThat(first(connection, "SHOW application_name")).isEqualTo("url");
            }
        }
    }

    @Test
    void theHostsOwnCheckDecidesWhoComesIn() throws SQLException {
        try (PgPool pool = start(1)) {
            List<String> asked = new ArrayList<>();
            InProcessSocketFactory checked = pool.socketFactory((database, user) -> {
                asked.add(database + "/" + user);
                if (user.equals("broken")) {
                    throw new IllegalStateException("a defect of the check");
                }
                return user.equals(TestPostgres.USER);
            });
            InProcessDataSource mallory = new InProcessDataSource(checked, TestPostgres.DATABASE, "mallory");
            assertThatThrownBy(mallory::getConnection)
                    .hasMessageContaining("login rejected for user \"mallory\"")
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("28000");
            InProcessDataSource broken = new InProcessDataSource(checked, TestPostgres.DATABASE, "broken");
            assertThatThrownBy(broken::getConnection).isInstanceOf(SQLException.class);
            new InProcessDataSource(checked, TestPostgres.DATABASE, TestPostgres.USER)
                    .getConnection()
                    .close();
            assertThat(asked).containsExactly("app/mallory", "app/broken", "app/app");
        }
    }

    @Test
    void aClientThatIsGoneWhenItIsRefusedCountsOnce() throws Exception {
        try (PgPool pool = start(1)) {
            CompletableFuture<Void> gone = new CompletableFuture<>();
            CompletableFuture<Void> refused = new CompletableFuture<>();
            Socket socket = pool.socketFactory((database, user) -> {
                        gone.orTimeout(30, TimeUnit.SECONDS).join();
                        refused.complete(null);
                        return false;
                    })
                    .createSocket();
            // of a protocol that is answered before the login goes on: so there is something to be sent to it
            int newer = Frontend.PROTOCOL_3_2 + 1;
            socket.getOutputStream().write(Frontend.startup(newer, "user", "app", "database", "app"));
            socket.close();
            gone.complete(null);
            refused.get(30, TimeUnit.SECONDS);
            app(pool).getConnection().close();
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(pool.clients()).isEmpty());
            assertThat(pool.snapshot().clients()).isZero();
        }
    }

    @Test
    void noPasswordIsAskedForWhateverListenersAskFor() throws SQLException {
        try (PgPool pool = start(1, builder -> builder.listen("127.0.0.1", 0));
                Connection connection = app(pool).getConnection()) {
            assertThat(first(connection, "SELECT 1")).isEqualTo("1");
            assertThatThrownBy(() -> DriverManager.getConnection(
                            pool.jdbcUrl(TestPostgres.DATABASE) + "?password=x&user=" + TestPostgres.USER))
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void refusalsAreSaidAsToOtherClients() throws SQLException {
        try (PgPool pool = start(1, builder -> builder.maxClientConnections(1))) {
            assertThatThrownBy(() -> pool.dataSource("nowhere", "app").getConnection())
                    .hasMessageContaining("no such database: nowhere");
            try (Connection first = app(pool).getConnection()) {
                assertThatThrownBy(() -> app(pool).getConnection())
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("53300");
                assertThat(first(first, "SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void statementsAreCancelledByTheDriver() throws SQLException {
        try (PgPool pool = start(2);
                Connection connection = app(pool).getConnection();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57014");
            assertThat(first(connection, "SELECT 'alive'")).isEqualTo("alive");

            try (Statement other = connection.createStatement()) {
                String sleep = "SELECT 'cancelled from elsewhere', pg_sleep(60)";
                CompletableFuture<Void> cancelled = CompletableFuture.runAsync(() -> {
                    postgres.awaitQuery(sleep);
                    try {
                        other.cancel();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                assertThatThrownBy(() -> other.execute(sleep))
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("57014");
                cancelled.join();
            }
        }
    }

    @Test
    void notificationsArriveWhileAThreadWaitsForThem() throws Exception {
        try (PgPool pool = start(2);
                Connection listener = app(pool).getConnection();
                Connection speaker = app(pool).getConnection();
                Statement listen = listener.createStatement();
                Statement notify = speaker.createStatement()) {
            listen.execute("LISTEN embedded_news");
            PGConnection notified = listener.unwrap(PGConnection.class);
            assertThat(notified.getNotifications(50)).isNullOrEmpty();
            CompletableFuture<PGNotification[]> news = CompletableFuture.supplyAsync(() -> {
                try {
                    return notified.getNotifications(30_000);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            notify.execute("NOTIFY embedded_news, 'hot'");
            assertThat(news.get(30, TimeUnit.SECONDS))
                    .extracting(PGNotification::getParameter)
                    .containsExactly("hot");
            listen.execute("UNLISTEN *");
        }
    }

    @Test
    void aPauseIsWaitedForAndAReloadIsAdopted() throws Exception {
        try (PgPool pool = start(1);
                Connection connection = app(pool).getConnection()) {
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return first(connection, "SELECT 'served'");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(Wire.PATIENCE)
                    .until(() -> pool.snapshot().pools().get(0).clientsWaiting() == 1);
            pool.reload(pool.config());
            pool.resume();
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("served");
        }
    }

    @Test
    void aDrainLetsATransactionEndAndTellsTheOthersGoodbye() throws Exception {
        PgPool pool = start(2);
        Connection idle = app(pool).getConnection();
        Connection busy = app(pool).getConnection();
        busy.setAutoCommit(false);
        assertThat(first(busy, "SELECT 1")).isEqualTo("1");
        CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> pool.drain(Duration.ofSeconds(30)));
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 1);
        assertThatThrownBy(() -> first(idle, "SELECT 1"))
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("57P01");
        assertThatThrownBy(() -> app(pool).getConnection())
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("57P03");
        assertThat(first(busy, "SELECT 'still served'")).isEqualTo("still served");
        busy.commit();
        assertThat(drained.get(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> app(pool).getConnection())
                .hasStackTraceContaining("the pooler is not running")
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("08001");
    }

    @Test
    void withoutAStartThereAreNoConnections() {
        try (PgPool pool = PgPool.builder()
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).user(TestPostgres.USER))
                .build()) {
            InProcessDataSource early = app(pool);
            assertThatThrownBy(early::getConnection).hasStackTraceContaining("the pooler is not running");
        }
    }
}
