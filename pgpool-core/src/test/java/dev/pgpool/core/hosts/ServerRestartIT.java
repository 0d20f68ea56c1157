package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that goes and comes back is waited for; one that will never let the pooler in is not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerRestartIT {
    private static final String NOTICE = "NoticeResponse S \"NOTICE\" C \"00000\""
            + " M \"No server connection available in postgres backend, client being queued\"";
    private static final String BUSY_ROLE = "rotated";

    private TestPostgres postgres;

    @BeforeAll
    void startServer() {
        postgres = TestPostgres.fresh(18, Map.of());
    }

    @AfterAll
    void endServer() {
        postgres.close();
    }

    private TestPooler pooler(int servers) {
        return TestPooler.start(
                postgres,
                servers,
                db -> db.connectRetryDelay(Duration.ofMillis(200)).waitNotice(Duration.ofMillis(300)));
    }

    /** Who is there when the server goes, and what it says while there is none. */
    private enum Who {
        IDLE_SIMPLE {
            @Override
            void ask(WireClient client) {
                client.query("SELECT 'served'").send();
            }
        },
        IDLE_EXTENDED {
            @Override
            void ask(WireClient client) {
                client.parse("", "SELECT 'served'").bind("").execute().sync().send();
            }
        },
        IDLE_PREPARED {
            @Override
            void before(WireClient client) {
                client.parse("s", "SELECT 'served'").sync().exchange();
            }

            @Override
            void ask(WireClient client) {
                client.bind("s").execute().sync().send();
            }
        },
        IDLE_WITH_SETTINGS {
            @Override
            void before(WireClient client) {
                client.run("SET DateStyle = 'German'");
            }

            @Override
            void ask(WireClient client) {
                client.query("SELECT CASE current_setting('DateStyle') WHEN 'German, DMY' THEN 'served' END")
                        .send();
            }
        };

        void before(WireClient client) {}

        abstract void ask(WireClient client);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void clientsThatAreThereAndClientsThatComeAreServedWhenItIsBack(int servers) {
        try (TestPooler pooler = pooler(servers)) {
            List<WireClient> there = new ArrayList<>();
            for (Who who : Who.values()) {
                WireClient client = pooler.login();
                who.before(client);
                there.add(client);
            }
            postgres.stop();
            List<WireClient> come = new ArrayList<>();
            for (int i = 0; i < there.size(); i++) {
                Who.values()[i].ask(there.get(i));
                come.add(pooler.connect()
                        .startup(TestPostgres.USER, TestPostgres.DATABASE, "application_name", "n" + i));
                // others ask for what no server has been asked for yet
                come.add(pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE, "DateStyle", "SQL"));
            }
            for (WireClient client : there) {
                assertThat(client.read(1)).containsExactly(NOTICE);
            }
            postgres.start();
            for (WireClient client : there) {
                assertThat(client.readUntilReady())
                        .contains("DataRow 1 6 'served'")
                        .endsWith("ReadyForQuery I");
            }
            for (WireClient client : come) {
                client.awaitLogin("");
                assertThat(client.value("SELECT 'served'")).isEqualTo("served");
            }
            Stream.concat(there.stream(), come.stream()).forEach(WireClient::close);
        }
    }

    @Test
    void aClientThatLogsInMeanwhileIsToldThatItWaits() {
        try (TestPooler pooler = pooler(1)) {
            postgres.stop();
            try (WireClient client = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                // no notice may come before the answer to the start-up packet
                assertThat(client.read(2)).containsExactly("Authentication 0", NOTICE);
                postgres.start();
                assertThat(client.readUntilReady())
                        .doesNotContain("Authentication 0")
                        .endsWith("ReadyForQuery I");
                assertThat(client.value("SELECT 'served'")).isEqualTo("served");
            }
        }
    }

    @Test
    void theWaitEndsWithItsTimeoutAndTheReason() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.waitTimeout(Duration.ofMillis(1_500)));
                WireClient there = pooler.login();
                WireClient comes = pooler.connect()) {
            postgres.stop();
            there.query("SELECT 1").send();
            comes.startup(TestPostgres.USER, TestPostgres.DATABASE);
            for (WireClient client : List.of(there, comes)) {
                assertThat(client.readUntilClosed())
                        .last()
                        .asString()
                        .contains("C \"53300\"", "query_wait_timeout", "could not connect to server");
            }
        } finally {
            postgres.start();
        }
    }

    /** Longer than the query itself may take. */
    @Test
    void clientsWhosePasswordOnlyTheServerKnowsWaitAsWell() {
        String role = postgres.createRole("scram-sha-256", "a secret");
        try (TestPooler pooler = TestPooler.start(settings -> settings.clientAuthentication(
                                ClientAuthentication.SCRAM_SHA_256)
                        .credentials(CredentialStore.of(Map.of(TestPostgres.USER, "known here")))
                        .authQuery(query -> query.user(TestPostgres.SUPERUSER).timeout(Duration.ofMillis(700)))
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).waitNotice(Duration.ofMillis(1_500))));
                WireClient there = pooler.connect();
                WireClient comes = pooler.connect();
                WireClient stranger = pooler.connect()) {
            there.startup(role, TestPostgres.DATABASE).awaitLogin("a secret");
            assertThat(there.value("SELECT 'before'")).isEqualTo("before");
            postgres.stop();
            comes.startup(role, TestPostgres.DATABASE);
            stranger.startup("nobody", TestPostgres.DATABASE);
            there.query("SELECT 'after'").send();
            assertThat(there.read(1)).containsExactly(NOTICE);
            postgres.start();
            assertThat(there.readUntilReady()).contains("DataRow 1 5 'after'");
            assertThat(comes.awaitLogin("a secret").value("SELECT current_user"))
                    .isEqualTo(role);
            assertThat(stranger.authenticate("a secret").toString()).contains("28P01");
        }
    }

    @Test
    void replicationClientsWaitAsWell() {
        try (TestPooler pooler = pooler(2)) {
            postgres.stop();
            try (WireClient client = pooler.connect()
                    .startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", "database")) {
                await().atMost(Wire.PATIENCE)
                        .until(() -> pooler.snapshot().pools().stream().anyMatch(pool -> pool.clientsWaiting() > 0));
                postgres.start();
                client.awaitLogin("");
                assertThat(client.query("IDENTIFY_SYSTEM").exchange()).endsWith("ReadyForQuery I");
            }
        }
    }

    /** Only what a server was answering when it went may fail: one transaction of each server. */
    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void underLoadOnlyTransactionsThatWereOpenFail(String protocol) throws InterruptedException {
        AtomicBoolean end = new AtomicBoolean();
        AtomicInteger restarts = new AtomicInteger();
        AtomicInteger served = new AtomicInteger();
        AtomicInteger waited = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (TestPooler pooler = pooler(8)) {
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 64; t++) {
                Thread thread = new Thread(() -> {
                    try {
                        while (!end.get()) {
                            boolean left = session(pooler, protocol, end, restarts, served, waited);
                            lost.addAndGet(left ? 0 : 1);
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (int round = 1; round <= 2; round++) {
                int before = served.get();
                await().atMost(Wire.PATIENCE).until(() -> served.get() > before + 2_000 || !failures.isEmpty());
                postgres.stop();
                await().atMost(Wire.PATIENCE)
                        .until(() -> pooler.snapshot().pools().get(0).clientsWaiting() == 64 || !failures.isEmpty());
                restarts.set(round);
                postgres.start();
                assertThat(lost).as("transactions that were open").hasValueLessThanOrEqualTo(round * 8);
            }
            int before = served.get();
            await().atMost(Wire.PATIENCE).until(() -> served.get() > before + 2_000 || !failures.isEmpty());
            end.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(failures).isEmpty();
        assertThat(lost).as("transactions that were open").hasValueLessThanOrEqualTo(2 * 8);
        assertThat(waited).as("transactions that waited through a restart").hasValueGreaterThan(64);
    }

    /** One client until its end; false if its server went while it was answering. */
    private static boolean session(
            TestPooler pooler,
            String protocol,
            AtomicBoolean end,
            AtomicInteger restarts,
            AtomicInteger served,
            AtomicInteger waited) {
        try (WireClient client = pooler.login()) {
            while (!end.get()) {
                int before = restarts.get();
                if (protocol.equals("simple")) {
                    client.query("SELECT 'x'");
                } else {
                    client.parse("", "SELECT 'x'").bind("").execute().sync();
                }
                if (!client.send().readUntilReadyOrClosed().contains("DataRow 1 1 'x'")) {
                    return false;
                }
                served.incrementAndGet();
                waited.addAndGet(restarts.get() > before ? 1 : 0);
            }
            return true;
        }
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("28P01", "password authentication failed", "wrong_password", TestPostgres.DATABASE),
                Arguments.of("28000", "role \"absent\" does not exist", "absent", TestPostgres.DATABASE),
                Arguments.of("28000", "is not permitted to log in", "no_login", TestPostgres.DATABASE),
                Arguments.of("28000", "pg_hba.conf rejects connection", "rejected", TestPostgres.DATABASE),
                Arguments.of("3D000", "database \"absent\" does not exist", TestPostgres.USER, "absent"),
                Arguments.of("42501", "permission denied for database", "no_connect", "closed_to_most"),
                Arguments.of("55000", "not currently accepting connections", TestPostgres.USER, "closed_to_all"));
    }

    /** Waiting can't help: told at once, and to the next client from memory. */
    @ParameterizedTest
    @MethodSource("refusals")
    void whatWaitingCannotHelpIsToldAtOnce(String sqlState, String words, String user, String database) {
        refusing();
        try (TestPooler pooler = TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .databaseName(database)
                                .user(user)
                                .password("not it")
                                .connectRetryDelay(Duration.ofMinutes(5))));
                WireClient first = pooler.connect();
                WireClient next = pooler.connect()) {
            first.startup(TestPostgres.USER, TestPostgres.DATABASE);
            assertThat(first.readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("FATAL", "C \"" + sqlState + "\"", words)
                    .as("what it waited for has failed")
                    .contains("server login failed: ");
            next.startup(TestPostgres.USER, TestPostgres.DATABASE);
            assertThat(next.readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("C \"" + sqlState + "\"", "server login has been failing, cached error: ", words)
                    .contains("(server_login_retry)");
        }
    }

    /** Many names that no role has: each is told from memory, and the memory has an end. */
    @Test
    void whatIsRememberedOfPoolsThatServedNoClientIsBounded() {
        List<String> attempts = new CopyOnWriteArrayList<>();
        try (TestPooler pooler = TestPooler.start(settings -> settings.listener(new PgPoolListener() {
                    @Override
                    public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
                        attempts.add(pool.user());
                    }
                })
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).connectRetryDelay(Duration.ofMinutes(5))))) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 1_010; i++) {
                    assertThat(refused(pooler, "absent" + i)).contains("28000");
                }
            }
            assertThat(attempts)
                    .as("the first is forgotten when the last comes")
                    .hasSize(2_020);
            assertThat(refused(pooler, "absent1009")).contains("cached error");
            assertThat(attempts).hasSize(2_020);
        }
    }

    private static String refused(TestPooler pooler, String user) {
        try (WireClient client = pooler.connect().startup(user, TestPostgres.DATABASE)) {
            return client.readUntilClosed().toString();
        }
    }

    private enum Mending {
        A_CLIENT_CREATES_IT,
        RELOAD
    }

    /** What was refused is not told from memory when there is a reason to try again. */
    @ParameterizedTest
    @EnumSource
    void whatIsMendedIsNotToldFromMemory(Mending mending) {
        String missing = TestPostgres.uniqueName("missing");
        Consumer<PgPoolBuilder> settings = builder -> builder.listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .eventLoops(1)
                .database(
                        "other",
                        db -> TestPooler.at(db, postgres)
                                .databaseName("postgres")
                                .user(TestPostgres.SUPERUSER)
                                .connectRetryDelay(Duration.ofMinutes(5)))
                .database(
                        "missing",
                        db -> TestPooler.at(db, postgres)
                                .databaseName(missing)
                                .connectRetryDelay(Duration.ofMinutes(5)));
        try (TestPooler pooler = TestPooler.start(settings)) {
            for (String words : List.of("login failed", "cached error")) {
                try (WireClient client = pooler.connect().startup(TestPostgres.USER, "missing")) {
                    assertThat(client.readUntilClosed().toString()).contains("3D000", words);
                }
            }
            switch (mending) {
                case A_CLIENT_CREATES_IT -> {
                    try (WireClient client = pooler.loginAs(TestPostgres.USER, "other")) {
                        client.run("CREATE DATABASE " + missing);
                    }
                }
                case RELOAD -> {
                    postgres.execute("CREATE DATABASE " + missing);
                    PgPoolBuilder next = PgPool.builder();
                    settings.accept(next);
                    pooler.pool().reload(next.config());
                }
            }
            try (WireClient client = pooler.loginAs(TestPostgres.USER, "missing")) {
                assertThat(client.value("SELECT current_database()")).isEqualTo(missing);
            }
        }
    }

    /** A delay that is none must not keep two machines busy. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 20})
    void attemptsDoNotFollowEachOtherAtOnce(long delayMillis) {
        AtomicInteger attempts = new AtomicInteger();
        try (TestPooler pooler = TestPooler.start(settings -> settings.listener(new PgPoolListener() {
                            @Override
                            public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
                                attempts.incrementAndGet();
                            }
                        })
                        .database(
                                TestPostgres.DATABASE,
                                db -> db.host("127.0.0.1")
                                        .port(1)
                                        .connectRetryDelay(Duration.ofMillis(delayMillis))
                                        .waitTimeout(Duration.ofMillis(1_500))));
                WireClient client = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.readUntilClosed().toString()).contains("53300", "Connection refused");
            assertThat(attempts).hasValueBetween(2, 20);
        }
    }

    private synchronized void refusing() {
        if (postgres.query("SELECT count(*) FROM pg_roles WHERE rolname = 'rejected'")
                .contains("1")) {
            return;
        }
        postgres.execute(
                "CREATE ROLE wrong_password LOGIN PASSWORD 'it'",
                "CREATE ROLE no_login",
                "CREATE ROLE no_connect LOGIN",
                "CREATE DATABASE closed_to_most",
                "REVOKE CONNECT ON DATABASE closed_to_most FROM PUBLIC",
                "CREATE DATABASE closed_to_all ALLOW_CONNECTIONS false",
                "CREATE ROLE rejected LOGIN");
        postgres.addHbaEntry("host all wrong_password 127.0.0.1/32 scram-sha-256");
        postgres.addHbaEntry("host all rejected 127.0.0.1/32 reject");
        postgres.reload();
    }

    @Test
    void aWrongPasswordIsToldAlsoWhileAnotherServerIsBusy() {
        postgres.execute("CREATE ROLE " + BUSY_ROLE + " LOGIN PASSWORD 'old'");
        postgres.addHbaEntry("host all " + BUSY_ROLE + " 127.0.0.1/32 scram-sha-256");
        postgres.reload();
        for (PoolMode mode : List.of(PoolMode.TRANSACTION, PoolMode.SESSION)) {
            postgres.execute("ALTER ROLE " + BUSY_ROLE + " PASSWORD 'old'");
            try (TestPooler pooler = TestPooler.start(settings -> settings.database(
                            TestPostgres.DATABASE,
                            db -> TestPooler.at(db, postgres)
                                    .mode(mode)
                                    .user(BUSY_ROLE)
                                    .password("old")
                                    .maxConnections(2)));
                    WireClient busy = pooler.login();
                    WireClient waits = pooler.login()) {
                busy.run("BEGIN");
                postgres.execute("ALTER ROLE " + BUSY_ROLE + " PASSWORD 'new'");
                waits.query("SELECT 1").send();
                assertThat(waits.readUntilClosed())
                        .last()
                        .asString()
                        .contains("28P01", "password authentication failed");
                // the server that is there goes on
                busy.run("COMMIT");
                assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            }
        }
    }

    /** A server that comes free in a moment serves a short burst even if no other can be made. */
    @Test
    void aServerThatComesFreeSoonServesInstead() {
        postgres.execute("CREATE ROLE bursting LOGIN PASSWORD 'old'");
        postgres.addHbaEntry("host all bursting 127.0.0.1/32 scram-sha-256");
        postgres.reload();
        try (TestPooler pooler = TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .user("bursting")
                                .password("old")
                                .maxConnections(4)));
                WireClient busy = pooler.login();
                WireClient waits = pooler.login()) {
            busy.run("BEGIN");
            postgres.execute("ALTER ROLE bursting PASSWORD 'new'");
            waits.query("SELECT 'served'").send();
            pooler.pulse();
            busy.run("COMMIT");
            assertThat(waits.readUntilReady()).contains("DataRow 1 6 'served'");
        }
    }

    @Test
    void afterAFailoverTheHostOfTheWantedKindIsWaitedFor() {
        try (TestPostgres old = TestPostgres.fresh(18, Map.of());
                TestPostgres heir = old.standby();
                TestPooler pooler = TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE,
                        db -> db.hosts("127.0.0.1:" + old.port(), "127.0.0.1:" + heir.port())
                                .targetSessionAttributes(TargetSessionAttributes.PRIMARY)
                                .waitNotice(Duration.ofMillis(300))
                                .connectRetryDelay(Duration.ofMillis(100))));
                WireClient there = pooler.login()) {
            assertThat(there.value("SHOW port")).isEqualTo(String.valueOf(old.port()));
            old.stop();
            try (WireClient comes = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                there.query("SHOW port").send();
                assertThat(there.read(1)).containsExactly(NOTICE);
                heir.promote();
                assertThat(there.readUntilReady())
                        .contains("DataRow 1 " + String.valueOf(heir.port()).length() + " '" + heir.port() + "'");
                assertThat(comes.awaitLogin("").value("SHOW port")).isEqualTo(String.valueOf(heir.port()));
            }
            old.start();
        }
    }
}
