package dev.pgpool.core.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.internal.transport.ActiveLoops;
import io.netty.channel.SingleThreadEventLoop;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients under real traffic go from loop to loop; how busy the loops are is said by the test. */
class LoopsByNeedIT {
    private static final String PROPERTY = "pgpool.loops";
    private static final int CLIENTS = 12;
    private static final int SERVERS = 4;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final TestPostgres postgres = TestPostgres.shared(18);
    private String before = "";
    private PoolerRuntime pooler;

    @BeforeEach
    void startByNeed() throws StartFailure {
        before = System.getProperty(PROPERTY, "");
        System.setProperty(PROPERTY, "");
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(SERVERS)
                                .clientIdleTimeout(Duration.ofHours(1)))
                .eventLoops(2)
                .build()) {
            PgPoolConfig config = pool.config();
            pooler = new PoolerRuntime(config, null, PgPoolListener.NONE);
        }
        pooler.start();
    }

    @AfterEach
    void end() {
        pooler.close();
        System.setProperty(PROPERTY, before);
    }

    private ActiveLoops loops() {
        return pooler.running().loops();
    }

    private int channels(int loop) {
        return ((SingleThreadEventLoop) loops().loops().get(loop)).registeredChannels();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + pooler.address().getPort() + "/" + TestPostgres.DATABASE
                        + "?prepareThreshold=1&sslmode=disable",
                TestPostgres.USER,
                "");
    }

    /** At once, so that the pooler does not see for itself in between how busy they are. */
    private void tell(long nanos, double first) {
        loops().loops()
                .get(0)
                .submit(() -> {
                    loops().observe(SECOND, new double[] {first, 0});
                    loops().observe(nanos, new double[] {first, 0});
                })
                .syncUninterruptibly();
    }

    private void spread() {
        tell(SECOND, 1);
    }

    private void gather() {
        tell(11 * SECOND, 0);
    }

    @Test
    void quietTrafficStaysOnOneLoopWithItsServers() throws SQLException {
        List<Connection> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(connect());
        }

        assertThat(channels(1)).isZero();
        assertThat(loops().active()).isEqualTo(1);
        for (Connection client : clients) {
            client.close();
        }
    }

    @Test
    void clientsGoToAnotherLoopAndBackAndNoneNoticesIt() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger transactions = new AtomicInteger();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            clients.add(CompletableFuture.runAsync(
                    () -> work(number, over, transactions), task -> new Thread(task, "client").start()));
        }
        await().atMost(Duration.ofMinutes(1)).until(() -> transactions.get() > CLIENTS);

        for (int round = 0; round < 5; round++) {
            spread();
            assertThat(loops().active()).isEqualTo(2);
            // more than there are servers, which may be there, too
            await().atMost(Duration.ofMinutes(1)).until(() -> channels(1) > SERVERS);
            int done = transactions.get();
            await().atMost(Duration.ofMinutes(1)).until(() -> transactions.get() > done + CLIENTS);
            gather();
            assertThat(loops().active()).isEqualTo(1);
            await().atMost(Duration.ofMinutes(1)).until(() -> channels(1) <= SERVERS);
        }

        over.set(true);
        for (CompletableFuture<Void> client : clients) {
            client.get(1, TimeUnit.MINUTES);
        }
    }

    /** State of the session, prepared statements and transactions: whatever the client has must be there after a move. */
    private void work(int number, AtomicBoolean over, AtomicInteger transactions) {
        try (Connection connection = connect();
                PreparedStatement echo = connection.prepareStatement("SELECT ?::int, current_setting('DateStyle')");
                Statement statement = connection.createStatement()) {
            String style = number % 2 == 0 ? "ISO, DMY" : "ISO, YMD";
            statement.execute("SET DateStyle = '" + style + "'");
            for (int i = 0; !over.get(); i++) {
                echo.setInt(1, number * 1_000_000 + i);
                try (ResultSet row = echo.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getInt(1)).isEqualTo(number * 1_000_000 + i);
                    assertThat(row.getString(2)).isEqualTo(style);
                }
                connection.setAutoCommit(false);
                statement.execute("SELECT 1");
                connection.commit();
                connection.setAutoCommit(true);
                transactions.incrementAndGet();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
