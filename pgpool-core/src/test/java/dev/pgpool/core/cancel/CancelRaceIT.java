package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.WireClient;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The end of a cancel connection tells its client that the request has been dealt with: what the client sends after that,
 * and after the answer to what it cancelled, is hit by nothing, whatever the ways to the pooler and to the server.
 */
class CancelRaceIT {
    private static final int ROUNDS = 40;

    @TempDir
    static Path directory;

    private static TestPki pki;
    private static TestPki.Issued certificate;
    private static TestPostgres encrypting;

    @BeforeAll
    static void startServer() {
        pki = new TestPki(directory, "authority");
        certificate = pki.localhost();
        encrypting = TestPostgres.fresh(
                18,
                Map.of(
                        "ssl", "on",
                        "ssl_cert_file", certificate.certificate().toString(),
                        "ssl_key_file", certificate.key().toString()));
    }

    @AfterAll
    static void stopServer() {
        encrypting.close();
    }

    /** How requests come to the pooler, and go to the server. */
    enum Way {
        TCP_15,
        TCP_18,
        UNIX_CLIENT,
        UNIX_SERVER,
        TLS_CLIENT,
        TLS_SERVER,
        PEER,
        SESSION_MODE,
        WITH_STATE_THAT_IS_LOOKED_AT
    }

    /** What is cancelled. */
    enum Form {
        QUERY,
        EXTENDED,
        QUERIES_BEHIND_EACH_OTHER,
        SYNCS_BEHIND_EACH_OTHER
    }

    static Stream<Arguments> ways() {
        return Stream.of(Way.values())
                .flatMap(way -> Stream.of(Form.values())
                        .flatMap(form -> Stream.of(true, false).map(inside -> Arguments.of(way, form, inside))));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatIsSentBehindTheEndOfTheCancelConnectionIsNotHit(
            Way way, Form form, boolean insideTransaction, @TempDir Path sockets) {
        Random random = new Random(way.ordinal() * 31L + form.ordinal());
        TestPostgres postgres = switch (way) {
            case TCP_15 -> TestPostgres.shared(15);
            case TLS_SERVER -> encrypting;
            default -> TestPostgres.shared(18);
        };
        try (TestPooler pooler = start(way, postgres, 1, 2, 1, sockets);
                TestPooler peer =
                        start(Way.TCP_18, postgres, 2, 1, pooler.address().getPort(), sockets);
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null))) {
            SocketAddress clients = switch (way) {
                case UNIX_CLIENT ->
                    UnixDomainSocketAddress.of(
                            sockets.resolve(".s.PGSQL." + pooler.address().getPort()));
                case TLS_CLIENT -> tunnel.address();
                default -> pooler.address();
            };
            SocketAddress cancels = way == Way.PEER ? peer.address() : clients;
            try (WireClient client = WireClient.login(clients, TestPostgres.USER, TestPostgres.DATABASE);
                    WireClient other = WireClient.login(clients, TestPostgres.USER, TestPostgres.DATABASE)) {
                for (int round = 0; round < ROUNDS; round++) {
                    if (insideTransaction) {
                        client.run("BEGIN");
                    }
                    if (way == Way.WITH_STATE_THAT_IS_LOOKED_AT) {
                        client.query("SET my.state = 'of round " + round + "'");
                    }
                    send(client, form, random);
                    LockSupport.parkNanos(random.nextInt(2_500_000));
                    try (WireClient cancel = client.cancel(cancels)) {
                        assertThat(cancel.isClosedByPeer())
                                .as("closed without a byte")
                                .isTrue();
                    }
                    client.exchange();
                    if (insideTransaction) {
                        client.run("ROLLBACK").run("BEGIN");
                    }
                    assertThat(client.value("SELECT 'next of round " + round + "' FROM pg_sleep(0.001)"))
                            .isEqualTo("next of round " + round);
                    if (insideTransaction) {
                        client.run("COMMIT");
                    }
                    if (way != Way.SESSION_MODE) {
                        assertThat(other.value("SELECT 'other'")).isEqualTo("other");
                    }
                }
            }
        }
    }

    private static void send(WireClient client, Form form, Random random) {
        String sleep = "SELECT pg_sleep(" + random.nextInt(3) / 1_000.0 + ")";
        switch (form) {
            case QUERY -> client.query(sleep);
            case EXTENDED -> client.parse("", sleep).bind("").execute().sync();
            case QUERIES_BEHIND_EACH_OTHER -> client.query(sleep).query(sleep).query("SELECT 1");
            case SYNCS_BEHIND_EACH_OTHER ->
                client.parse("", sleep)
                        .bind("")
                        .execute()
                        .sync()
                        .bind("")
                        .execute()
                        .sync();
        }
        client.send();
    }

    private static TestPooler start(Way way, TestPostgres postgres, int id, int peer, int peerPort, Path sockets) {
        Consumer<PgPoolBuilder> clients = builder -> {
            switch (way) {
                case UNIX_CLIENT -> builder.unixSocketDirectory(sockets);
                case TLS_CLIENT ->
                    builder.tls(
                            tls -> tls.mode(TlsMode.REQUIRE).certificate(certificate.certificate(), certificate.key()));
                case SESSION_MODE -> builder.poolMode(PoolMode.SESSION);
                default -> {
                    // as it is
                }
            }
        };
        return TestPooler.start(builder -> {
            clients.accept(builder);
            builder.peerId(id).peer(peer, "127.0.0.1", peerPort).database(TestPostgres.DATABASE, db -> {
                TestPooler.at(db, postgres).maxConnections(way == Way.SESSION_MODE ? 2 : 1);
                if (way == Way.UNIX_SERVER) {
                    db.host(postgres.socketDirectory().toString());
                }
                if (way == Way.TLS_SERVER) {
                    db.tls(tls -> tls.mode(TlsMode.REQUIRE));
                }
            });
        });
    }

    /** Of many requests for one query one is on its way at a time; all of them end. */
    @ParameterizedTest
    @MethodSource("manyRequests")
    void manyRequestsForOneQueryEndAndHitNothingElse(int requests) {
        TestPostgres postgres = TestPostgres.shared(18);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query("SELECT pg_sleep(3600)").send();
            postgres.awaitQuery("SELECT pg_sleep(3600)");
            other.query("SELECT 'after', pg_sleep(0.05)").send();
            List<WireClient> all = Stream.generate(() -> client.cancel(pooler.address()))
                    .limit(requests)
                    .toList();
            for (WireClient cancel : all) {
                assertThat(cancel.isClosedByPeer()).isTrue();
                cancel.close();
            }
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("57014"));
            assertThat(other.readUntilReady()).contains("CommandComplete \"SELECT 1\"");
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    static Stream<Integer> manyRequests() {
        return Stream.of(1, 2, 10, 60);
    }
}
