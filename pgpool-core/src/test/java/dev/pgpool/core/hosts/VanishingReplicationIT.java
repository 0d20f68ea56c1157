package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LiveObjects;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.ScriptedServer.Script;
import dev.pgpool.core.fixture.ServerSession;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replication clients vanish in each way and at every moment: no walsender stays, and the only place is the next one's. */
class VanishingReplicationIT {
    private static final Script SAYS_NOTHING = ServerSession::awaitClose;
    private static final Script SERVES = session -> {
        session.login();
        session.serve();
    };

    private static TestPostgres postgres;

    @BeforeAll
    static void start() {
        postgres = TestPostgres.fresh(18, Map.of("wal_level", "logical"));
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    static Stream<Arguments> moments() {
        return Stream.of("true", "database")
                .flatMap(kind -> Stream.of(
                        moment(kind, "start-up packet", false, client -> {}),
                        moment(
                                kind,
                                "start-up packet and a query",
                                false,
                                client -> client.query("IDENTIFY_SYSTEM").send()),
                        moment(kind, "idle", true, client -> {}),
                        moment(kind, "half a query", true, client -> half(client, Frontend.query("IDENTIFY_SYSTEM"))),
                        moment(
                                kind,
                                "half a long query",
                                true,
                                client -> half(client, Frontend.query("SHOW " + "x".repeat(300_000)))),
                        moment(
                                kind,
                                "a query",
                                true,
                                client -> client.query("IDENTIFY_SYSTEM").send()),
                        moment(
                                kind,
                                "a slot",
                                true,
                                client -> client.query("CREATE_REPLICATION_SLOT mine TEMPORARY PHYSICAL RESERVE_WAL")
                                        .send()),
                        moment(kind, "streaming", true, VanishingReplicationIT::stream),
                        moment(kind, "streaming, half a status", true, client -> {
                            stream(client);
                            half(client, Frontend.copyData(new byte[34]));
                        }),
                        moment(kind, "end of the stream", true, client -> {
                            stream(client);
                            client.sendRaw(Frontend.copyDone());
                        }),
                        moment(
                                kind,
                                "a backup that is not read",
                                true,
                                client -> client.query("BASE_BACKUP (CHECKPOINT 'fast')")
                                        .send())));
    }

    private static Arguments moment(String kind, String what, boolean welcome, Consumer<WireClient> before) {
        return argumentSet(kind + ", " + what, kind, welcome, before);
    }

    private static void half(WireClient client, byte[] message) {
        client.sendRaw(message, 0, message.length - message.length / 4);
    }

    private static void stream(WireClient client) {
        String from = postgres.query("SELECT pg_current_wal_flush_lsn()").get(0);
        client.query("START_REPLICATION PHYSICAL " + from).send();
        client.readUntil('W');
    }

    @ParameterizedTest
    @MethodSource("moments")
    void nothingStays(String kind, boolean welcome, Consumer<WireClient> before) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (Departure way : Departure.values()) {
                try (WireClient client = pooler.connect()) {
                    client.startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", kind);
                    if (welcome) {
                        client.awaitLogin("");
                    }
                    before.accept(client);
                    way.end(client);
                    awaitNoClients(pooler, way);
                }
                try (WireClient next = pooler.login()) {
                    assertThat(next.value("SELECT 'next'")).as(way.name()).isEqualTo("next");
                }
                awaitNoClients(pooler, way);
                assertThat(pooler.pool().servers()).as(way.name()).hasSizeLessThanOrEqualTo(1);
                await().atMost(Wire.PATIENCE)
                        .alias(way.name())
                        .until(() -> postgres.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender'")
                                .isEmpty());
            }
            awaitNothingKept(known);
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
        }
    }

    @Test
    void nothingStaysOfOneThatWaitsForItsPlace() {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login()) {
            int known = LiveObjects.clients();
            for (Departure way : Departure.WITHOUT_A_WORD) {
                first.run("BEGIN");
                try (WireClient client = pooler.connect()) {
                    client.startup(TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", "database");
                    half(client, Frontend.query("IDENTIFY_SYSTEM"));
                    pooler.pulse();
                    way.end(client);
                    await().atMost(Wire.PATIENCE)
                            .alias(way.name())
                            .until(() -> pooler.pool().clients().size() == 1);
                }
                first.run("COMMIT");
                assertThat(first.value("SELECT 'still there'")).isEqualTo("still there");
            }
            awaitNothingKept(known);
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "database"})
    void whatWasAskedForBeforeTheGoodbyeIsAnswered(String kind) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = WireClient.login(
                        pooler.address(), TestPostgres.SUPERUSER, TestPostgres.DATABASE, "replication", kind)) {
            client.query("IDENTIFY_SYSTEM").terminate().send().halfClose();
            assertThat(client.readUntilClosed()).endsWith("ReadyForQuery I");
            await().atMost(Wire.PATIENCE).until(() -> pooler.pool().clients().isEmpty());
        }
    }

    /** Start-up parameters of clients that get a server of their own, and what the pool has done before. */
    static Stream<Arguments> ownServers() {
        return Stream.of("replication=true", "replication=database", "local_preload_libraries=")
                .flatMap(parameter -> Stream.of(
                        argumentSet(parameter + ", the first", parameter, List.of(SAYS_NOTHING, SERVES)),
                        argumentSet(
                                parameter + ", in the place of another",
                                parameter,
                                List.of(SERVES, SAYS_NOTHING, SERVES))));
    }

    @ParameterizedTest
    @MethodSource("ownServers")
    void aConnectThatIsNotWantedAnyMoreEndsAtOnce(String parameter, List<Script> scripts) {
        String[] named = parameter.split("=", 2);
        for (Departure way : Departure.WITHOUT_A_WORD) {
            try (LogCapture log = LogCapture.everything();
                    ScriptedServer server = ScriptedServer.start(scripts.toArray(Script[]::new));
                    TestPooler pooler = TestPooler.start(builder -> builder.database(
                            TestPostgres.DATABASE,
                            db -> db.host("127.0.0.1")
                                    .port(server.port())
                                    .maxConnections(1)
                                    .connectTimeout(Duration.ofMinutes(10))
                                    .connectRetryDelay(Duration.ofMinutes(10))))) {
                if (scripts.size() > 2) {
                    pooler.login().close();
                }
                try (WireClient client = pooler.connect()) {
                    client.startup(TestPostgres.USER, TestPostgres.DATABASE, named);
                    await().atMost(Wire.PATIENCE).until(() -> server.connections() == scripts.size() - 1);
                    way.end(client);
                    awaitNoClients(pooler, way);
                }
                try (WireClient next = pooler.login()) {
                    assertThat(next.value("SELECT 'next'")).as(way.name()).isNotNull();
                }
                assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
            }
        }
    }

    private static void awaitNoClients(TestPooler pooler, Departure way) {
        await().atMost(Wire.PATIENCE)
                .alias(way.name())
                .until(() -> pooler.pool().clients().isEmpty());
    }

    private static void awaitNothingKept(int known) {
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known));
    }
}
