package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Logins and statements that have to wait, and what ends or fulfils the wait. */
@OnEveryPostgres
class InProcessWaitsIT {
    private static final int AT_ONCE = 8;

    private final TestPostgres postgres;

    InProcessWaitsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPool start(Consumer<DatabaseBuilder> settings) {
        return PgPool.builder()
                .eventLoops(2)
                .database(TestPostgres.DATABASE, db -> {
                    TestPooler.at(db, postgres).maxConnections(1).user(TestPostgres.USER);
                    settings.accept(db);
                })
                .build()
                .start();
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    /** Threads of both kinds that each open a connection and ask for one thing. */
    private static List<CompletableFuture<String>> comers(InProcessDataSource app) {
        var threads = VirtualThreads.mixed();
        return Stream.generate(() -> {
                    CompletableFuture<String> answer = new CompletableFuture<>();
                    threads.newThread(() -> {
                                try (Connection connection = app.getConnection()) {
                                    answer.complete(first(connection, "SELECT 'served'"));
                                } catch (SQLException e) {
                                    answer.completeExceptionally(e);
                                }
                            })
                            .start();
                    return answer;
                })
                .limit(AT_ONCE)
                .toList();
    }

    private static void assertServed(List<CompletableFuture<String>> answers) throws Exception {
        for (CompletableFuture<String> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("served");
        }
    }

    private static void assertRefused(List<CompletableFuture<String>> answers, String... states) {
        for (CompletableFuture<String> answer : answers) {
            assertThatThrownBy(() -> answer.orTimeout(30, TimeUnit.SECONDS).join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isIn((Object[]) states);
        }
    }

    private static void awaitNoClient(PgPool pool) {
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(pool.snapshot().clients()).isZero());
    }

    private static void awaitClients(PgPool pool) {
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().size() == AT_ONCE);
    }

    @Test
    void loginsDuringAPauseAreServedAfterIt() throws Exception {
        try (PgPool pool = start(db -> {})) {
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            List<CompletableFuture<String>> answers = comers(pool.dataSource(TestPostgres.DATABASE));
            awaitClients(pool);
            pool.resume();
            assertServed(answers);
            awaitNoClient(pool);
        }
    }

    @Test
    void loginsDuringAPauseEndWithThePooler() throws Exception {
        PgPool pool = start(db -> {});
        pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
        List<CompletableFuture<String>> answers = comers(pool.dataSource(TestPostgres.DATABASE));
        awaitClients(pool);
        pool.close();
        assertRefused(answers, "57P01", "57P03");
    }

    @Test
    void loginsDuringAPauseEndWithADrain() throws Exception {
        try (PgPool pool = start(db -> {})) {
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            List<CompletableFuture<String>> answers = comers(pool.dataSource(TestPostgres.DATABASE));
            awaitClients(pool);
            pool.drain(Duration.ofSeconds(1));
            assertRefused(answers, "57P01", "57P03");
        }
    }

    @Test
    void waitsEndWhenTheDatabaseIsKilled() throws Exception {
        try (PgPool pool = start(db -> {});
                Connection holder = pool.dataSource(TestPostgres.DATABASE).getConnection()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            List<CompletableFuture<String>> answers = comers(pool.dataSource(TestPostgres.DATABASE));
            awaitWaiting(pool);
            pool.kill(TestPostgres.DATABASE);
            assertRefused(answers, "57P01");
            assertThatThrownBy(() -> first(holder, "SELECT 1"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57P01");
            pool.resume(TestPostgres.DATABASE);
            assertServed(comers(pool.dataSource(TestPostgres.DATABASE)));
            awaitNoClient(pool);
        }
    }

    private static void awaitWaiting(PgPool pool) {
        await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().pools().get(0).clientsWaiting() == AT_ONCE);
    }

    @Test
    void waitsGoOnAcrossAReload() throws Exception {
        try (PgPool pool = start(db -> {});
                Connection holder = pool.dataSource(TestPostgres.DATABASE).getConnection()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            List<CompletableFuture<String>> answers = comers(pool.dataSource(TestPostgres.DATABASE));
            awaitWaiting(pool);
            PgPool wider = PgPool.builder()
                    .eventLoops(2)
                    .database(
                            TestPostgres.DATABASE,
                            db -> TestPooler.at(db, postgres).maxConnections(3).user(TestPostgres.USER))
                    .build();
            pool.reload(wider.config());
            assertServed(answers);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
        }
    }

    @Test
    void aWaitThatTakesTooLongIsAnErrorOfTheStatement() throws SQLException {
        try (PgPool pool = start(db -> db.waitTimeout(Duration.ofMillis(300)));
                Connection holder = pool.dataSource(TestPostgres.DATABASE).getConnection()) {
            holder.setAutoCommit(false);
            assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
            assertRefused(comers(pool.dataSource(TestPostgres.DATABASE)), "08006", "53300", "57014", "08P01");
        }
    }

    /** A login wants a server only until the pooler knows what to tell clients of it. */
    @Test
    void aLoginTimeoutEndsTheWaitAndLeavesNoClient() throws Exception {
        try (PgPool pool = start(db -> {})) {
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            InProcessDataSource app = pool.dataSource(TestPostgres.DATABASE);
            app.setLoginTimeout(1);
            assertThatThrownBy(app::getConnection).isInstanceOf(SQLException.class);
            pool.resume();
            awaitNoClient(pool);
            assertServed(comers(app));
        }
    }

    @Test
    void aLoginNeedsNoServerOnceOneIsKnown() throws Exception {
        try (PgPool pool = start(db -> {})) {
            InProcessDataSource app = pool.dataSource(TestPostgres.DATABASE);
            app.setLoginTimeout(20);
            String url =
                    pool.socketFactory().jdbcUrl(TestPostgres.DATABASE) + "&loginTimeout=20&user=" + TestPostgres.USER;
            try (Connection holder = app.getConnection()) {
                holder.setAutoCommit(false);
                assertThat(first(holder, "SELECT 'held'")).isEqualTo("held");
                try (Connection connection =
                                app.with("ApplicationName", "billing").getConnection();
                        Connection byUrl = DriverManager.getConnection(url)) {
                    assertThat(pool.snapshot().pools().get(0).clientsWaiting()).isZero();
                    holder.commit();
                    assertThat(first(connection, "SHOW application_name")).isEqualTo("billing");
                    // what else the driver would have said by statements is the default since PostgreSQL 12
                    assertThat(first(byUrl, "SELECT 0.1::float8 + 0.2::float8")).isEqualTo("0.30000000000000004");
                }
            }
            awaitNoClient(pool);
        }
    }

    @Test
    void anInterruptEndsALogin() throws Exception {
        try (PgPool pool = start(db -> {})) {
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            InProcessDataSource app = pool.dataSource(TestPostgres.DATABASE);
            CompletableFuture<String> answer = new CompletableFuture<>();
            Thread comer = new Thread(() -> {
                try (Connection connection = app.getConnection()) {
                    answer.complete(first(connection, "SELECT 'served'"));
                } catch (SQLException e) {
                    answer.completeExceptionally(e);
                }
            });
            comer.start();
            await().atMost(Wire.PATIENCE)
                    .until(() -> !pool.clients().isEmpty() && comer.getState() == Thread.State.WAITING);
            comer.interrupt();
            assertRefused(List.of(answer), "08001", "08006");
            pool.resume();
            awaitNoClient(pool);
        }
    }

    @Test
    void usersHaveServersOfTheirOwn() throws Exception {
        String other = postgres.createRole("scram-sha-256", "secret");
        try (PgPool pool = PgPool.builder()
                .eventLoops(2)
                .credentials(dev.pgpool.core.auth.CredentialStore.of(java.util.Map.of(other, "secret")))
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1))
                .build()
                .start()) {
            InProcessDataSource one = pool.dataSource(TestPostgres.DATABASE, TestPostgres.USER);
            InProcessDataSource two = pool.dataSource(TestPostgres.DATABASE, other);
            try (Connection ones = one.getConnection();
                    Connection twos = two.getConnection()) {
                ones.setAutoCommit(false);
                twos.setAutoCommit(false);
                for (int i = 0; i < 3; i++) {
                    assertThat(first(ones, "SELECT current_user")).isEqualTo(TestPostgres.USER);
                    assertThat(first(twos, "SELECT current_user")).isEqualTo(other);
                }
                assertThat(pool.snapshot().pools()).hasSize(2);
            }
            List<CompletableFuture<String>> answers = new ArrayList<>(comers(one));
            answers.addAll(comers(two));
            assertServed(answers);
            awaitNoClient(pool);
        }
    }
}
