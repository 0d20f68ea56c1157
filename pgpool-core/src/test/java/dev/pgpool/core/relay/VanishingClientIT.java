package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients vanish in each way and at every moment: nothing of them stays, and the only server is the next one's. */
@OnEveryPostgres
class VanishingClientIT {
    private static final byte[] STARTUP =
            Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);

    private final TestPostgres postgres;

    VanishingClientIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<Arguments> moments() {
        return Stream.of(
                moment("connected", client -> {}),
                moment("SSLRequest", client -> client.sendRaw(Frontend.sslRequest())),
                moment("half an SSLRequest", client -> client.sendRaw(Frontend.sslRequest(), 0, 6)),
                moment("GSSENCRequest", client -> client.sendRaw(Frontend.gssEncRequest())),
                moment("half a start-up packet", client -> client.sendRaw(STARTUP, 0, STARTUP.length / 2)),
                moment("start-up packet", client -> client.sendRaw(STARTUP)),
                moment("start-up packet and half a query", client -> {
                    client.sendRaw(STARTUP);
                    half(client, Frontend.query("SELECT 1"));
                }),
                loggedIn("idle", client -> {}),
                loggedIn("half a header", client -> client.sendRaw(Frontend.query("SELECT 1"), 0, 3)),
                loggedIn("half a query", client -> half(client, Frontend.query("SELECT 1"))),
                loggedIn("half a Parse", client -> half(client, Frontend.parse("s", "SELECT 1"))),
                loggedIn(
                        "half a long query",
                        client -> half(client, Frontend.query("SELECT '" + "x".repeat(300_000) + "'"))),
                loggedIn(
                        "a query and half of the next",
                        client -> half(client.query("SELECT 1").send(), Frontend.query("SELECT 2"))),
                loggedIn(
                        "a batch without Sync",
                        client ->
                                client.parse("", "SELECT 1").bind("").execute().send()),
                loggedIn("a query", client -> client.query("SELECT 1").send()),
                loggedIn(
                        "many rows",
                        client -> client.query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
                                .send()),
                loggedIn("in a transaction", client -> client.run("BEGIN")),
                loggedIn("in a transaction, half a query", client -> {
                    client.run("BEGIN");
                    half(client, Frontend.query("SELECT 1"));
                }),
                loggedIn(
                        "in a failed transaction",
                        client -> client.query("BEGIN; SELECT 1/0").send().readUntilReady()),
                loggedIn("in COPY FROM STDIN", VanishingClientIT::copyIn),
                loggedIn("in CopyData", client -> {
                    copyIn(client);
                    half(client, Frontend.copyData("1\n".repeat(1_000).getBytes(StandardCharsets.US_ASCII)));
                }),
                loggedIn("in long CopyData", client -> {
                    copyIn(client);
                    half(client, Frontend.copyData("1\n".repeat(100_000).getBytes(StandardCharsets.US_ASCII)));
                }),
                loggedIn("listening", client -> client.run("LISTEN news")),
                loggedIn("with a temporary table", client -> client.run("CREATE TEMPORARY TABLE mine (n int)")));
    }

    private static Arguments moment(String what, Consumer<WireClient> before) {
        return argumentSet(what, before);
    }

    private static Arguments loggedIn(String what, Consumer<WireClient> before) {
        return moment(what, client -> {
            client.sendRaw(STARTUP).readUntilReady();
            before.accept(client);
        });
    }

    private static void half(WireClient client, byte[] message) {
        client.sendRaw(message, 0, message.length - message.length / 4);
    }

    private static void copyIn(WireClient client) {
        client.query("CREATE TEMPORARY TABLE c (n int); COPY c FROM STDIN").send();
        client.readUntil('G');
    }

    @ParameterizedTest
    @MethodSource("moments")
    void nothingStays(Consumer<WireClient> before) {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (Departure way : Departure.values()) {
                try (WireClient client = pooler.connect()) {
                    before.accept(client);
                    way.end(client);
                    await().atMost(Wire.PATIENCE)
                            .alias(way.name())
                            .until(() -> pooler.pool().clients().isEmpty());
                }
                assertFree(pooler, way);
            }
            assertThat(log.lines()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    @Test
    void nothingStaysOfOneThatWaits() {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login()) {
            for (Departure way : Departure.WITHOUT_A_WORD) {
                first.run("BEGIN");
                try (WireClient client = pooler.login()) {
                    client.query("SELECT 'waits'").send();
                    half(client, Frontend.query("SELECT 'as well'"));
                    pooler.pulse();
                    way.end(client);
                    await().atMost(Wire.PATIENCE)
                            .alias(way.name())
                            .until(() -> pooler.pool().clients().size() == 1);
                }
                first.run("COMMIT");
            }
            assertThat(log.lines()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    private static void assertFree(TestPooler pooler, Departure way) {
        try (WireClient next = pooler.login()) {
            assertThat(next.value("SELECT 'next'")).as(way.name()).isEqualTo("next");
        }
        await().atMost(Wire.PATIENCE).until(() -> pooler.pool().clients().isEmpty());
        assertThat(pooler.pool().servers()).as(way.name()).hasSizeLessThanOrEqualTo(1);
    }
}
