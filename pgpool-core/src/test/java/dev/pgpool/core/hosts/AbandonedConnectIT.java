package dev.pgpool.core.hosts;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.ScriptedServer.Script;
import dev.pgpool.core.fixture.ServerSession;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A connect that is not wanted any more ends at once, however many attempts it has made. */
class AbandonedConnectIT {
    private static final Script REFUSES = session -> {
        session.readStartup();
        session.send(Backend.error("FATAL", "28000", "no pg_hba.conf entry for host \"127.0.0.1\", no encryption"));
    };
    private static final Script CLOSES = ServerSession::end;
    private static final Script SAYS_NOTHING = ServerSession::awaitClose;
    private static final Script SERVES = session -> {
        session.login();
        session.serve();
    };

    static Stream<Arguments> attempts() {
        BiConsumer<DatabaseBuilder, ScriptedServer> one =
                (db, server) -> db.host("127.0.0.1").port(server.port());
        BiConsumer<DatabaseBuilder, ScriptedServer> twice =
                (db, server) -> db.hosts("127.0.0.1:" + server.port(), "127.0.0.1:" + server.port());
        BiConsumer<DatabaseBuilder, ScriptedServer> noSocketFirst =
                (db, server) -> db.hosts("/there/is/none", "127.0.0.1:" + server.port());
        return Stream.of(
                argumentSet("the first", one, List.of(SAYS_NOTHING, SERVES)),
                argumentSet(
                        "the other kind of connection",
                        one.andThen((db, server) -> db.tls(tls -> tls.mode(TlsMode.ALLOW))),
                        List.of(REFUSES, SAYS_NOTHING, SERVES)),
                argumentSet("the next host", twice, List.of(CLOSES, SAYS_NOTHING, SERVES)),
                argumentSet("the host behind one that fails at once", noSocketFirst, List.of(SAYS_NOTHING, SERVES)));
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void itEndsAtOnce(BiConsumer<DatabaseBuilder, ScriptedServer> to, List<Script> scripts) {
        try (ScriptedServer server = ScriptedServer.start(scripts.toArray(Script[]::new));
                TestPooler pooler = TestPooler.start(builder -> builder.database(TestPostgres.DATABASE, db -> {
                    to.accept(db, server);
                    db.maxConnections(1)
                            .connectTimeout(Duration.ofMinutes(10))
                            .connectRetryDelay(Duration.ofMillis(10));
                }));
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            await().atMost(Wire.PATIENCE).until(() -> server.connections() == scripts.size() - 1);
            pooler.pool().reconnect();
            await().atMost(Wire.PATIENCE).until(() -> server.connections() == scripts.size());
        }
    }
}
