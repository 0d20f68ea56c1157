package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LiveObjects;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.ServerSession;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What logins wait for is not done for clients that are gone: those that are there do not wait behind it, and it takes no memory. */
class AbandonedLookupIT {
    private static final int SOME = 100;
    private static final int MANY = 300;

    /** Users that the server was asked for, in order. */
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private final CountDownLatch first = new CountDownLatch(1);

    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void theServerIsNotAskedForClientsThatAreGone(Departure way) {
        try (LogCapture log = LogCapture.everything();
                ScriptedServer server = ScriptedServer.start(this::answerNone);
                TestPooler pooler = pooler(server);
                WireClient slow = pooler.connect().startup("slow", TestPostgres.DATABASE)) {
            await().atMost(Wire.PATIENCE).until(() -> asked.equals(List.of("slow")));
            vanish(pooler, way, 1);
            try (WireClient gone = pooler.connect().startup("both", TestPostgres.DATABASE);
                    WireClient both = pooler.connect().startup("both", TestPostgres.DATABASE);
                    WireClient next = pooler.connect().startup("next", TestPostgres.DATABASE)) {
                pooler.pulse();
                way.end(gone);
                await().atMost(Wire.PATIENCE)
                        .until(() -> pooler.pool().clients().size() == 3);
                first.countDown();
                for (WireClient client : List.of(slow, both, next)) {
                    assertThat(client.authenticate("x").toString()).contains("28P01");
                }
            }
            assertThat(asked).containsExactly("slow", "both", "next");
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
        } finally {
            first.countDown();
        }
    }

    /** Nothing is known of the users, and nothing of what they asked stays, however long the server is silent. */
    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void nothingIsKeptOfClientsThatAreGone(Departure way) {
        int known = LiveObjects.clients();
        try (ScriptedServer server = ScriptedServer.start(ServerSession::awaitClose);
                TestPooler pooler = pooler(server)) {
            vanish(pooler, way, SOME);
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known));
        }
    }

    @Test
    void nothingIsKeptOfThemIfAnotherClientAsksTheSame() {
        int known = LiveObjects.clients();
        try (ScriptedServer server = ScriptedServer.start(ServerSession::awaitClose);
                TestPooler pooler = pooler(server);
                WireClient stays = pooler.connect().startup("gone", TestPostgres.DATABASE)) {
            for (int i = 0; i < SOME; i++) {
                pooler.connect().startup("gone", TestPostgres.DATABASE).close();
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known + 1));
            assertThat(stays.isReadable(Duration.ofMillis(1))).isFalse();
        }
    }

    /** Clients of users of whom each is another one. */
    private static void vanish(TestPooler pooler, Departure way, int count) {
        int before = pooler.pool().clients().size();
        for (int i = 0; i < count; i++) {
            try (WireClient gone = pooler.connect().startup("gone" + i, TestPostgres.DATABASE)) {
                pooler.pulse();
                way.end(gone);
            }
        }
        await().atMost(Wire.PATIENCE).until(() -> pooler.pool().clients().size() == before);
    }

    private static TestPooler pooler(ScriptedServer server) {
        return TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .authQuery(query -> query.user("asker").maxConnections(1).timeout(Duration.ofMinutes(10)))
                .database(TestPostgres.DATABASE, db -> db.host("127.0.0.1").port(server.port())));
    }

    /** There is no such user. */
    private void answerNone(ServerSession session) throws EOFException, InterruptedException {
        session.login();
        while (true) {
            Message message = session.read();
            if (message.type() == 'B') {
                asked.add(user(message));
            } else if (message.type() == 'S') {
                session.stallUntil(first);
                session.send(
                        Backend.parseComplete(),
                        Backend.bindComplete(),
                        Backend.rowDescription("usename", "passwd"),
                        Backend.commandComplete("SELECT 0"),
                        Backend.readyForQuery('I'));
            } else if (message.type() == 'X') {
                return;
            }
        }
    }

    /** The only parameter, behind the names of portal and statement, its format, and its length. */
    private static String user(Message bind) {
        ByteBuffer body = ByteBuffer.wrap(bind.body());
        for (int ends = 0; ends < 2; ) {
            ends += body.get() == 0 ? 1 : 0;
        }
        for (int formats = body.getShort(); formats > 0; formats--) {
            body.getShort();
        }
        body.getShort();
        byte[] value = new byte[body.getInt()];
        body.get(value);
        return new String(value, StandardCharsets.UTF_8);
    }

    /** A secret that takes a second or more to be checked, which happens on few threads. */
    @Test
    void noKeysAreDerivedForClientsThatAreGone() {
        String key = Base64.getEncoder().encodeToString(new byte[32]);
        String dear =
                "SCRAM-SHA-256$3000000:" + Base64.getEncoder().encodeToString(new byte[16]) + "$" + key + ":" + key;
        try (TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.PASSWORD)
                        .credentials(CredentialStore.of(Map.of("dear", dear, TestPostgres.USER, "cheap")))
                        .database(
                                TestPostgres.DATABASE,
                                db -> db.host("127.0.0.1").port(1)));
                WireClient one = pooler.connect().startup("dear", TestPostgres.DATABASE);
                WireClient two = pooler.connect().startup("dear", TestPostgres.DATABASE)) {
            for (WireClient busy : List.of(one, two)) {
                busy.read();
                busy.sendRaw(Frontend.password("x"));
            }
            for (int i = 0; i < MANY; i++) {
                try (WireClient gone = pooler.connect().startup("dear", TestPostgres.DATABASE)) {
                    gone.read();
                    gone.sendRaw(Frontend.password("x"));
                    gone.reset();
                }
            }
            try (WireClient next = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(next.authenticate("wrong").toString()).contains("28P01");
            }
        }
    }
}
