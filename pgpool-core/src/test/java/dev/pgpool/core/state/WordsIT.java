package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.ServerSession;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients are told of connections that fail is what PostgreSQL's programs say, whatever library has noticed. */
class WordsIT {
    private static final List<String> OF_LIBRARIES = List.of(
            "netty",
            "java.",
            "finishConnect",
            "failed with error",
            "recvAddress",
            "Exception",
            "PKIX",
            "sun.security",
            "certpath",
            "SSLEngine",
            "not an SSL/TLS record",
            "handshake timed out");

    @TempDir
    Path directory;

    private static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a client is told that can't be served. */
    private static String told(Consumer<DatabaseBuilder> settings) {
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(TestPostgres.DATABASE, db -> {
                    db.connectRetryDelay(Duration.ofMillis(50)).waitTimeout(Duration.ofMillis(500));
                    settings.accept(db);
                }));
                WireClient client = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            String told = client.readUntilClosed().toString();
            assertThat(told).startsWith("[ErrorResponse").doesNotContain(OF_LIBRARIES.toArray(String[]::new));
            return told;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost", "::1"})
    void refusedConnection(String host) {
        int port = freePort();
        assertThat(told(db -> db.host(host).port(port)))
                .contains("Connection refused", "at \"" + host + "\"", "port " + port);
    }

    @Test
    void severalHosts() {
        int one = freePort();
        int two = freePort();
        assertThat(told(db -> db.hosts("127.0.0.1:" + one, "localhost:" + two)))
                .contains("127.0.0.1:" + one + " (127.0.0.1): Connection refused", "localhost:" + two);
    }

    @Test
    void unixSocketThatIsNotThere() throws IOException {
        assertThat(told(db -> db.host(directory.toString()).port(5_432)))
                .contains("on socket \"" + directory.resolve(".s.PGSQL.5432"), "No such file or directory");
        Files.createFile(directory.resolve(".s.PGSQL.5433"));
        assertThat(told(db -> db.host(directory.toString()).port(5_433)))
                .contains("on socket \"" + directory.resolve(".s.PGSQL.5433"), "Connection refused");
        assertThat(told(db ->
                        db.host(directory.resolve("x".repeat(200)).toString()).port(5_432)))
                .contains("on socket");
    }

    @Test
    void nameThatCanNotBeLookedUp() {
        assertThat(told(db -> db.host("no-such-host.invalid").port(5_432)))
                .contains("could not translate host name", "at \"no-such-host.invalid\"");
    }

    @Test
    void serverThatResetsOrClosesInTheMiddle() {
        try (ScriptedServer resets = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.reset();
                });
                ScriptedServer closes = ScriptedServer.start(session -> session.readStartup())) {
            for (ScriptedServer server : List.of(resets, closes)) {
                assertThat(told(db -> db.host("127.0.0.1").port(server.port()).tls(tls -> tls.mode(TlsMode.DISABLE))))
                        .contains("server closed the connection");
            }
        }
    }

    @Test
    void serverThatIsLostUnderAQuery() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.expect("Q");
                    session.reset();
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient client = pooler.login()) {
            client.query("SELECT 1").send();
            assertThat(client.readUntilClosed().toString())
                    .contains("08006", "server closed the connection unexpectedly")
                    .doesNotContain(OF_LIBRARIES.toArray(String[]::new));
        }
    }

    /** Whatever comes, until the pooler loses patience. */
    private static void readToTheEnd(ServerSession session) {
        boolean more = true;
        while (more) {
            more = readOrGone(session, 1);
        }
    }

    private static boolean readOrGone(ServerSession session, int bytes) {
        try {
            return session.readRaw(bytes).length == bytes;
        } catch (EOFException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void handshakesThatFail(boolean nativeLibrary) {
        try (ScriptedServer garbage = ScriptedServer.start(session -> {
                    session.readRaw(8);
                    session.send("Sthis is no TLS, whatever it is".getBytes(StandardCharsets.US_ASCII));
                    readToTheEnd(session);
                });
                ScriptedServer hangsUp = ScriptedServer.start(session -> {
                    session.readRaw(8);
                    session.send(new byte[] {'S'});
                    readOrGone(session, 20);
                });
                ScriptedServer direct = ScriptedServer.start(session -> {
                    readOrGone(session, 20);
                    session.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    readToTheEnd(session);
                });
                ScriptedServer silent = ScriptedServer.start(session -> {
                    session.readRaw(8);
                    session.send(new byte[] {'S'});
                    readToTheEnd(session);
                })) {
            for (ScriptedServer server : List.of(garbage, hangsUp, direct, silent)) {
                told(db -> db.host("127.0.0.1")
                        .port(server.port())
                        .connectTimeout(Duration.ofMillis(300))
                        .tls(tls -> tls.mode(TlsMode.REQUIRE)
                                .nativeLibrary(nativeLibrary)
                                .negotiation(server == direct ? TlsNegotiation.DIRECT : TlsNegotiation.POSTGRES)));
            }
        }
    }

    /** How a host's store may fail. */
    enum BrokenStore {
        THROWS {
            @Override
            CompletionStage<Optional<Credential>> find() {
                throw new IllegalStateException("https://vault.internal answers token=" + SECRET);
            }
        },
        HAS_A_BUG {
            @Override
            CompletionStage<Optional<Credential>> find() {
                throw new NullPointerException("Cannot invoke \"String.length()\" because " + SECRET + " is null");
            }
        },
        FAILS {
            @Override
            CompletionStage<Optional<Credential>> find() {
                return CompletableFuture.failedFuture(new IOException("403 for " + SECRET + "\nsecond line"));
            }
        },
        ANSWERS_NULL {
            @Override
            @SuppressWarnings("NullAway")
            CompletionStage<Optional<Credential>> find() {
                return null;
            }
        };

        static final String SECRET = "hunter2";

        abstract CompletionStage<Optional<Credential>> find();
    }

    /** What a store says of its failure may name what is no business of clients. */
    @ParameterizedTest
    @EnumSource
    void whatAStoreSaysOfItsFailureIsForTheLog(BrokenStore store) {
        for (ClientAuthentication method : List.of(ClientAuthentication.TRUST, ClientAuthentication.SCRAM_SHA_256)) {
            try (LogCapture log = LogCapture.everything();
                    TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(method)
                            .credentials((database, user) -> store.find())
                            .database(TestPostgres.DATABASE, db -> TestPooler.at(db, TestPostgres.shared(18))));
                    WireClient client = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(client.readUntilClosed().toString())
                        .contains("FATAL", "could not look up the", "See the log of the pooler")
                        .doesNotContain(BrokenStore.SECRET, "null")
                        .doesNotContain(OF_LIBRARIES.toArray(String[]::new));
                assertThat(log.lines())
                        .filteredOn(line -> line.contains("WARN") && line.contains("lookup"))
                        .singleElement()
                        .asString()
                        .contains(store == BrokenStore.ANSWERS_NULL ? "null" : BrokenStore.SECRET);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void certificatesThatAreNotTrusted(boolean nativeLibrary) {
        TestPki right = new TestPki(directory, "right");
        TestPki wrong = new TestPki(directory, "wrong");
        TestPki.Issued server = right.server("elsewhere.example", made -> made);
        try (TestPostgres postgres = TestPostgres.fresh(
                18,
                Map.of(
                        "ssl", "on",
                        "ssl_cert_file", server.certificate().toString(),
                        "ssl_key_file", server.key().toString()))) {
            String unknown = told(db -> TestPooler.at(db, postgres)
                    .waitTimeout(Duration.ofSeconds(30))
                    .tls(tls -> tls.mode(TlsMode.VERIFY_CA).trust(wrong.trust()).nativeLibrary(nativeLibrary)));
            String otherName = told(db -> TestPooler.at(db, postgres)
                    .waitTimeout(Duration.ofSeconds(30))
                    .tls(tls ->
                            tls.mode(TlsMode.VERIFY_FULL).trust(right.trust()).nativeLibrary(nativeLibrary)));
            assertThat(unknown).contains("08004", "SSL error: ", "certificate");
            assertThat(otherName).contains("08004", "SSL error: ", "127.0.0.1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-S", "-S 5", "-D /tmp", "--", "-c", "-c nothing", "work_mem=1"})
    void optionThatIsRefusedSaysWhichAndWhy(String options) {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(TestPostgres.shared(18), 1);
                WireClient client =
                        pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE, "options", options)) {
            String first = options.split(" ", 2)[0];
            assertThat(client.readUntilClosed().toString()).contains("42601", first, "-c name=value");
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("client refused"))
                    .singleElement()
                    .asString()
                    .contains("invalid command-line argument", first, "-c name=value", "user=" + TestPostgres.USER);
        }
    }
}
