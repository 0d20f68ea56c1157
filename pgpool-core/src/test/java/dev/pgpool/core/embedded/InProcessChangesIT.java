package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pooler changes, ends, begins anew or is forgotten while connections are open, and while others are wanted. */
@OnEveryPostgres
class InProcessChangesIT {
    private final TestPostgres postgres;

    InProcessChangesIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder builder(String database, Consumer<DatabaseBuilder> settings) {
        return PgPool.builder().eventLoops(2).database(database, db -> {
            TestPooler.at(db, postgres)
                    .databaseName(TestPostgres.DATABASE)
                    .maxConnections(2)
                    .user(TestPostgres.USER);
            settings.accept(db);
        });
    }

    private PgPoolConfig config(String database) {
        try (PgPool other = builder(database, db -> {}).build()) {
            return other.config();
        }
    }

    private PgPool start() {
        return builder(TestPostgres.DATABASE, db -> {}).build().start();
    }

    private static InProcessDataSource app(PgPool pool) {
        return pool.dataSource(TestPostgres.DATABASE).with("socketTimeout", "60");
    }

    private static HikariDataSource hikari(PgPool pool, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(pool.socketFactory().jdbcUrl(TestPostgres.DATABASE));
        config.setUsername(TestPostgres.USER);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(20_000);
        return new HikariDataSource(config);
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static void assertState(Connection connection, String... states) {
        assertThatThrownBy(() -> first(connection, "SELECT 1"))
                .isInstanceOf(SQLException.class)
                .extracting(e -> ((SQLException) e).getSQLState())
                .isIn((Object[]) states);
    }

    /** What an operator does to those who are there. */
    private record Change(String name, Consumer<PgPool> made) {
        @Override
        public String toString() {
            return name;
        }
    }

    private Stream<Change> harsh() {
        return Stream.of(
                new Change("kill", pool -> {
                    pool.kill(TestPostgres.DATABASE);
                    pool.resume(TestPostgres.DATABASE);
                }),
                new Change(
                        "each client killed", pool -> pool.clients().forEach(client -> pool.killClient(client.id()))),
                new Change("database renamed and back", pool -> {
                    pool.reload(config("other"));
                    await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
                    pool.reload(config(TestPostgres.DATABASE));
                }));
    }

    private Stream<Change> gentle() {
        return Stream.of(
                new Change("same again", pool -> pool.reload(config(TestPostgres.DATABASE))),
                new Change("reconnect", PgPool::reconnect),
                new Change(
                        "fewer servers",
                        pool -> pool.reload(builder(TestPostgres.DATABASE, db -> db.maxConnections(1))
                                .build()
                                .config())),
                new Change(
                        "servers made anew",
                        pool -> pool.reload(
                                builder(TestPostgres.DATABASE, db -> db.connectQuery("SET work_mem TO '7MB'"))
                                        .build()
                                        .config())),
                new Change("pause and resume", pool -> {
                    pool.pause()
                            .toCompletableFuture()
                            .orTimeout(30, TimeUnit.SECONDS)
                            .join();
                    pool.resume();
                }),
                new Change("disable and enable", pool -> {
                    pool.disable(TestPostgres.DATABASE);
                    pool.enable(TestPostgres.DATABASE);
                }),
                new Change(
                        "servers killed",
                        pool -> pool.servers().forEach(server -> postgres.terminateBackend(server.processId()))));
    }

    @Test
    void aPoolInFrontNoticesWhatEndsItsConnections() throws SQLException {
        for (Change change : harsh().toList()) {
            try (PgPool pool = start();
                    HikariDataSource front = hikari(pool, 3)) {
                List<Connection> all = List.of(front.getConnection(), front.getConnection(), front.getConnection());
                for (Connection connection : all) {
                    assertThat(first(connection, "SELECT 'before'")).isEqualTo("before");
                    connection.close();
                }
                // HikariCP trusts for half a second what was used
                await().during(Duration.ofMillis(600)).atMost(Wire.PATIENCE).until(() -> true);
                change.made.accept(pool);
                for (int i = 0; i < 5; i++) {
                    try (Connection connection = front.getConnection()) {
                        assertThat(first(connection, "SELECT 'after'"))
                                .as("%s, %d", change, i)
                                .isEqualTo("after");
                    }
                }
            }
        }
    }

    @Test
    void gentleChangesAreNotNoticed() throws SQLException {
        for (Change change : gentle().toList()) {
            try (PgPool pool = start();
                    HikariDataSource front = hikari(pool, 1);
                    Connection own = app(pool).getConnection()) {
                assertThat(first(own, "SELECT 'before'")).isEqualTo("before");
                front.getConnection().close();
                change.made.accept(pool);
                assertThat(own.isValid(20)).as("%s: valid", change).isTrue();
                assertThat(first(own, "SELECT 'after'")).as("%s", change).isEqualTo("after");
                try (Connection connection = front.getConnection()) {
                    assertThat(first(connection, "SELECT 'after'"))
                            .as("%s", change)
                            .isEqualTo("after");
                }
            }
        }
    }

    @Test
    void aDatabaseThatIsGoneIsSaidAndAnotherNameIsAnother() throws Exception {
        try (PgPool pool = start()) {
            InProcessDataSource app = app(pool);
            Connection idle = app.getConnection();
            Connection busy = app.getConnection();
            busy.setAutoCommit(false);
            assertThat(first(busy, "SELECT 'in a transaction'")).isEqualTo("in a transaction");
            pool.reload(config("other"));
            assertThat(first(busy, "SELECT 'still'")).isEqualTo("still");
            await().atMost(Wire.PATIENCE).until(() -> pool.clients().size() == 1);
            busy.commit();
            await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
            assertState(idle, "57P01");
            assertState(busy, "57P01");
            assertThat(idle.isValid(1)).isFalse();
            assertThatThrownBy(app::getConnection)
                    .hasMessageContaining("no such database: app")
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("3D000");
            assertThatThrownBy(() -> pool.dataSource(TestPostgres.DATABASE))
                    .isInstanceOf(IllegalArgumentException.class);
            try (Connection other = pool.dataSource("other").getConnection()) {
                assertThat(first(other, "SELECT current_database()")).isEqualTo(TestPostgres.DATABASE);
            }
            pool.reload(config(TestPostgres.DATABASE));
            try (Connection again = app.getConnection()) {
                assertThat(first(again, "SELECT 'back'")).isEqualTo("back");
            }
        }
    }

    @Test
    void aDrainedPoolerIsSaidByAPoolInFrontInItsTime() throws Exception {
        PgPool pool = start();
        try (HikariDataSource front = hikari(pool, 1)) {
            front.setConnectionTimeout(500);
            Connection held = front.getConnection();
            assertThat(first(held, "SELECT 'held'")).isEqualTo("held");
            CompletableFuture<Boolean> drained =
                    CompletableFuture.supplyAsync(() -> pool.drain(Duration.ofSeconds(30)));
            assertThat(drained.get(30, TimeUnit.SECONDS)).isTrue();
            assertState(held, "57P01");
            held.close();
            assertThatThrownBy(front::getConnection).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void whatEndsAfterThePoolerEndsInPeace() throws Exception {
        PgPool pool = start();
        Connection idle = app(pool).getConnection();
        Connection cursor = app(pool).getConnection();
        cursor.setAutoCommit(false);
        Statement fetching = cursor.createStatement();
        fetching.setFetchSize(2);
        ResultSet rows = fetching.executeQuery("SELECT generate_series(1, 10)");
        assertThat(rows.next()).isTrue();
        pool.close();
        pool.close();
        assertThat(rows.next()).isTrue();
        assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
        fetching.cancel();
        assertThat(cursor.isValid(1)).isFalse();
        cursor.close();
        assertThat(idle.isValid(1)).isFalse();
        idle.close();
        assertThat(idle.isClosed()).isTrue();
    }

    @Test
    void twoPoolersOfTheSameNamesAreTwo() throws Exception {
        try (PgPool one = start();
                PgPool two = start()) {
            try (Connection ofOne = app(one).getConnection();
                    Connection ofTwo = app(two).getConnection()) {
                String sleep = "SELECT 'two', pg_sleep(2)";
                CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                    try {
                        return first(ofTwo, sleep);
                    } catch (SQLException e) {
                        return e.getSQLState();
                    }
                });
                postgres.awaitQuery(sleep);
                try (Statement statement = ofOne.createStatement()) {
                    statement.setQueryTimeout(1);
                    assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
                            .extracting(e -> ((SQLException) e).getSQLState())
                            .isEqualTo("57014");
                }
                one.close();
                assertState(ofOne, "57P01");
                assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("two");
                assertThatThrownBy(() -> app(one).getConnection())
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("08001");
                app(two).getConnection().close();
            }
        }
    }

    @Test
    void aPoolerIsFollowedByAnotherOne() throws SQLException {
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (PgPool pool = start();
                    Connection connection = app(pool).getConnection()) {
                assertThat(first(connection, "SELECT 'one after the other'")).isEqualTo("one after the other");
                urls.add(pool.socketFactory().jdbcUrl(TestPostgres.DATABASE) + "&user=" + TestPostgres.USER);
            }
        }
        assertThat(urls).doesNotHaveDuplicates();
        for (String url : urls) {
            assertThatThrownBy(() -> DriverManager.getConnection(url).close()).isInstanceOf(SQLException.class);
        }
    }

    // ---- forgotten

    /** What a host keeps that has made its own pool of URLs. */
    private record Urls(String app, String checked, String console, WeakReference<PgPool> pool) {}

    private Urls startAndForget() {
        PgPool pool = builder(TestPostgres.DATABASE, db -> {})
                .adminUsers("operator")
                .build()
                .start();
        InProcessSocketFactory sockets = pool.socketFactory();
        return new Urls(
                sockets.jdbcUrl(TestPostgres.DATABASE) + "&user=" + TestPostgres.USER,
                pool.socketFactory((database, user) -> user.equals(TestPostgres.USER))
                                .jdbcUrl(TestPostgres.DATABASE)
                        + "&user=" + TestPostgres.USER,
                sockets.jdbcUrl("pgbouncer") + "&preferQueryMode=simple&user=operator",
                new WeakReference<>(pool));
    }

    @Test
    void aPoolerThatRunsIsFoundByItsUrlThoughItsObjectIsForgotten() throws SQLException {
        Urls urls = startAndForget();
        for (int i = 0; i < 20 && urls.pool.get() != null; i++) {
            System.gc();
            try (Connection straight = postgres.superuser()) {
                assertThat(straight.isValid(10)).isTrue();
            }
        }
        try (Connection connection = DriverManager.getConnection(urls.app);
                Connection checked = DriverManager.getConnection(urls.checked)) {
            assertThat(first(connection, "SELECT 'found'")).isEqualTo("found");
            assertThat(first(checked, "SELECT 'found'")).isEqualTo("found");
        } finally {
            try (Connection console = DriverManager.getConnection(urls.console);
                    Statement shutdown = console.createStatement()) {
                shutdown.execute("SHUTDOWN");
            } catch (SQLException gone) {
                // before it is answered
            }
        }
        await().atMost(Wire.PATIENCE).untilAsserted(() -> {
            System.gc();
            assertThatThrownBy(() -> DriverManager.getConnection(urls.app).close())
                    .as("a pooler that has ended is not kept")
                    .hasStackTraceContaining("leads to no pooler of this process");
        });
    }

    // ---- event loops

    @Test
    void anEventLoopThatCallsAtTheEndIsToldSo() throws Exception {
        List<InputOf> inputs = new CopyOnWriteArrayList<>();
        List<String> told = new CopyOnWriteArrayList<>();
        try (PgPool pool = PgPool.builder()
                .eventLoops(1)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(1).user(TestPostgres.USER))
                .listener(new PgPoolListener() {
                    @Override
                    public void onClientClosed(PoolKey of, CloseReason reason) {
                        inputs.forEach(input -> told.add(input.end()));
                    }
                })
                .build()
                .start()) {
            for (int i = 0; i < 3; i++) {
                RawClient client = RawClient.login(pool);
                inputs.add(() -> {
                    try {
                        while (client.socket().getInputStream().read() >= 0) {
                            // the goodbye
                        }
                        return "the end";
                    } catch (IOException e) {
                        return String.valueOf(e.getMessage());
                    }
                });
            }
            long begun = System.nanoTime();
            pool.close();
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun))
                    .isLessThan(9);
        }
        assertThat(told).anyMatch(text -> text.startsWith("an event loop of the pooler can't wait"));
        assertThat(told).contains("the end");
    }

    private interface InputOf {
        String end();
    }
}
