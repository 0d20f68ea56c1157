package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.UserBuilder;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A running pooler takes another configuration. */
@OnEveryPostgres
class ReloadIT {
    private final TestPostgres postgres;

    ReloadIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder settings(Consumer<DatabaseBuilder> database) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database("app", db -> {
                    TestPooler.at(db, postgres).maxConnections(2);
                    database.accept(db);
                });
    }

    private PgPool start(Consumer<DatabaseBuilder> database) {
        return settings(database).build().start();
    }

    private static WireClient login(PgPool pool, String database) {
        return WireClient.login(pool.address(), TestPostgres.USER, database);
    }

    @Test
    void poolThatItDoesNotConcernGoesOn() {
        String other = postgres.createDatabase();
        try (PgPool pool = start(db -> {});
                WireClient client = login(pool, "app")) {
            int server = client.serverPid();
            client.parse("s", "SELECT 'kept'").sync().exchange();
            pool.reload(settings(db -> {})
                    .database(other, db -> TestPooler.at(db, postgres))
                    .maxClientConnections(50)
                    .config());
            assertThat(client.serverPid()).isEqualTo(server);
            assertThat(client.bind("s").execute().sync().exchange()).anyMatch(row -> row.contains("'kept'"));
            try (WireClient added = login(pool, other)) {
                assertThat(added.value("SELECT current_database()")).isEqualTo(other);
            }
            assertThat(pool.config().listen().maxClientConnections()).isEqualTo(50);
        }
    }

    @Test
    void poolGrowsAndShrinks() {
        try (PgPool pool = start(db -> db.maxConnections(1))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(login(pool, "app"));
            }
            int server = clients.get(0).serverPid();
            clients.get(0).run("BEGIN");
            clients.get(1).query("SELECT 'second'").send();
            assertThat(clients.get(1).isReadable(Duration.ofMillis(200))).isFalse();

            pool.reload(settings(db -> db.maxConnections(3)).config());
            assertThat(clients.get(1).readUntilReady().get(1)).contains("second");
            assertThat(clients.get(0).serverPid())
                    .as("servers would be made in the same way")
                    .isEqualTo(server);
            clients.get(1).run("BEGIN");
            clients.get(2).run("BEGIN");
            assertThat(pool.servers()).hasSize(3);

            pool.reload(settings(db -> db.maxConnections(1)).config());
            clients.get(2).run("COMMIT");
            clients.get(1).run("COMMIT");
            clients.get(0).run("COMMIT");
            await().until(() -> pool.servers().size() <= 1);
            for (WireClient client : clients) {
                assertThat(client.value("SELECT 'served'")).isEqualTo("served");
            }
            assertThat(pool.servers()).hasSize(1);
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void serversThatWouldBeMadeInAnotherWayAreReplacedWhenTheyAreGivenBack() {
        try (PgPool pool = start(db -> {});
                WireClient busy = login(pool, "app")) {
            busy.run("BEGIN");
            int server = busy.serverPid();
            pool.reload(settings(db -> db.connectQuery("SET work_mem TO '7MB'")).config());
            assertThat(busy.serverPid()).isEqualTo(server);
            busy.run("COMMIT");
            assertThat(busy.value("SHOW work_mem")).isEqualTo("7MB");
            assertThat(busy.serverPid()).isNotEqualTo(server);
        }
    }

    /** How a pool in session mode comes to replace its servers fast. */
    enum FastClose {
        BY_OTHER_SETTINGS(true, true, PoolMode.SESSION),
        SWITCHED_ON_AFTER_A_RECONNECT(false, false, PoolMode.SESSION),
        SWITCHED_ON_BY_THE_RELOAD_THAT_REPLACES(false, true, PoolMode.SESSION),
        IN_SESSION_MODE_BY_THE_USER_ENTRY(true, true, PoolMode.TRANSACTION);

        private final boolean fastBefore;
        private final boolean replaces;
        private final PoolMode mode;

        FastClose(boolean fastBefore, boolean replaces, PoolMode mode) {
            this.fastBefore = fastBefore;
            this.replaces = replaces;
            this.mode = mode;
        }

        void before(DatabaseBuilder db) {
            db.mode(mode).serverFastClose(fastBefore);
        }

        void after(DatabaseBuilder db) {
            db.mode(mode).serverFastClose(true);
            if (replaces) {
                db.connectQuery("SET work_mem TO '7MB'");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sessionsOfReplacedServersEndWhereServersCloseFast(FastClose way) {
        Consumer<UserBuilder> user = entry -> entry.mode(PoolMode.SESSION);
        try (PgPool pool = settings(way::before)
                        .user(TestPostgres.USER, user)
                        .build()
                        .start();
                WireClient idle = login(pool, "app");
                WireClient busy = login(pool, "app")) {
            int kept = idle.serverPid();
            busy.run("BEGIN");
            int held = busy.serverPid();
            if (!way.replaces) {
                pool.reconnect();
                assertThat(idle.serverPid()).isEqualTo(kept);
            }
            pool.reload(settings(way::after).user(TestPostgres.USER, user).config());
            assertThat(idle.readUntilClosed()).last().asString().contains("57P01");
            assertThat(busy.serverPid()).as("within its transaction").isEqualTo(held);
            busy.run("COMMIT");
            assertThat(busy.readUntilClosed()).last().asString().contains("57P01");
            try (WireClient later = login(pool, "app")) {
                assertThat(later.serverPid()).isNotIn(kept, held);
            }
        }
    }

    @Test
    void sessionStateOfAModeThatIsLeftMeetsNobody() {
        try (PgPool pool = start(db -> db.mode(PoolMode.SESSION).maxConnections(1));
                WireClient first = login(pool, "app")) {
            first.run("SET work_mem TO '9MB'");
            first.run("CREATE TEMP TABLE mine(v int)");
            pool.reload(settings(db -> db.mode(PoolMode.TRANSACTION).maxConnections(1))
                    .config());
            assertThat(first.value("SHOW work_mem"))
                    .as("until it gives its server back")
                    .isEqualTo("9MB");
            try (WireClient second = WireClient.connect(pool.address()).startup(TestPostgres.USER, "app")) {
                assertThat(second.isReadable(Duration.ofMillis(200)))
                        .as("the only server is taken")
                        .isFalse();
                first.close();
                second.awaitLogin("");
                assertThat(second.value("SHOW work_mem")).isNotEqualTo("9MB");
                assertThat(second.query("SELECT * FROM mine").exchange().get(0)).contains("42P01");
                assertThat(pool.snapshot().pools().get(0).mode()).isEqualTo(PoolMode.TRANSACTION);
            }
        }
    }

    @Test
    void statementPoolingBeginsAndEnds() {
        try (PgPool pool = start(db -> {});
                WireClient client = login(pool, "app")) {
            client.run("SELECT 1");
            pool.reload(settings(db -> db.mode(PoolMode.STATEMENT)).config());
            try (WireClient other = login(pool, "app")) {
                assertThat(other.query("BEGIN").send().readUntilClosed())
                        .last()
                        .asString()
                        .contains("transaction blocks not allowed in statement pooling mode");
            }
            pool.reload(settings(db -> db.mode(PoolMode.SESSION)).config());
            client.run("SET work_mem TO '5MB'");
            int server = client.serverPid();
            assertThat(client.value("SHOW work_mem")).isEqualTo("5MB");
            assertThat(client.serverPid()).isEqualTo(server);
        }
    }

    @Test
    void hostsChangeAndClientsFollow() {
        try (TestPostgres elsewhere = TestPostgres.fresh(postgres.version(), Map.of());
                PgPool pool = start(db -> {});
                WireClient client = login(pool, "app")) {
            elsewhere.execute("ALTER SYSTEM SET cluster_name = 'elsewhere'");
            client.run("BEGIN");
            client.run("SELECT 1");
            pool.reload(PgPool.builder()
                    .listen("127.0.0.1", 0)
                    .clientAuthentication(ClientAuthentication.TRUST)
                    .database("app", db -> TestPooler.at(db, elsewhere))
                    .config());
            assertThat(client.value("SHOW port")).isEqualTo(String.valueOf(postgres.port()));
            client.run("COMMIT");
            assertThat(client.value("SHOW port")).isEqualTo(String.valueOf(elsewhere.port()));
        }
    }

    @Test
    void limitsOfClientsAndUsersChange() {
        try (PgPool pool = start(db -> {});
                WireClient inside = login(pool, "app")) {
            pool.reload(settings(db -> db.maxClients(1)).config());
            try (WireClient outside = WireClient.connect(pool.address()).startup(TestPostgres.USER, "app")) {
                assertThat(outside.readUntilClosed()).last().asString().contains("max_db_client_connections");
            }
            pool.reload(settings(db -> db.maxConnections(5))
                    .user(TestPostgres.USER, user -> user.maxServerConnections(1))
                    .config());
            inside.run("BEGIN");
            try (WireClient second = login(pool, "app")) {
                second.query("SELECT 'later'").send();
                assertThat(second.isReadable(Duration.ofMillis(200))).isFalse();
                pool.reload(settings(db -> db.maxConnections(5)).config());
                assertThat(second.readUntilReady().get(1)).contains("later");
            }
            inside.run("COMMIT");
        }
    }

    @Test
    void waysToProveOneselfChange() {
        try (PgPool pool = start(db -> {});
                WireClient inside = login(pool, "app")) {
            pool.reload(settings(db -> {})
                    .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                    .credentials(CredentialStore.of(Map.of(TestPostgres.USER, "secret")))
                    .config());
            try (WireClient outside = WireClient.connect(pool.address()).startup(TestPostgres.USER, "app");
                    WireClient knows = WireClient.connect(pool.address()).startup(TestPostgres.USER, "app")) {
                assertThat(outside.read().type()).isEqualTo('R');
                assertThat(knows.awaitLogin("secret").value("SELECT 'in'")).isEqualTo("in");
            }
            assertThat(inside.value("SELECT 'stays'")).isEqualTo("stays");
        }
    }

    @Test
    void whoIsWaitingForAServerThatDoesNotAnswerIsServedByTheNewOne() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                PgPool pool = settings(db -> db.host("127.0.0.1")
                                .port(silent.getLocalPort())
                                .connectTimeout(Duration.ofMinutes(5))
                                .maxConnections(2))
                        .build()
                        .start();
                WireClient waiter = WireClient.connect(pool.address()).startup(TestPostgres.USER, "app")) {
            await().until(() -> pool.snapshot().pools().stream()
                    .anyMatch(known -> known.serverStates().connecting() > 0));
            // those under construction keep their places until they give up
            pool.reload(
                    settings(db -> db.maxConnections(4).maxParallelConnects(4)).config());
            assertThat(waiter.awaitLogin("").value("SELECT 'served'")).isEqualTo("served");
        }
    }

    @Test
    void badConfigurationChangesNothingAndSaysWhy() {
        try (PgPool pool = start(db -> {});
                WireClient client = login(pool, "app")) {
            int server = client.serverPid();
            assertThatThrownBy(() -> pool.reload(settings(db -> db.maxConnections(9))
                            .listen("127.0.0.1", 1)
                            .eventLoops(17)
                            .config()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessage("listen.port: 1 (expected: 0, since it can't change while the pooler runs);"
                            + " eventLoops: 17 (expected: " + pool.config().eventLoops()
                            + ", since it can't change while the pooler runs)");
            Path nowhere = Path.of("/nowhere/server.crt");
            assertThatThrownBy(() -> pool.reload(settings(db -> db.maxConnections(9))
                            .tls(tls -> tls.mode(TlsMode.REQUIRE).certificate(nowhere, nowhere))
                            .config()))
                    .isInstanceOf(ConfigException.class);
            assertThatThrownBy(() -> pool.reload(settings(db -> db.maxConnections(9))
                            .hbaFile(nowhere)
                            .config()))
                    .isInstanceOf(ConfigException.class);
            assertThat(pool.config().databases().get("app").pool().limits().maxConnections())
                    .isEqualTo(2);
            assertThat(client.serverPid()).isEqualTo(server);
        }
    }
}
