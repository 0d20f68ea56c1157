package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.PgPoolException;
import dev.pgpool.core.PoolInitializationException;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A start that waits for its databases, and fails if they do not answer. */
@OnEveryPostgres
class InitializationIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String SECRET = "geheim-4711";

    private final TestPostgres postgres;
    private final String name = TestPostgres.uniqueName("pooler");

    InitializationIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder pooler(Duration timeout) {
        return PgPool.builder()
                .name(name)
                .listen("127.0.0.1", 0)
                .eventLoops(2)
                .clientAuthentication(ClientAuthentication.TRUST)
                .initializationFailTimeout(timeout);
    }

    private DatabaseBuilder good(DatabaseBuilder db) {
        return TestPooler.at(db, postgres).databaseName(TestPostgres.DATABASE).user(TestPostgres.USER);
    }

    private static DatabaseBuilder behind(Toxics network, DatabaseBuilder db) {
        return db.host("127.0.0.1")
                .port(network.port())
                .databaseName(TestPostgres.DATABASE)
                .user(TestPostgres.USER)
                .connectRetryDelay(Duration.ofMillis(100));
    }

    /** A port on which nothing listens. */
    private static int deadPort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private PoolInitializationException failure(PgPool pool) {
        PoolInitializationException thrown =
                catchThrowableOfType(PoolInitializationException.class, () -> started(pool));
        assertThat(thrown).isNotNull();
        isGone(pool);
        return thrown;
    }

    private static void started(PgPool pool) {
        try (pool) {
            pool.start();
        }
    }

    private void isGone(PgPool pool) {
        assertThat(pool.whenClosed().toCompletableFuture()).succeedsWithin(10, TimeUnit.SECONDS);
        assertThatThrownBy(pool::address).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(pool::start).isInstanceOf(IllegalStateException.class);
        await().atMost(Wire.PATIENCE).until(() -> threads().isEmpty());
    }

    private List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(thread -> thread.startsWith(name))
                .toList();
    }

    private static String everythingIn(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static CompletableFuture<PgPool> starting(PgPool pool) {
        return CompletableFuture.supplyAsync(pool::start, task -> new Thread(task, "starts").start());
    }

    // ---- databases that answer

    @Test
    void databasesThatAnswerLetItStartAndNoConnectionIsLeft() {
        String database = postgres.createDatabase();
        String role = postgres.createRole("scram-sha-256", SECRET);
        try (PgPool pool = pooler(LONG)
                .database(
                        "one",
                        db -> TestPooler.at(db, postgres)
                                .databaseName(database)
                                .user(role)
                                .password(SECRET))
                .database("two", this::good)
                .build()
                .start()) {
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).isEmpty());
            try (WireClient client = WireClient.login(pool.address(), TestPostgres.USER, "two")) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void manyDatabasesAreAllAsked() {
        PgPoolBuilder builder = pooler(LONG);
        for (int i = 0; i < 30; i++) {
            builder.database("db" + i, this::good);
        }
        builder.database("bad", db -> good(db).databaseName("nowhere"));
        assertThat(failure(builder.build()).databases()).containsOnlyKeys("bad");
    }

    // ---- databases that do not

    @Test
    void withoutTheSettingADatabaseThatIsDownKeepsNothing() {
        int port = deadPort();
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .database("app", db -> db.host("127.0.0.1").port(port).user("app"))
                .build()
                .start()) {
            assertThat(pool.healthy()).isTrue();
        }
    }

    @Test
    void databaseThatIsDownIsNamedAndNothingIsLeft() throws IOException {
        int port = deadPort();
        int ours = deadPort();
        PgPool pool = pooler(Duration.ofMillis(300))
                .listen("127.0.0.1", ours)
                .database("app", db -> db.host("127.0.0.1").port(port).user("app"))
                .database("fine", this::good)
                .build();
        PoolInitializationException thrown = failure(pool);
        assertThat(thrown)
                .hasMessageStartingWith("databases not available (initializationFailTimeout 300 ms): app: as user")
                .hasMessageContainingAll(
                        "as user \"app\": could not connect to server", "127.0.0.1", String.valueOf(port), "08001")
                .hasMessageNotContaining("fine");
        assertThat(thrown.databases()).containsOnlyKeys("app");
        // no server listens there
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress("127.0.0.1", ours));
        }
    }

    @Test
    void wrongPasswordFailsAtOnceWithoutShowingIt() {
        String role = postgres.createRole("scram-sha-256", "another");
        PgPool pool = pooler(LONG)
                .database("app", db -> TestPooler.at(db, postgres).user(role).password(SECRET))
                .build();
        long begun = System.nanoTime();
        try (LogCapture log = LogCapture.everything()) {
            PoolInitializationException thrown = failure(pool);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONG.dividedBy(2));
            assertThat(thrown)
                    .hasMessageContaining("app: as user \"" + role + "\": password authentication failed")
                    .hasMessageContaining("28P01");
            assertThat(everythingIn(thrown)).doesNotContain(SECRET);
            assertThat(log.text()).contains("database not available at start").doesNotContain(SECRET);
        }
    }

    @Test
    void everyDatabaseThatFailsIsNamedWithItsOwnReason() {
        int port = deadPort();
        PgPool pool = pooler(LONG)
                .database("down", db -> db.host("127.0.0.1").port(port).user("app"))
                .database("fine", this::good)
                .database("unknown", db -> good(db).databaseName("nowhere"))
                .build();
        Map<String, String> databases = failure(pool).databases();
        assertThat(databases).containsOnlyKeys("down", "unknown");
        assertThat(databases.get("down")).contains("08001");
        assertThat(databases.get("unknown")).contains("database \"nowhere\" does not exist", "3D000");
    }

    @Test
    void zeroAsksOnceAndFailsOnRefusalsOnly() {
        int port = deadPort();
        PgPoolBuilder unreachable = pooler(Duration.ZERO)
                .database("app", db -> db.host("127.0.0.1").port(port).user("app"));
        try (LogCapture log = LogCapture.everything();
                PgPool pool = unreachable.build().start()) {
            assertThat(pool.healthy()).isTrue();
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("database not available at start"))
                    .hasSize(1);
        }
        unreachable.database("unknown", db -> good(db).databaseName("nowhere"));
        assertThat(failure(unreachable.build()).databases()).containsOnlyKeys("app", "unknown");
    }

    // ---- meanwhile

    @Test
    void serverThatComesUpWhileItIsAwaitedIsWaitedFor() throws Exception {
        try (Toxics network = Toxics.before(postgres.address()).refuse(true)) {
            PgPool pool =
                    pooler(LONG).database("app", db -> behind(network, db)).build();
            try (LogCapture log = LogCapture.everything()) {
                CompletableFuture<PgPool> start = starting(pool);
                await().atMost(Wire.PATIENCE).until(() -> log.text().contains("database not available at start"));
                assertThat(start).isNotDone();
                assertThatThrownBy(pool::address).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> pool.reload(pool.config())).isInstanceOf(IllegalStateException.class);
                network.refuse(false);
                try (PgPool running = start.get(30, TimeUnit.SECONDS);
                        WireClient client = WireClient.login(running.address(), TestPostgres.USER, "app")) {
                    assertThat(client.value("SELECT 1")).isEqualTo("1");
                }
            }
        }
    }

    @Test
    void closeEndsTheWait() throws Exception {
        int port = deadPort();
        PgPool pool = pooler(LONG)
                .database("app", db -> db.host("127.0.0.1").port(port).user("app"))
                .build();
        try (LogCapture log = LogCapture.everything()) {
            CompletableFuture<PgPool> start = starting(pool);
            await().atMost(Wire.PATIENCE).until(() -> log.text().contains("database not available at start"));
            pool.close();
            assertThat(start)
                    .failsWithin(10, TimeUnit.SECONDS)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseExactlyInstanceOf(PgPoolException.class)
                    .withMessageContaining("closed while it waited for its databases");
        }
        isGone(pool);
    }

    @Test
    void closeEndsTheWaitForAServerThatKeepsSilent() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            PgPool pool = pooler(LONG)
                    .database(
                            "app",
                            db -> db.host("127.0.0.1")
                                    .port(silent.getLocalPort())
                                    .user("app"))
                    .build();
            CompletableFuture<PgPool> start = starting(pool);
            try (Socket accepted = silent.accept()) {
                pool.close();
                assertThat(accepted.getInputStream().readAllBytes()).isNotNull();
            }
            assertThat(start).failsWithin(10, TimeUnit.SECONDS);
            isGone(pool);
        }
    }

    @Test
    void interruptEndsTheWait() throws Exception {
        int port = deadPort();
        PgPool pool = pooler(LONG)
                .database("app", db -> db.host("127.0.0.1").port(port).user("app"))
                .build();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread starter = new Thread(() -> {
            try {
                pool.start();
            } catch (PgPoolException e) {
                interrupted.complete(Thread.currentThread().isInterrupted());
            }
        });
        starter.start();
        await().atMost(Wire.PATIENCE).until(() -> !threads().isEmpty());
        starter.interrupt();
        assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
        isGone(pool);
    }

    @Test
    void reloadAsksNoDatabase() {
        int port = deadPort();
        try (PgPool pool = pooler(LONG).database("app", this::good).build().start()) {
            pool.reload(pooler(LONG)
                    .database("app", this::good)
                    .database("down", db -> db.host("127.0.0.1").port(port).user("app"))
                    .config());
            assertThat(pool.config().databaseNames()).contains("down");
        }
    }

    // ---- as whom

    @Test
    void withoutAUserItIsEnoughThatPostgresAnswers() {
        String database = postgres.createDatabase();
        try (PgPool pool = pooler(LONG)
                .database("app", db -> TestPooler.at(db, postgres).databaseName(database))
                .database("*", db -> db.host("127.0.0.1").port(deadPort()))
                .build()
                .start()) {
            assertThat(pool.healthy()).isTrue();
        }
    }

    @Test
    void whatIsNoPostgresDoesNotAnswer() throws IOException {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread closer = new Thread(() -> {
                try {
                    while (true) {
                        mute.accept().close();
                    }
                } catch (IOException e) {
                    // the end of the test
                }
            });
            closer.setDaemon(true);
            closer.start();
            PgPool pool = pooler(Duration.ofMillis(300))
                    .database("app", db -> db.host("127.0.0.1").port(mute.getLocalPort()))
                    .build();
            assertThat(failure(pool).databases()).containsOnlyKeys("app");
        }
    }

    @Test
    void forcedUserWhoseSecretClientsMayShowLaterIsEnoughIfItIsAskedForOne() {
        String role = postgres.createRole("scram-sha-256", SECRET);
        try (PgPool pool = pooler(LONG)
                .database("app", db -> TestPooler.at(db, postgres).user(role))
                .build()
                .start()) {
            assertThat(pool.healthy()).isTrue();
        }
        PgPool unknown = pooler(LONG)
                .database("app", db -> TestPooler.at(db, postgres).user("no_such_role"))
                .build();
        assertThat(failure(unknown)).hasMessageContaining("role \"no_such_role\" does not exist");
    }

    @Test
    void onlyUserOfTheStoreLogsIn() {
        String role = postgres.createRole("scram-sha-256", "another");
        PgPool pool = pooler(LONG)
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .credentials(CredentialStore.of(Map.of(role, SECRET)))
                .database("app", db -> TestPooler.at(db, postgres))
                .build();
        assertThat(failure(pool)).hasMessageContaining("as user \"" + role + "\": password authentication failed");
        try (PgPool several = pooler(LONG)
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .credentials(CredentialStore.of(Map.of(role, SECRET, "other", SECRET)))
                .database("app", db -> TestPooler.at(db, postgres))
                .build()
                .start()) {
            assertThat(several.healthy()).isTrue();
        }
    }

    @Test
    void userOfTheAuthQueryLogsIn() {
        String role = postgres.createRole("scram-sha-256", "another");
        PgPool pool = pooler(LONG)
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .authQuery(query -> query.user(role).password(SECRET).database("app"))
                .database("app", db -> TestPooler.at(db, postgres))
                .database("other", db -> TestPooler.at(db, postgres).databaseName("app"))
                .build();
        assertThat(failure(pool).databases())
                .containsOnlyKeys("app")
                .hasEntrySatisfying("app", why -> assertThat(why).contains("as user \"" + role));
    }

    @Test
    void serverOfTheWrongKindIsNoAnswer() {
        PgPool pool = pooler(Duration.ofMillis(300))
                .database("app", db -> good(db).targetSessionAttributes(TargetSessionAttributes.STANDBY))
                .build();
        assertThat(failure(pool)).hasMessageContaining("targetSessionAttributes");
    }
}
