package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The vulnerabilities that PgBouncer has had, one test each. More of the same kinds is in {@code HostileBytesIT}, {@code
 * TlsHostileServerIT}, {@code AuthQueryIT} and the tests of {@code internal.auth}.
 */
@OnEveryPostgres
class CveIT {

    private final TestPostgres postgres;

    CveIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** A database name that is too long crashed the process, where any name was served. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128, 1_000, 9_900, 9_970, 20_000})
    void cve_2012_4575(int length) {
        try (TestPooler pooler = TestPooler.start(builder -> builder.database("*", db -> TestPooler.at(db, postgres)));
                WireClient bystander = pooler.login();
                WireClient attacker = pooler.connect()) {
            attacker.startup(TestPostgres.USER, "x".repeat(length));
            List<String> answers = attacker.readUntilClosed();
            if (length > 10_000) {
                // longer than a start-up packet may be: PostgreSQL says nothing
                assertThat(answers).isEmpty();
            } else {
                assertThat(answers).last().asString().matches("ErrorResponse S \"FATAL\" C \"(3D000|08P01)\" .*");
            }
            assertThat(bystander.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    /** A password before the start-up packet crashed the process. */
    @Test
    void cve_2015_4054() {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "password", "ann", "secret");
                WireClient attacker = pooler.connect()) {
            attacker.sendRaw(Frontend.password("secret"));
            attacker.halfClose();
            assertThat(attacker.readUntilClosed())
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(line -> line.startsWith("ErrorResponse S \"FATAL\" C \"08P01\""));
            try (WireClient client = pooler.connect()) {
                client.startup("ann", TestPostgres.DATABASE);
                assertThat(client.read(1)).containsExactly("Authentication 3");
            }
        }
    }

    /** With an auth_user, an unknown user was logged in as that one. */
    @Test
    void cve_2015_6817() {
        String asker = asker();
        for (String query : List.of(
                "SELECT usename, passwd FROM pg_shadow WHERE usename = $1",
                // even if the query is so careless as to answer for somebody else
                "SELECT usename, passwd FROM pg_shadow WHERE usename = $1 OR usename = '" + asker + "'")) {
            try (TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(
                            ClientAuthentication.SCRAM_SHA_256)
                    .authQuery(auth -> auth.user(asker).password("the asker's").query(query))
                    .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
                for (String password : List.of("the asker's", "", "x")) {
                    assertThat(refusal(pooler, "nobody", password))
                            .contains("C \"28P01\" M \"password authentication failed for user \"nobody\"");
                }
            }
        }
    }

    /** What was sent in clear behind the request for TLS was read as if it had been encrypted. */
    @Test
    void cve_2021_3935(@TempDir Path directory) {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        try (TestPooler pooler = TestPooler.start(builder -> builder.tls(
                                tls -> tls.certificate(server.certificate(), server.key())
                                        .mode(TlsMode.REQUIRE))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
                WireClient attacker = pooler.connect()) {
            byte[] startup = Frontend.startup(
                    Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);
            byte[] request = Frontend.sslRequest();
            attacker.sendRaw(ByteBuffer.allocate(request.length + startup.length)
                    .put(request)
                    .put(startup)
                    .array());
            assertThat(attacker.readUntilClosed())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "ErrorResponse S \"FATAL\" C \"08P01\" M \"received unencrypted data after SSL request\"");
            assertThat(pooler.snapshot().pools()).isEmpty();
        }
    }

    /** The default auth_query let in whose password had expired. */
    @Test
    void cve_2025_2291() {
        String asker = asker();
        String role = postgres.createRole("scram-sha-256", "secret");
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .authQuery(auth -> auth.user(asker).password("the asker's"))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
            try (WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE).awaitLogin("secret");
            }
            postgres.execute("ALTER ROLE " + role + " VALID UNTIL 'yesterday'");
            assertThat(refusal(pooler, role, "secret")).contains("C \"28P01\"");
        }
    }

    /** A search_path in the start-up packet reached the auth_query connection: a stranger's SQL ran as the auth_user. */
    @Test
    void cve_2025_12819() {
        String asker = asker();
        String role = postgres.createRole("scram-sha-256", "secret");
        postgres.execute(
                "CREATE SCHEMA IF NOT EXISTS evil",
                "GRANT USAGE ON SCHEMA evil TO PUBLIC",
                "DROP TABLE IF EXISTS evil.pg_shadow",
                "CREATE TABLE evil.pg_shadow AS SELECT usename, 'the attacker''s'::text AS passwd FROM pg_shadow",
                "GRANT SELECT ON evil.pg_shadow TO PUBLIC");
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .authQuery(auth -> auth.user(asker)
                                .password("the asker's")
                                .query("SELECT usename, passwd FROM pg_shadow WHERE usename = $1"))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
            for (String[] settings : new String[][] {
                {"search_path", "evil, pg_catalog"},
                {"options", "-c search_path=evil,pg_catalog"},
                {"options", "--search_path=evil,pg_catalog"}
            }) {
                try (WireClient attacker = pooler.connect()) {
                    assertThat(attacker.startup(role, TestPostgres.DATABASE, settings)
                                    .authenticate("the attacker's")
                                    .toString())
                            .contains("C \"28P01\"");
                }
                try (WireClient honest = pooler.connect()) {
                    honest.startup(role, TestPostgres.DATABASE, settings).awaitLogin("secret");
                    assertThat(honest.value("SHOW search_path")).isEqualTo(settings[1].replaceFirst(".*=", ""));
                }
            }
        }
    }

    /** Lengths that overflow passed the check of bounds; a malformed SCRAM message crashed the process. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "70" + "00000003", // shorter than itself
                "70" + "00000000",
                "70" + "ffffffff", // negative
                "70" + "80000000",
                "70" + "7fffffff", // two gigabytes
                "70" + "00000004", // no mechanism
                "70" + "00000011" + "534352414d2d5348412d323536", // a mechanism that does not end
                "70" + "00000016" + "534352414d2d5348412d323536" + "00" + "7fffffff", // a response that is not there
                "70" + "00000016" + "534352414d2d5348412d323536" + "00" + "80000000", // a negative one
                "70" + "00000017" + "534352414d2d5348412d323536" + "00" + "00000001" + "6e", // one that says nothing
                "70" + "0000001b" + "534352414d2d5348412d323536" + "00" + "00000005" + "6e2c2c6e3d" // half of one
            })
    void cve_2026_6664(String hex) {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", "ann", "secret");
                WireClient attacker = pooler.connect()) {
            attacker.startup("ann", TestPostgres.DATABASE);
            assertThat(attacker.read(1)).containsExactly("Authentication 10");
            attacker.sendRaw(HexFormat.of().parseHex(hex));
            attacker.halfClose();
            assertThat(attacker.readUntilClosed())
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(line -> line.matches("ErrorResponse S \"FATAL\" C \"(08P01|28P01)\" .*"));
            assertThat(refusal(pooler, "ann", "wrong")).contains("C \"28P01\"");
        }
    }

    /** A server with a nonce or salt that is too long overflowed the pooler's stack. */
    @ParameterizedTest
    @ValueSource(ints = {500, 990, 1_100, 9_900, 100_000, 10_000_000})
    void cve_2026_6665(int length) {
        for (boolean inSalt : new boolean[] {false, true}) {
            try (ScriptedServer server = ScriptedServer.start(session -> {
                        session.readStartup();
                        session.send(
                                Backend.authentication(10, "SCRAM-SHA-256\0\0".getBytes(StandardCharsets.US_ASCII)));
                        String first = text(session.read());
                        String nonce = first.substring(first.indexOf("r=") + 2);
                        String answer = inSalt
                                ? "r=" + nonce + "x,s=" + "QUFB".repeat(length / 4) + ",i=4096"
                                : "r=" + nonce + "x".repeat(length) + ",s=QUFB,i=4096";
                        try {
                            session.send(Backend.authentication(11, answer.getBytes(StandardCharsets.US_ASCII)));
                        } catch (UncheckedIOException closedOnUs) {
                            assertThat(length).isGreaterThan(9_000);
                        }
                    });
                    TestPooler pooler = TestPooler.start(builder -> builder.database(
                            TestPostgres.DATABASE,
                            db -> db.host("127.0.0.1")
                                    .port(server.port())
                                    .user("ann")
                                    .password("secret")
                                    .waitTimeout(Duration.ofSeconds(1))));
                    WireClient client = pooler.connect()) {
                client.startup("ann", TestPostgres.DATABASE);
                assertThat(client.readUntilClosed())
                        .last()
                        .asString()
                        .startsWith("ErrorResponse S \"FATAL\"")
                        .doesNotContain("xxxxxxxxxxxxxxxxxxxx");
            }
        }
    }

    /** An ErrorResponse without a SQLSTATE crashed the process. */
    @Test
    void cve_2026_6666() {
        byte[] noCode = Backend.message('E', "SFATAL\0Mno code\0\0".getBytes(StandardCharsets.US_ASCII));
        byte[] nothing = Backend.message('E', new byte[] {0});
        byte[] notEvenAnEnd = Backend.message('E', new byte[0]);
        for (byte[] error : List.of(noCode, nothing, notEvenAnEnd)) {
            try (ScriptedServer server = ScriptedServer.start(
                            session -> {
                                session.readStartup();
                                session.send(error);
                            },
                            session -> {
                                session.login();
                                session.expect("Q").send(error);
                            },
                            session -> {
                                session.login();
                                session.serve();
                            });
                    TestPooler pooler = TestPooler.start(server, 1)) {
                try (WireClient client = pooler.connect()) {
                    client.startup(TestPostgres.USER, TestPostgres.DATABASE);
                    assertThat(client.readUntilClosed()).last().asString().startsWith("ErrorResponse S \"FATAL\"");
                }
                org.awaitility.Awaitility.await().until(() -> logsIn(pooler));
                try (WireClient client = pooler.login()) {
                    client.query("SELECT 1").send();
                    // the error as it came, or nothing, but never a crash
                    assertThat(client.read().toString()).startsWith("ErrorResponse");
                }
                try (WireClient client = pooler.login()) {
                    assertThat(client.value("alive")).isEqualTo("alive");
                }
            }
        }
    }

    /**
     * Who was no administrator could end clients from the console. Here nobody gets in who is not named, and who may only
     * look is refused everything else (ConsoleIT).
     */
    @ParameterizedTest
    @ValueSource(strings = {"pgbouncer", "pgpool"})
    void cve_2026_6667(String console) {
        try (TestPooler pooler =
                        TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                                .credentials(CredentialStore.of(Map.of("ann", "secret")))
                                .database(
                                        TestPostgres.DATABASE,
                                        db -> TestPooler.at(db, postgres).user(TestPostgres.USER)));
                WireClient victim = pooler.connect();
                WireClient attacker = pooler.connect()) {
            victim.startup("ann", TestPostgres.DATABASE).awaitLogin("secret");
            attacker.startup("ann", console);
            String answer = attacker.authenticate("secret").toString();
            assertThat(answer)
                    .startsWith("ErrorResponse S \"FATAL\" C \"42501\" M \"permission denied for the admin console:"
                            + " user \"ann\"\"");
            assertThat(attacker.isClosedByPeer()).isTrue();
            // and what the console would understand is SQL for the server elsewhere
            for (String command : List.of("KILL_CLIENT 1", "KILL app", "SHUTDOWN", "PAUSE", "RELOAD")) {
                assertThat(victim.query(command).exchange()).anyMatch(line -> line.contains("C \"42601\""));
            }
            assertThat(victim.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    // ---- helpers

    private String asker() {
        String name = postgres.createRole("scram-sha-256", "the asker's");
        postgres.execute("ALTER ROLE " + name + " SUPERUSER");
        return name;
    }

    private static boolean logsIn(TestPooler pooler) {
        try (WireClient client = pooler.connect()) {
            return !client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                    .authenticate("")
                    .isError();
        }
    }

    private static String refusal(TestPooler pooler, String role, String password) {
        try (WireClient client = pooler.connect()) {
            Message answer = client.startup(role, TestPostgres.DATABASE).authenticate(password);
            return answer.toString();
        }
    }

    private static String text(Message message) {
        return StandardCharsets.UTF_8.decode(ByteBuffer.wrap(message.body())).toString();
    }
}
