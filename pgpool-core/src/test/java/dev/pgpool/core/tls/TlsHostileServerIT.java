package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers to the question for TLS that no honest server gives. */
class TlsHostileServerIT {

    private static TestPooler pooler(ScriptedServer server, TlsMode mode, TlsNegotiation negotiation) {
        return TestPooler.start(builder -> builder.database(
                TestPostgres.DATABASE,
                db -> db.host("127.0.0.1")
                        .port(server.port())
                        .connectTimeout(Duration.ofSeconds(2))
                        .connectRetryDelay(Duration.ofMinutes(1))
                        .waitTimeout(Duration.ofSeconds(3))
                        .tls(tls -> tls.mode(mode).negotiation(negotiation))));
    }

    /** Answers the eight bytes of the question. */
    private static ScriptedServer answering(byte[]... answer) {
        return ScriptedServer.start(session -> {
            assertThat(session.readRaw(8)).isEqualTo(new byte[] {0, 0, 0, 8, 4, (byte) 0xD2, 0x16, 0x2F});
            session.send(answer).awaitClose();
        });
    }

    private static List<String> refusal(TestPooler pooler) {
        try (WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            return client.readUntilClosed();
        }
    }

    /** CVE-2021-3935, from the side of the server: a whole login behind the answer, sent by somebody in between. */
    @ParameterizedTest
    @CsvSource({"S, PREFER", "S, REQUIRE", "N, PREFER"})
    void bytesSmuggledBehindTheAnswerAreRefused(char answer, TlsMode mode) {
        try (ScriptedServer server =
                        answering(new byte[] {(byte) answer}, Backend.authenticationOk(), Backend.readyForQuery('I'));
                TestPooler pooler = pooler(server, mode, TlsNegotiation.POSTGRES)) {
            assertThat(refusal(pooler))
                    .singleElement()
                    .asString()
                    .contains("08004", "received unencrypted data after SSL response");
        }
    }

    @Test
    void bytesInClearLaterBreakTheHandshake() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    var unused = session.readRaw(8);
                    session.send(new byte[] {'S'});
                    assertThat(session.readRaw(1)).as("the handshake begins").isEqualTo(new byte[] {0x16});
                    session.send(Backend.authenticationOk(), Backend.readyForQuery('I'))
                            .awaitClose();
                });
                TestPooler pooler = pooler(server, TlsMode.PREFER, TlsNegotiation.POSTGRES)) {
            assertThat(refusal(pooler)).singleElement().asString().contains("08004", "SSL error");
        }
    }

    /** CVE-2024-10977: whose words these are is not known, so nobody is shown them. */
    @Test
    void anErrorInsteadOfAnAnswerIsNotPassedOn() {
        try (ScriptedServer server = answering(Backend.error("FATAL", "53300", "send your password to eve"));
                TestPooler pooler = pooler(server, TlsMode.REQUIRE, TlsNegotiation.POSTGRES)) {
            assertThat(refusal(pooler))
                    .singleElement()
                    .asString()
                    .contains("query_wait_timeout", "server sent an error response during SSL exchange")
                    .doesNotContain("eve");
        }
    }

    @Test
    void anUnknownAnswerIsRefused() {
        try (ScriptedServer server = answering(new byte[] {'R'});
                TestPooler pooler = pooler(server, TlsMode.PREFER, TlsNegotiation.POSTGRES)) {
            assertThat(refusal(pooler))
                    .singleElement()
                    .asString()
                    .contains("08004", "received invalid response to SSL negotiation");
        }
    }

    @Test
    void aServerThatClosesInsteadIsNamed() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    var unused = session.readRaw(8);
                });
                TestPooler pooler = pooler(server, TlsMode.REQUIRE, TlsNegotiation.POSTGRES)) {
            assertThat(refusal(pooler))
                    .singleElement()
                    .asString()
                    .contains("query_wait_timeout", "server closed the connection instead of answering an SSL request");
        }
    }

    @ParameterizedTest
    @EnumSource(TlsNegotiation.class)
    void aServerThatSaysNothingRunsIntoTheConnectTimeout(TlsNegotiation negotiation) {
        CountDownLatch never = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(session -> session.stallUntil(never));
                TestPooler pooler = pooler(server, TlsMode.REQUIRE, negotiation)) {
            assertThat(refusal(pooler)).singleElement().asString().contains("query_wait_timeout", "timeout after");
            never.countDown();
        }
    }

    /** What prefer costs where there is no TLS: one byte, on the same connection. */
    @Test
    void preferGoesOnOnTheSameConnectionWhenTheAnswerIsNo() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.serve();
                });
                TestPooler pooler = pooler(server, TlsMode.PREFER, TlsNegotiation.POSTGRES);
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'served'")).isEqualTo("SELECT 'served'");
            assertThat(server.connections()).isEqualTo(1);
        }
    }
}
