package dev.pgpool.core.hosts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** Replication connections, physical and logical, each on a walsender of its own. */
class ReplicationIT {

    private static TestPostgres oldest;
    private static TestPostgres newest;

    @BeforeAll
    static void start() {
        oldest = TestPostgres.fresh(15, Map.of("wal_level", "logical"));
        newest = TestPostgres.fresh(18, Map.of("wal_level", "logical"));
    }

    @AfterAll
    static void stop() {
        oldest.close();
        newest.close();
    }

    static Stream<TestPostgres> servers() {
        return Stream.of(oldest, newest);
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("servers")
    void physicalClientIdentifiesTheSystem(TestPostgres postgres) {
        try (TestPooler pooler = pooler(postgres, 1);
                WireClient client = login(pooler, "replication", "true")) {
            List<String> answers = client.query("IDENTIFY_SYSTEM").exchange();
            assertThat(answers.get(0)).startsWith("RowDescription 4 \"systemid\"");
            assertThat(answers.get(1))
                    .contains(postgres.query("SELECT system_identifier FROM pg_control_system()")
                            .get(0));
            assertThat(answers).contains("CommandComplete \"IDENTIFY_SYSTEM\"").endsWith("ReadyForQuery I");
            assertThat(postgres.query("SELECT backend_type FROM pg_stat_activity WHERE backend_type = 'walsender'"))
                    .hasSize(1);
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("servers")
    void physicalStreamArrivesAsItIs(TestPostgres postgres) throws SQLException {
        try (TestPooler pooler = pooler(postgres, 1);
                Connection connection = replication(pooler, "true")) {
            LogSequenceNumber from = LogSequenceNumber.valueOf(
                    postgres.query("SELECT pg_current_wal_flush_lsn()").get(0));
            try (PGReplicationStream stream = connection
                    .unwrap(PGConnection.class)
                    .getReplicationAPI()
                    .replicationStream()
                    .physical()
                    .withStartPosition(from)
                    .withStatusInterval(100, TimeUnit.MILLISECONDS)
                    .start()) {
                String marker = TestPostgres.uniqueName("wal_marker");
                postgres.execute("SELECT pg_logical_emit_message(false, 'test', '" + marker + "')");
                assertThat(readUntil(stream, marker)).contains(marker);
            }
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("servers")
    void logicalStreamArrivesAndItsFeedbackGoesBack(TestPostgres postgres) throws SQLException {
        for (String plugin : new String[] {"pgoutput", "test_decoding"}) {
            String table = TestPostgres.uniqueName("replicated");
            String slot = TestPostgres.uniqueName("slot");
            postgres.execute(
                    "CREATE TABLE " + table + " (t text)", "CREATE PUBLICATION " + table + " FOR TABLE " + table);
            try (TestPooler pooler = pooler(postgres, 1);
                    Connection connection = replication(pooler, "database")) {
                PGConnection pg = connection.unwrap(PGConnection.class);
                pg.getReplicationAPI()
                        .createReplicationSlot()
                        .logical()
                        .withSlotName(slot)
                        .withOutputPlugin(plugin)
                        .make();
                var options =
                        pg.getReplicationAPI().replicationStream().logical().withSlotName(slot);
                if (plugin.equals("pgoutput")) {
                    options.withSlotOption("proto_version", 1).withSlotOption("publication_names", table);
                }
                try (PGReplicationStream stream = options.start()) {
                    postgres.execute("INSERT INTO " + table + " VALUES ('first'), ('second')");
                    assertThat(readUntil(stream, "second")).contains("first", "second");
                    stream.setFlushedLSN(stream.getLastReceiveLSN());
                    stream.setAppliedLSN(stream.getLastReceiveLSN());
                    stream.forceUpdateStatus();
                    String reached = stream.getLastReceiveLSN().asString();
                    await().atMost(Wire.PATIENCE)
                            .until(() -> postgres.query("SELECT confirmed_flush_lsn >= '" + reached
                                            + "' FROM pg_replication_slots WHERE slot_name = '" + slot + "'")
                                    .contains("t"));
                }
            }
            await().atMost(Wire.PATIENCE)
                    .until(() -> postgres.query(
                                    "SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'")
                            .contains("f"));
            postgres.execute("SELECT pg_drop_replication_slot('" + slot + "')");
        }
    }

    @Test
    void startUpParametersAndAnyOptionsReachTheServer() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = login(
                        pooler,
                        "replication",
                        "database",
                        "application_name",
                        "my_subscriber",
                        "options",
                        "-c geqo=off -d 1 --work-mem=7MB",
                        "TimeZone",
                        "Asia/Tokyo")) {
            assertThat(client.parameter("application_name")).isEqualTo("my_subscriber");
            assertThat(client.parameter("TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.parameter("server_version")).startsWith("18");
            assertThat(client.value("SHOW geqo")).isEqualTo("off");
            assertThat(client.value("SHOW work_mem")).isEqualTo("7MB");
            assertThat(client.value("SELECT current_database()")).isEqualTo(TestPostgres.DATABASE);
            client.run("SET work_mem = '9MB'");
            assertThat(client.value("SHOW work_mem")).as("a session of its own").isEqualTo("9MB");
        }
    }

    @Test
    void cancelRequestReachesTheWalsender() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = login(pooler, "replication", "database")) {
            client.query("SELECT pg_sleep(60) AS walsender").send();
            newest.awaitQuery("SELECT pg_sleep(60) AS walsender");
            try (WireClient canceller = client.cancel(pooler.address())) {
                assertThat(client.readUntilReady())
                        .anyMatch(line -> line.startsWith("ErrorResponse S \"ERROR\" C \"57014\""));
                assertThat(canceller.isClosedByPeer()).isTrue();
            }
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void walsenderTakesThePlaceOfAPooledServerAndGivesItBack() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient pooled = login(pooler)) {
            int before = pooled.serverPid();
            WireClient replication = login(pooler, "replication", "database");
            assertThat(replication.serverPid()).isNotEqualTo(before);
            assertThat(pooler.snapshot().pools().get(0).servers()).isEqualTo(1);
            pooled.query("SELECT 'after it'").send();
            assertThat(pooled.isReadable(Duration.ofMillis(200)))
                    .as("served beyond the limit")
                    .isFalse();
            int walsender = replication.serverPid();
            replication.close();
            assertThat(pooled.readUntilReady()).contains("DataRow 1 8 'after it'");
            assertThat(pooled.serverPid()).as("a walsender is never pooled").isNotEqualTo(walsender);
            assertThat(newest.query("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'walsender'"))
                    .isEmpty();
        }
    }

    @Test
    void replicationClientWaitsForItsPlace() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient holder = login(pooler).run("BEGIN");
                WireClient replication = pooler.connect()) {
            replication.startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", "database");
            assertThat(replication.isReadable(Duration.ofMillis(200))).isFalse();
            holder.run("COMMIT");
            assertThat(replication.awaitLogin("").value("SELECT 'here'")).isEqualTo("here");
        }
    }

    @Test
    void databaseOfPhysicalClientsNeedNotExist() {
        // as pg_basebackup and pg_receivewal ask for it
        try (TestPooler pooler = TestPooler.start(builder ->
                        builder.database("*", db -> TestPooler.at(db, newest).maxConnections(1)));
                WireClient first = WireClient.login(
                        pooler.address(), TestPostgres.SUPERUSER, "replication", "replication", "true");
                WireClient second = pooler.connect()) {
            assertThat(first.query("IDENTIFY_SYSTEM").exchange()).endsWith("ReadyForQuery I");
            second.startup(TestPostgres.SUPERUSER, "replication", "replication", "true");
            assertThat(second.isReadable(Duration.ofMillis(200)))
                    .as("beyond the limit")
                    .isFalse();
            first.close();
            assertThat(second.awaitLogin("").query("IDENTIFY_SYSTEM").exchange())
                    .endsWith("ReadyForQuery I");
        }
    }

    @Test
    void noTimeoutOfPooledClientsEndsAStream() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.loginTimeout(Duration.ofMillis(300))
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, newest)
                                        .clientIdleTimeout(Duration.ofMillis(300))
                                        .queryTimeout(Duration.ofMillis(300))
                                        .idleInTransactionTimeout(Duration.ofMillis(300))));
                WireClient client = login(pooler, "replication", "database")) {
            assertThat(client.isReadable(Duration.ofMillis(900)))
                    .as("ended while idle")
                    .isFalse();
            client.run("BEGIN");
            assertThat(client.isReadable(Duration.ofMillis(900)))
                    .as("ended in a transaction")
                    .isFalse();
            client.run("COMMIT").run("SELECT pg_sleep(0.9)");
        }
    }

    @Test
    void clientThatLeavesWhileItWaitsLeavesNothingBehind() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient holder = login(pooler).run("BEGIN")) {
            WireClient replication = pooler.connect();
            replication.startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", "database");
            assertThat(replication.isReadable(Duration.ofMillis(100))).isFalse();
            replication.close();
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).clientsWaiting() == 0);
            int pid = holder.serverPid();
            holder.run("COMMIT");
            assertThat(holder.serverPid()).as("nobody took its place").isEqualTo(pid);
        }
    }

    @Test
    void refusalOfTheServerIsPassedOnAndThePlaceIsFreeAgain() {
        String nobody = newest.createRole("trust", "x");
        try (TestPooler pooler = pooler(newest, 1)) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.connect()) {
                    assertThat(client.startup(nobody, TestPostgres.DATABASE, "replication", "database")
                                    .readUntilClosed())
                            .singleElement()
                            .asString()
                            .startsWith("ErrorResponse S \"FATAL\" C \"42501\"")
                            .contains("permission denied to start WAL sender");
                }
            }
            try (WireClient client = pooler.loginAs(nobody, TestPostgres.DATABASE)) {
                assertThat(client.value("SELECT 'pooled'")).isEqualTo("pooled");
            }
        }
    }

    @Test
    void serverThatEndsTheConnectionHasItsLastWord() {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = login(pooler, "replication", "database")) {
            newest.terminateBackend(client.serverPid());
            assertThat(client.readUntilClosed())
                    .singleElement()
                    .asString()
                    .startsWith("ErrorResponse S \"FATAL\" C \"57P01\"");
        }
    }

    @Test
    void clientThatHalfClosesOrVanishesEndsItsWalsender() {
        try (TestPooler pooler = pooler(newest, 2)) {
            WireClient half = login(pooler, "replication", "true");
            WireClient gone = login(pooler, "replication", "true");
            half.halfClose();
            gone.reset();
            assertThat(half.readUntilClosed()).isEmpty();
            await().atMost(Wire.PATIENCE)
                    .until(() -> newest.query("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'walsender'")
                            .isEmpty());
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().stream().allMatch(pool -> pool.servers() == 0));
            half.close();
        }
    }

    @Test
    void pooledClientsAreNotDisturbedByAStream() {
        try (TestPooler pooler = pooler(newest, 3);
                WireClient replication = login(pooler, "replication", "true");
                WireClient pooled = login(pooler)) {
            replication.query("BASE_BACKUP (CHECKPOINT 'fast')").send();
            long bytes = 0;
            int rounds = 0;
            Message message = replication.read();
            while (message.type() != 'Z') {
                assertThat(message.isError()).as(message.toString()).isFalse();
                bytes += message.body().length;
                if (rounds++ % 50 == 0) {
                    assertThat(pooled.value("SELECT 'meanwhile'")).isEqualTo("meanwhile");
                }
                message = replication.read();
            }
            assertThat(bytes).as("a whole data directory").isGreaterThan(20_000_000);
            assertThat(replication.query("IDENTIFY_SYSTEM").exchange()).endsWith("ReadyForQuery I");
        }
    }

    @Test
    void clientThatDoesNotReadStopsTheServer() {
        newest.execute(
                "CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 60) FROM generate_series(1, 60000) i",
                "CHECKPOINT");
        try (Toxics network = Toxics.before(newest.address());
                TestPooler pooler = TestPooler.start(builder -> builder.database(
                        TestPostgres.DATABASE,
                        db -> db.hosts("127.0.0.1:" + network.port()).maxConnections(1)));
                WireClient slow = WireClient.connectWithReceiveBuffer(pooler.address(), 64 * 1024)
                        .startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", "true")
                        .awaitLogin("")) {
            slow.query("BASE_BACKUP (CHECKPOINT 'fast')").send();
            long[] before = {-1};
            await().atMost(Wire.PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
                long last = before[0];
                before[0] = network.bytesFromTarget();
                return last > 100_000 && before[0] == last;
            });
            long taken = before[0];
            long read = 0;
            Message message = slow.read();
            while (message.type() != 'Z') {
                read += message.body().length + 5;
                message = slow.read();
            }
            assertThat(taken).as("taken before the client read, of %s", read).isLessThan(read - 50_000_000);
        }
    }

    @Test
    void clientOnAnotherEventLoopIsMovedToThePool() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.eventLoops(4)
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, newest).maxConnections(1)))) {
            for (int i = 0; i < 5; i++) {
                try (WireClient client = login(pooler, "replication", "database")) {
                    assertThat(client.value("SELECT 'moved'")).isEqualTo("moved");
                }
            }
        }
    }

    @Test
    void clientIsAuthenticatedLikeAnyOther() {
        String user = newest.createRole("scram-sha-256", "secret");
        newest.execute("ALTER ROLE " + user + " REPLICATION");
        newest.addHbaEntry("host replication " + user + " 127.0.0.1/32 scram-sha-256");
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .credentials(CredentialStore.of(Map.of(user, "secret")))
                        .database("*", db -> TestPooler.at(db, newest)))) {
            try (WireClient client = pooler.connect()
                    .startup(user, TestPostgres.DATABASE, "replication", "database")
                    .awaitLogin("secret")) {
                assertThat(client.value("SELECT current_user")).isEqualTo(user);
            }
            try (WireClient client = pooler.connect().startup(user, TestPostgres.DATABASE, "replication", "true")) {
                assertThat(client.authenticate("wrong").toString()).contains("C \"28P01\"");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "1", "yes", "TRUE", "t", "database"})
    void everySpellingOfYesIsReplication(String yes) {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = login(pooler, "replication", yes)) {
            assertThat(client.query("IDENTIFY_SYSTEM").exchange()).endsWith("ReadyForQuery I");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "0", "no", "False", "f"})
    void everySpellingOfNoIsPooled(String no) {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = login(pooler, "replication", no)) {
            assertThat(client.value("SELECT backend_type FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
                    .isEqualTo("client backend");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"maybe", "o", "", "DATABASE", "2"})
    void anythingElseIsPostgresOwnError(String nonsense) {
        try (TestPooler pooler = pooler(newest, 1);
                WireClient client = pooler.connect()) {
            assertThat(client.startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", nonsense)
                            .readUntilClosed())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "ErrorResponse S \"FATAL\" C \"22023\" M \"invalid value for parameter \"replication\": \""
                                    + nonsense + "\"");
        }
    }

    private static TestPooler pooler(TestPostgres postgres, int servers) {
        return TestPooler.start(postgres, servers);
    }

    private static WireClient login(TestPooler pooler, String... parameters) {
        return WireClient.login(pooler.address(), TestPostgres.SUPERUSER, TestPostgres.DATABASE, parameters);
    }

    private static Connection replication(TestPooler pooler, String kind) throws SQLException {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, TestPostgres.SUPERUSER);
        PGProperty.PASSWORD.set(properties, "");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "15");
        PGProperty.REPLICATION.set(properties, kind);
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + pooler.address().getPort() + "/" + TestPostgres.DATABASE, properties);
    }

    /** Everything that the stream brings until a piece contains the text. */
    private static String readUntil(PGReplicationStream stream, String text) throws SQLException {
        StringBuilder all = new StringBuilder();
        do {
            ByteBuffer piece = stream.read();
            byte[] bytes = new byte[piece.remaining()];
            piece.get(bytes);
            all.append(new String(bytes, UTF_8));
        } while (all.indexOf(text) < 0);
        return all.toString();
    }
}
