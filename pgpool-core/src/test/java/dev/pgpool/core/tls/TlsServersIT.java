package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.WireClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS towards a real PostgreSQL that has it, by Java's engine and by BoringSSL. */
@ParameterizedClass(name = "native={0}")
@ValueSource(booleans = {false, true})
class TlsServersIT {

    @TempDir
    private static Path directory;

    private static TestPki pki;
    private static TestPostgres postgres;

    private final boolean nativeLibrary;

    TlsServersIT(boolean nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
    }

    @BeforeAll
    static void startServer() {
        pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        postgres = TestPostgres.fresh(18, encrypting(server, pki));
        postgres.execute(
                "CREATE ROLE only_tls LOGIN",
                "CREATE ROLE only_clear LOGIN",
                "CREATE ROLE alice LOGIN",
                "CREATE ROLE bound LOGIN PASSWORD 'sesame'",
                "CREATE ROLE hashed LOGIN",
                "SET password_encryption = 'md5'",
                "ALTER ROLE hashed PASSWORD 'sesame'",
                "GRANT ALL ON DATABASE app TO only_tls, only_clear, alice, bound, hashed");
        postgres.addHbaEntry("""
                hostssl all only_tls 127.0.0.1/32 trust
                hostnossl all only_tls 127.0.0.1/32 reject
                hostnossl all only_clear 127.0.0.1/32 trust
                hostssl all only_clear 127.0.0.1/32 reject
                hostssl all alice 127.0.0.1/32 cert
                hostssl all bound 127.0.0.1/32 scram-sha-256
                hostnossl all bound 127.0.0.1/32 scram-sha-256
                host all hashed 127.0.0.1/32 md5""");
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    static Map<String, String> encrypting(TestPki.Issued server, TestPki clients) {
        Map<String, String> settings = new HashMap<>();
        settings.put("ssl", "on");
        settings.put("ssl_cert_file", server.certificate().toString());
        settings.put("ssl_key_file", server.key().toString());
        settings.put("ssl_ca_file", clients.trust().toString());
        return settings;
    }

    private TestPooler pooler(Consumer<DatabaseBuilder> more, Consumer<TlsBuilder> tls) {
        return TestPooler.start(builder -> builder.database(TestPostgres.DATABASE, db -> {
            TestPooler.at(db, postgres).databaseName(TestPostgres.DATABASE);
            db.tls(settings -> tls.accept(settings.nativeLibrary(nativeLibrary)));
            more.accept(db);
        }));
    }

    /** What the server says of the connection that serves us. */
    private static String isEncrypted(WireClient client) {
        return client.value(
                "SELECT ssl::text || ' ' || coalesce(version, '-') FROM pg_stat_ssl" + " WHERE pid = pg_backend_pid()");
    }

    /** The connections are in all stages of their handshake when the loops end; the leak detector judges. */
    @RepeatedTest(40)
    void handshakesEndWithThePooler(RepetitionInfo repetition) {
        TestPooler pooler = pooler(db -> db.maxConnections(4), tls -> tls.mode(TlsMode.REQUIRE));
        try (WireClient one = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE);
                WireClient other = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            LockSupport.parkNanos(250_000L * repetition.getCurrentRepetition());
            pooler.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DISABLE, false -",
        "ALLOW, false -",
        "PREFER, true TLSv1.3",
        "REQUIRE, true TLSv1.3",
        "VERIFY_CA, true TLSv1.3",
        "VERIFY_FULL, true TLSv1.3"
    })
    void theModeDecides(TlsMode mode, String seen) {
        try (TestPooler pooler = pooler(db -> {}, tls -> {
                    tls.mode(mode);
                    if (mode.isVerified()) {
                        tls.trust(pki.trust());
                    }
                });
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo(seen);
        }
    }

    @Test
    void preferIsTheDefault() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("true TLSv1.3");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void theProtocolIsChosen(String protocol) {
        try (TestPooler pooler = pooler(db -> {}, tls -> tls.protocols(protocol));
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("true " + protocol);
        }
    }

    @Test
    void theCipherSuiteIsChosen() {
        try (TestPooler pooler = pooler(
                        db -> {},
                        tls -> tls.protocols("TLSv1.2").cipherSuites("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                    .isEqualTo("ECDHE-ECDSA-AES256-GCM-SHA384");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"REQUIRE", "VERIFY_CA", "VERIFY_FULL"})
    void directTlsSavesTheQuestion(TlsMode mode) {
        try (TestPooler pooler = pooler(db -> {}, tls -> {
                    tls.mode(mode).negotiation(TlsNegotiation.DIRECT);
                    if (mode.isVerified()) {
                        tls.trust(pki.trust());
                    }
                });
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("true TLSv1.3");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelTakesTheSameWay(boolean direct) {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = pooler(
                        db -> db.port(network.port()),
                        tls -> tls.mode(TlsMode.REQUIRE)
                                .negotiation(direct ? TlsNegotiation.DIRECT : TlsNegotiation.POSTGRES));
                WireClient client = pooler.login()) {
            String sleep = "SELECT pg_sleep(600) -- " + TestPostgres.uniqueName("cancel");
            client.query(sleep).send();
            assertThat(postgres.awaitQuery(sleep)).isPositive();
            try (WireClient cancel = client.cancel(pooler.address())) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("57014"));
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
            assertThat(network.openings())
                    .as(
                            "the key is not sent in clear; a server being cancelled is given to nobody, so there may be another")
                    .hasSizeBetween(2, 3)
                    .allSatisfy(opening ->
                            assertThat(opening).startsWith(direct ? new byte[] {0x16} : Frontend.sslRequest()));
        }
    }

    @Test
    void allowTurnsToTlsWhereTheRulesWantIt() {
        try (TestPooler pooler = pooler(db -> db.user("only_tls"), tls -> tls.mode(TlsMode.ALLOW));
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("true TLSv1.3");
        }
    }

    @Test
    void preferTurnsToClearWhereTheRulesWantIt() {
        try (TestPooler pooler = pooler(db -> db.user("only_clear"), tls -> tls.mode(TlsMode.PREFER));
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("false -");
        }
    }

    @ParameterizedTest
    @CsvSource({"DISABLE, only_tls", "REQUIRE, only_clear"})
    void otherModesTakeTheRefusalOfTheRules(TlsMode mode, String user) {
        try (TestPooler pooler = pooler(db -> db.user(user), tls -> tls.mode(mode))) {
            assertThat(refusal(pooler)).contains("28000", "pg_hba.conf rejects connection");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"PREFER", "REQUIRE", "VERIFY_CA", "VERIFY_FULL"})
    void aServerOfAnotherAuthorityIsRefusedWhereTrustIsGiven(TlsMode mode) {
        TestPki other = new TestPki(directory, "other");
        try (TestPooler pooler = pooler(db -> {}, tls -> tls.mode(mode).trust(other.trust()))) {
            assertThat(refusal(pooler)).contains("08004", "SSL error", "at \"127.0.0.1\", port " + postgres.port());
        }
    }

    @Test
    void theHostNameIsCheckedWithVerifyFullOnly() {
        TestPki.Issued elsewhere = pki.server("elsewhere.example", b -> b);
        try (TestPostgres misnamed = TestPostgres.fresh(18, encrypting(elsewhere, pki))) {
            try (TestPooler pooler = at(misnamed, TlsMode.VERIFY_CA);
                    WireClient client = pooler.login()) {
                assertThat(isEncrypted(client)).isEqualTo("true TLSv1.3");
            }
            try (TestPooler pooler = at(misnamed, TlsMode.VERIFY_FULL)) {
                assertThat(refusal(pooler)).contains("08004", "SSL error");
            }
        }
    }

    private TestPooler at(TestPostgres server, TlsMode mode) {
        return TestPooler.start(builder -> builder.database(
                TestPostgres.DATABASE,
                db -> db.host("localhost")
                        .port(server.port())
                        .tls(tls -> tls.mode(mode).trust(pki.trust()).nativeLibrary(nativeLibrary))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1"})
    void namesAndAddressesOfTheCertificateAreAccepted(String host) {
        try (TestPooler pooler = pooler(
                        db -> db.host(host),
                        tls -> tls.mode(TlsMode.VERIFY_FULL).trust(pki.trust()));
                WireClient client = pooler.login()) {
            assertThat(isEncrypted(client)).isEqualTo("true TLSv1.3");
        }
    }

    @Test
    void eachOfSeveralHostsIsCheckedByItsOwnName() {
        TestPki.Issued byName = pki.server("localhost", b -> b);
        TestPki.Issued byAddress = pki.issue(
                TestPki.certificate("CN=server").addSanIpAddress("127.0.0.1").addExtendedKeyUsageServerAuth());
        try (TestPostgres one = TestPostgres.fresh(18, encrypting(byName, pki));
                TestPostgres two = TestPostgres.fresh(18, encrypting(byAddress, pki));
                TestPooler pooler = TestPooler.start(builder -> builder.database(
                        TestPostgres.DATABASE,
                        db -> db.hosts("localhost:" + one.port(), "127.0.0.1:" + two.port())
                                .maxConnections(2)
                                .tls(tls -> tls.mode(TlsMode.VERIFY_FULL)
                                        .trust(pki.trust())
                                        .nativeLibrary(nativeLibrary))));
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.run("BEGIN");
            second.run("BEGIN");
            assertThat(List.of(
                            String.valueOf(first.value("SELECT inet_server_port()")),
                            String.valueOf(second.value("SELECT inet_server_port()"))))
                    .containsExactlyInAnyOrder(String.valueOf(one.port()), String.valueOf(two.port()));
        }
    }

    @Test
    void ourCertificateLetsUsIn() {
        TestPki.Issued alice = pki.client("CN=alice");
        try (TestPooler pooler =
                        pooler(db -> db.user("alice"), tls -> tls.certificate(alice.certificate(), alice.key()));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                    .isEqualTo("/CN=alice");
        }
    }

    @Test
    void aServerWithoutTlsIsRefusedWhereTlsIsRequired() {
        TestPostgres plain = TestPostgres.shared(18);
        try (TestPooler pooler = TestPooler.start(plain, 1, db -> db.tls(tls -> tls.mode(TlsMode.REQUIRE)))) {
            assertThat(refusal(pooler)).contains("08004", "server does not support SSL, but SSL was required");
        }
        try (TestPooler pooler = TestPooler.start(
                plain,
                1,
                db -> db.waitTimeout(Duration.ofSeconds(1))
                        .tls(tls -> tls.mode(TlsMode.REQUIRE).negotiation(TlsNegotiation.DIRECT)))) {
            assertThat(refusal(pooler))
                    .contains("query_wait_timeout", "server closed the connection during the handshake");
        }
    }

    @ParameterizedTest
    @EnumSource(ChannelBinding.class)
    void scramIsBoundToTheConnection(ChannelBinding binding) {
        try (TestPooler pooler = pooler(
                        db -> db.user("bound").password("sesame"),
                        tls -> tls.mode(TlsMode.REQUIRE).channelBinding(binding));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT current_user::text")).isEqualTo("bound");
        }
    }

    @Test
    void withoutTlsNothingIsBound() {
        try (TestPooler pooler = pooler(db -> db.user("bound").password("sesame"), tls -> tls.mode(TlsMode.DISABLE));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT current_user::text")).isEqualTo("bound");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "hashed, channel binding required but not supported by server's authentication request",
        "only_tls, 'channel binding required, but server authenticated client without channel binding'"
    })
    void requireTakesNoOtherWayIn(String user, String words) {
        try (TestPooler pooler = pooler(
                db -> db.user(user).password("sesame"),
                tls -> tls.mode(TlsMode.REQUIRE).channelBinding(ChannelBinding.REQUIRE))) {
            assertThat(refusal(pooler)).contains("28000", words);
        }
    }

    private static String refusal(TestPooler pooler) {
        try (WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            Message last = client.authenticate("");
            while (!last.isError()) {
                last = client.read();
            }
            return last.toString();
        }
    }
}
