package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.Authenticator.Verdict;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LiveObjects;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Scram;
import dev.pgpool.core.fixture.TestDirectory;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients vanish in each way and at every moment of logins that ask something outside: nothing of them stays. */
class VanishingLoginIT {
    private static final TestPostgres POSTGRES = TestPostgres.shared(18);
    private static final String PASSWORD = "the user's";
    private static final String NONCE = "fyko+d2lbbFgONRv9qkxdawL";
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;

    @TempDir
    private Path directory;

    /** How far a client gets. */
    private enum Moment {
        STARTED {
            @Override
            void reach(WireClient client) {}
        },
        HALF_AN_ANSWER {
            @Override
            void reach(WireClient client) {
                half(client, firstAnswer(client));
            }
        },
        AN_ANSWER {
            @Override
            void reach(WireClient client) {
                client.sendRaw(firstAnswer(client));
            }
        },
        HALF_THE_LAST_ANSWER {
            @Override
            void reach(WireClient client) {
                half(client, lastAnswer(client));
            }
        },
        THE_LAST_ANSWER {
            @Override
            void reach(WireClient client) {
                client.sendRaw(lastAnswer(client));
            }
        },
        THE_LAST_ANSWER_AND_A_QUERY {
            @Override
            void reach(WireClient client) {
                client.queue(lastAnswer(client)).query("SELECT 1").send();
            }
        },
        A_WRONG_ANSWER {
            @Override
            void reach(WireClient client) {
                client.sendRaw(lastAnswer(client, "wrong"));
            }
        };

        abstract void reach(WireClient client);

        private static void half(WireClient client, byte[] message) {
            client.sendRaw(message, 0, message.length / 2);
        }

        private static byte[] firstAnswer(WireClient client) {
            return request(client) == SASL
                    ? Frontend.saslInitialResponse("SCRAM-SHA-256", new Scram(PASSWORD, NONCE).clientFirst())
                    : Frontend.password(PASSWORD);
        }

        private static byte[] lastAnswer(WireClient client) {
            return lastAnswer(client, PASSWORD);
        }

        private static byte[] lastAnswer(WireClient client, String password) {
            if (request(client) != SASL) {
                return Frontend.password(password);
            }
            Scram scram = new Scram(password, NONCE);
            client.sendRaw(Frontend.saslInitialResponse("SCRAM-SHA-256", scram.clientFirst()));
            ByteBuffer challenge = ByteBuffer.wrap(client.read().body());
            assertThat(challenge.getInt()).isEqualTo(SASL_CONTINUE);
            return Frontend.saslResponse(
                    scram.clientFinal(StandardCharsets.UTF_8.decode(challenge).toString()));
        }

        private static int request(WireClient client) {
            return ByteBuffer.wrap(client.read().body()).getInt();
        }
    }

    static Stream<Arguments> outside() {
        return Stream.of(
                asks("the server by SCRAM", ClientAuthentication.SCRAM_SHA_256, VanishingLoginIT::authQuery),
                asks("the server for a password", ClientAuthentication.PASSWORD, VanishingLoginIT::authQuery),
                asks("no secret but a verifier", ClientAuthentication.SCRAM_SHA_256, VanishingLoginIT::verifier),
                asks(
                        "no secret but a verifier, for a password",
                        ClientAuthentication.PASSWORD,
                        VanishingLoginIT::verifier),
                asks("the host", ClientAuthentication.AUTHENTICATOR, VanishingLoginIT::authenticator));
    }

    /** Sets a pooler up for a user. */
    private interface Setup {
        void of(PgPoolBuilder builder, String user);
    }

    private static Arguments asks(String what, ClientAuthentication method, Setup setup) {
        return argumentSet(what, (Setup) (builder, user) -> {
            builder.clientAuthentication(method);
            setup.of(builder, user);
        });
    }

    private static void authQuery(PgPoolBuilder builder, String user) {
        builder.authQuery(query -> query.user(TestPostgres.SUPERUSER).maxConnections(1));
    }

    /** It takes its time. */
    private static void authenticator(PgPoolBuilder builder, String user) {
        builder.authenticator(request -> CompletableFuture.supplyAsync(
                        () -> request.password().equals(PASSWORD)
                                ? Verdict.acceptAs(user, new Credential.Plain(PASSWORD))
                                : Verdict.reject("wrong"),
                        CompletableFuture.delayedExecutor(30, TimeUnit.MILLISECONDS)))
                .authenticatorWithoutTls(true);
    }

    private static void verifier(PgPoolBuilder builder, String user) {
        String stored = POSTGRES.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + user + "'")
                .get(0);
        builder.credentials(CredentialStore.of(Map.of(user, stored)));
    }

    @ParameterizedTest
    @MethodSource("outside")
    void nothingStays(Setup setup) {
        String user = POSTGRES.createRole("scram-sha-256", PASSWORD);
        nothingStays(user, builder -> {
            setup.of(builder, user);
            builder.database(
                    TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES).maxConnections(1));
        });
    }

    @Test
    @Tag("installed")
    void nothingStaysOfOneWhomADirectoryJudges() {
        TestPki pki = new TestPki(directory, "directory");
        TestPki.Issued here = pki.server(
                "localhost",
                certificate -> certificate.addSanIpAddress("127.0.0.1").rsa2048());
        String ann = TestDirectory.person("uid=ann," + TestDirectory.BASE, "ann", PASSWORD);
        try (TestDirectory ldap = TestDirectory.start(directory.resolve("ldap"), here, "", ann)) {
            nothingStays(
                    "ann",
                    builder -> builder.clientAuthentication(ClientAuthentication.LDAP)
                            .ldap(judge ->
                                    judge.servers("127.0.0.1").port(ldap.port()).baseDn(TestDirectory.BASE))
                            .database(
                                    TestPostgres.DATABASE,
                                    db -> TestPooler.at(db, POSTGRES)
                                            .user(TestPostgres.USER)
                                            .maxConnections(1)));
        }
    }

    private static void nothingStays(String user, Consumer<PgPoolBuilder> settings) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(settings)) {
            for (Moment moment : Moment.values()) {
                for (Departure way : Departure.values()) {
                    String which = moment + ", " + way;
                    try (WireClient client = pooler.connect()) {
                        client.startup(user, TestPostgres.DATABASE);
                        moment.reach(client);
                        end(client, way);
                        awaitNoClients(pooler, which);
                    }
                    try (WireClient next = pooler.connect()) {
                        next.startup(user, TestPostgres.DATABASE).awaitLogin(PASSWORD);
                        assertThat(next.value("SELECT 'next'")).as(which).isEqualTo("next");
                    }
                    awaitNoClients(pooler, which);
                    assertThat(pooler.pool().servers()).as(which).hasSizeLessThanOrEqualTo(1);
                }
            }
            awaitNothingKept(known);
            assertThat(log.lines()).noneMatch(VanishingLoginIT::isWarning);
        }
    }

    private static void end(WireClient client, Departure way) {
        try {
            way.end(client);
        } catch (UncheckedIOException refused) {
            // the pooler was faster
            client.close();
        }
    }

    // ---- certificates

    /** How far a client with a certificate gets. */
    private enum Encrypted {
        ASKED {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                ask(plain);
            }
        },
        HALF_A_HELLO {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                ask(plain);
                byte[] hello = hello(context);
                plain.getOutputStream().write(hello, 0, hello.length / 2);
            }
        },
        A_HELLO {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                ask(plain);
                plain.getOutputStream().write(hello(context));
            }
        },
        A_HELLO_AT_ONCE {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                plain.getOutputStream().write(hello(context));
            }
        },
        ENCRYPTED {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                encrypt(plain, context);
            }
        },
        HALF_A_START_UP_PACKET {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                encrypt(plain, context).getOutputStream().write(STARTUP, 0, STARTUP.length / 2);
            }
        },
        STARTED {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                encrypt(plain, context).getOutputStream().write(STARTUP);
            }
        },
        STARTED_AND_A_QUERY {
            @Override
            void reach(Socket plain, SSLContext context) throws IOException {
                SSLSocket encrypted = encrypt(plain, context);
                encrypted.getOutputStream().write(STARTUP);
                encrypted.getOutputStream().write(Frontend.query("SELECT 1"));
            }
        };

        private static final byte[] STARTUP =
                Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);

        abstract void reach(Socket plain, SSLContext context) throws IOException;

        private static void ask(Socket plain) throws IOException {
            plain.getOutputStream().write(Frontend.sslRequest());
            assertThat(plain.getInputStream().read()).isEqualTo('S');
        }

        private static byte[] hello(SSLContext context) throws IOException {
            SSLEngine engine = context.createSSLEngine("localhost", 5432);
            engine.setUseClientMode(true);
            ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(ByteBuffer.allocate(0), hello);
            byte[] bytes = new byte[hello.flip().remaining()];
            hello.get(bytes);
            return bytes;
        }

        private static SSLSocket encrypt(Socket plain, SSLContext context) throws IOException {
            return TlsTunnel.encrypt(plain, context.getSocketFactory(), false);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingStaysOfOneWithACertificate(Encrypted moment) throws IOException {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        SSLContext mine = pki.context(pki.client("CN=" + TestPostgres.USER));
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.CERT)
                        .tls(tls -> tls.certificate(server.certificate(), server.key())
                                .trust(pki.trust())
                                .mode(TlsMode.PREFER))
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, POSTGRES).maxConnections(1)));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), mine)) {
            for (Departure way : Departure.WITHOUT_A_WORD) {
                String which = moment + ", " + way;
                try (Socket plain = new Socket(
                        pooler.address().getAddress(), pooler.address().getPort())) {
                    moment.reach(plain, mine);
                    switch (way) {
                        case HALF_CLOSE -> plain.shutdownOutput();
                        case RESET -> {
                            plain.setSoLinger(true, 0);
                            plain.close();
                        }
                        default -> plain.close();
                    }
                    awaitNoClients(pooler, which);
                }
                try (WireClient next = WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
                    assertThat(next.value("SELECT 'next'")).as(which).isEqualTo("next");
                }
                awaitNoClients(pooler, which);
            }
            awaitNothingKept(known);
            assertThat(log.lines()).noneMatch(VanishingLoginIT::isWarning);
        }
    }

    // ---- unix sockets

    @Test
    void nothingStaysOfOneWhomTheSystemKnows() throws IOException {
        byte[] startup =
                Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);
        byte[] owner = Frontend.startup(Frontend.PROTOCOL_3_0, "user", "pgbouncer", "database", "pgbouncer");
        Path hba = Files.writeString(directory.resolve("hba.conf"), "local all all peer map=me\n");
        Path ident = Files.writeString(
                directory.resolve("ident.conf"),
                "me " + System.getProperty("user.name") + " " + TestPostgres.USER + "\n");
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(builder -> builder.unixSocketDirectory(directory)
                        .hbaFile(hba)
                        .identFile(ident)
                        .ownerIsAdmin(true)
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, POSTGRES).maxConnections(1)))) {
            UnixDomainSocketAddress socket = UnixDomainSocketAddress.of(
                    directory.resolve(".s.PGSQL." + pooler.address().getPort()));
            for (byte[] packet : new byte[][] {startup, owner}) {
                for (int length : new int[] {0, packet.length / 2, packet.length}) {
                    for (Departure way : Departure.WITHOUT_A_WORD) {
                        String which = length + " bytes, " + way;
                        try (WireClient client = WireClient.connect(socket)) {
                            client.sendRaw(packet, 0, length);
                            way.end(client);
                            awaitNoClients(pooler, which);
                        }
                        try (WireClient next = WireClient.login(socket, TestPostgres.USER, TestPostgres.DATABASE)) {
                            assertThat(next.value("SELECT 'next'")).as(which).isEqualTo("next");
                        }
                        awaitNoClients(pooler, which);
                    }
                }
            }
            awaitNothingKept(known);
            assertThat(log.lines()).noneMatch(VanishingLoginIT::isWarning);
        }
    }

    private static void awaitNoClients(TestPooler pooler, String which) {
        await().atMost(Wire.PATIENCE)
                .alias(which)
                .until(() -> pooler.pool().clients().isEmpty());
    }

    private static void awaitNothingKept(int known) {
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known));
    }

    private static boolean isWarning(String line) {
        return line.startsWith("WARN") || line.startsWith("ERROR");
    }
}
