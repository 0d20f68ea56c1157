package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The host's own check of who may log in: whatever it does but agree is a refusal, and harms no other client. */
@OnEveryPostgres
class InProcessChecksIT {
    private final TestPostgres postgres;

    InProcessChecksIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** Some languages check no exceptions. */
    static Stream<Throwable> defects() {
        return Stream.of(
                new IllegalStateException("a defect"),
                new IOException("a file that is missing"),
                new NoClassDefFoundError("a class that is missing"),
                new AssertionError("an assertion"),
                new StackOverflowError());
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E sneaky(Throwable defect) throws E {
        throw (E) defect;
    }

    private PgPoolBuilder builder(int servers) {
        return PgPool.builder()
                .eventLoops(1)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(servers)
                                .user(TestPostgres.USER));
    }

    private static void assertServed(PgPool pool) throws SQLException {
        try (Connection connection = pool.dataSource(TestPostgres.DATABASE)
                        .with("socketTimeout", "30")
                        .getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 'served'")) {
            assertThat(rows.next()).isTrue();
        }
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("defects")
    void aDefectIsARefusal(Throwable defect) throws SQLException {
        try (PgPool pool = builder(1).build().start()) {
            InProcessSocketFactory sockets = pool.socketFactory((database, user) -> {
                throw InProcessChecksIT.<RuntimeException>sneaky(defect);
            });
            InProcessDataSource app = new InProcessDataSource(sockets, TestPostgres.DATABASE, TestPostgres.USER)
                    .with("socketTimeout", "30");
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(app::getConnection)
                        .isInstanceOf(SQLException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("28000");
            }
            assertServed(pool);
        }
    }

    /** The configuration changes while the client waits for a server: it is judged anew where the server arrives. */
    @ParameterizedTest
    @MethodSource("defects")
    void aDefectIsARefusalAlsoWhenTheClientHasWaited(Throwable defect) throws Exception {
        try (PgPool pool = builder(1).build().start()) {
            AtomicInteger asked = new AtomicInteger();
            InProcessSocketFactory sockets = pool.socketFactory((database, user) -> {
                if (asked.getAndIncrement() > 0) {
                    throw InProcessChecksIT.<RuntimeException>sneaky(defect);
                }
                return true;
            });
            InProcessDataSource app = new InProcessDataSource(sockets, TestPostgres.DATABASE, TestPostgres.USER)
                    .with("socketTimeout", "30");
            pool.pause().toCompletableFuture().get(30, TimeUnit.SECONDS);
            CompletableFuture<String> login = CompletableFuture.supplyAsync(() -> {
                try (Connection connection = app.getConnection()) {
                    return "let in";
                } catch (SQLException e) {
                    return e.getSQLState();
                }
            });
            await().atMost(Wire.PATIENCE)
                    .until(() -> pool.snapshot().pools().stream().anyMatch(of -> of.clientsWaiting() == 1));
            pool.reload(builder(2).build().config());
            pool.resume();
            assertThat(login.get(30, TimeUnit.SECONDS)).isEqualTo("28000");
            assertThat(asked.get()).isEqualTo(2);
            assertServed(pool);
        }
    }

    @Test
    void theCheckIsAskedForTheConsoleToo() throws SQLException {
        AtomicReference<String> asked = new AtomicReference<>();
        try (PgPool pool = builder(1).adminUsers("operator").build().start()) {
            for (String console : List.of("pgbouncer", "pgpool")) {
                InProcessSocketFactory sockets = pool.socketFactory((database, user) -> {
                    asked.set(database + "/" + user);
                    return false;
                });
                assertThatThrownBy(() -> new InProcessDataSource(sockets, console, "operator")
                                .with("preferQueryMode", "simple")
                                .getConnection())
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("28000");
                assertThat(asked.get()).isEqualTo(console + "/operator");
            }
            assertThatThrownBy(() -> pool.dataSource("pgbouncer", "passer-by")
                            .with("preferQueryMode", "simple")
                            .getConnection())
                    .isInstanceOf(SQLException.class);
        }
    }
}
