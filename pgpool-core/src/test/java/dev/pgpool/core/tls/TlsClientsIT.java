package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS from clients, by Java's engine and by BoringSSL. */
@ParameterizedClass(name = "native={0}")
@ValueSource(booleans = {false, true})
class TlsClientsIT {

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    private final boolean nativeLibrary;

    @TempDir
    Path directory;

    private TestPki pki;
    private TestPki.Issued server;

    TlsClientsIT(boolean nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
    }

    @BeforeEach
    void makeCertificates() {
        pki = new TestPki(directory, "authority");
        server = pki.localhost();
    }

    private TestPooler pooler(Consumer<TlsBuilder> tls) {
        return TestPooler.start(builder -> builder.tls(settings -> tls.accept(
                        settings.certificate(server.certificate(), server.key()).nativeLibrary(nativeLibrary)))
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES)));
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"ALLOW", "PREFER", "REQUIRE"})
    void anEncryptedClientIsServed(TlsMode mode) {
        try (TestPooler pooler = pooler(tls -> tls.mode(mode));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
            assertThat(tunnel.encrypted().get(0).getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"ALLOW", "PREFER"})
    void aClientInClearIsServedWhereTlsIsNotRequired(TlsMode mode) {
        try (TestPooler pooler = pooler(tls -> tls.mode(mode));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"REQUIRE", "VERIFY_CA", "VERIFY_FULL"})
    void aClientInClearIsRefusedWhereTlsIsRequired(TlsMode mode) {
        try (TestPooler pooler = pooler(tls -> tls.mode(mode).trust(pki.trust()));
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            assertThat(client.readUntilClosed()).singleElement().asString().contains("FATAL", "28000", "SSL required");
        }
    }

    @Test
    void withoutTlsTheAnswerIsNo() {
        try (TestPooler pooler = TestPooler.start(POSTGRES, 1);
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("");
        }
    }

    @Test
    void directTlsIsServed() {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                TlsTunnel tunnel = TlsTunnel.directlyTo(pooler.address(), pki.context(null));
                WireClient client = WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
            assertThat(tunnel.encrypted().get(0).getApplicationProtocol()).isEqualTo("postgresql");
        }
    }

    @Test
    void directTlsWithoutAlpnIsClosedWithoutAWord() throws IOException {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                Socket plain = connect(pooler);
                SSLSocket socket = encrypted(plain, new String[0])) {
            assertThat(isOver(socket)).isTrue();
        }
    }

    @Test
    void directTlsForAnotherProtocolIsRefused() throws IOException {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                Socket plain = connect(pooler)) {
            boolean refused;
            try (SSLSocket socket = encrypted(plain, new String[] {"h2"})) {
                refused = isOver(socket);
            } catch (SSLException alert) {
                refused = true;
            }
            assertThat(refused).isTrue();
        }
    }

    @Test
    void directTlsWhereThereIsNoneIsClosedWithoutAWord() {
        try (TestPooler pooler = TestPooler.start(POSTGRES, 1);
                WireClient client = pooler.connect()) {
            client.sendRaw(new byte[] {0x16, 3, 1, 0, 100});
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    /** CVE-2021-3935, from the side of the client. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bytesSmuggledBehindAnEncryptionRequestAreRefused(boolean ssl) {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.PREFER));
                WireClient client = pooler.connect()) {
            client.queue(ssl ? Frontend.sslRequest() : Frontend.gssEncRequest())
                    .queue(Frontend.startup(
                            Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE))
                    .send();
            assertThat(client.readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains(
                            "08P01",
                            "received unencrypted data after " + (ssl ? "SSL" : "GSSAPI encryption") + " request");
        }
    }

    @Test
    void bytesInClearAfterTheAnswerBreakTheHandshake() {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.PREFER));
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readByte()).isEqualTo('S');
            client.sendRaw(Frontend.startup(
                    Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE));
            assertThat(bytesUntilClosed(client))
                    .as("no login, at most an alert")
                    .isLessThan(40);
            assertThat(pooler.pool().snapshot().pools()).isEmpty();
        }
    }

    @Test
    void gssEncryptionStaysRefusedAndTlsGoesOn() throws IOException {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                Socket plain = connect(pooler)) {
            plain.getOutputStream().write(Frontend.gssEncRequest());
            assertThat(plain.getInputStream().read()).isEqualTo('N');
            try (SSLSocket socket = TlsTunnel.encrypt(plain, pki.context(null).getSocketFactory(), false)) {
                assertThat(socket.getSession().isValid()).isTrue();
            }
        }
    }

    @Test
    void anEncryptedClientMayNotAskAgain() {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = WireClient.connect(tunnel.address())) {
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("08P01", "encryption asked for twice");
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, true", "false, true"})
    void cancelIsTakenFromEveryKindOfConnection(boolean encrypted, boolean direct) {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                TlsTunnel other = direct
                        ? TlsTunnel.directlyTo(pooler.address(), pki.context(null))
                        : TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            String sleep = "SELECT pg_sleep(600) -- " + TestPostgres.uniqueName("cancel");
            client.query(sleep).send();
            int pid = POSTGRES.awaitQuery(sleep);
            assertThat(pid).isPositive();
            try (WireClient cancel = client.cancel(encrypted ? other.address() : pooler.address())) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("57014"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"VERIFY_CA", "VERIFY_FULL"})
    void aTrustedClientCertificateLetsIn(TlsMode mode) {
        try (TestPooler pooler = pooler(tls -> tls.mode(mode).trust(pki.trust()));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(pki.client("CN=alice,O=here")));
                WireClient client = WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
        }
    }

    @Test
    void noClientCertificateIsRefusedWhereOneIsDemanded() {
        assertRefused(tls -> tls.mode(TlsMode.VERIFY_CA).trust(pki.trust()), null);
    }

    @Test
    void aClientCertificateOfAnotherAuthorityIsRefused() {
        TestPki other = new TestPki(directory, "other");
        assertRefused(tls -> tls.mode(TlsMode.VERIFY_FULL).trust(pki.trust()), other.client("CN=alice"));
    }

    @Test
    void anExpiredClientCertificateIsRefused() {
        TestPki.Issued expired = pki.issue(TestPki.certificate("CN=alice")
                .notBefore(java.time.Instant.now().minus(Duration.ofDays(20)))
                .notAfter(java.time.Instant.now().minus(Duration.ofDays(10)))
                .addExtendedKeyUsageClientAuth());
        assertRefused(tls -> tls.mode(TlsMode.VERIFY_CA).trust(pki.trust()), expired);
    }

    @Test
    void withTrustAClientMayShowACertificateOrNone() {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE).trust(pki.trust()));
                TlsTunnel without = TlsTunnel.to(pooler.address(), pki.context(null));
                TlsTunnel with = TlsTunnel.to(pooler.address(), pki.context(pki.client("CN=alice")));
                WireClient one = WireClient.login(without.address(), TestPostgres.USER, TestPostgres.DATABASE);
                WireClient two = WireClient.login(with.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(one.value("SELECT 'in'")).isEqualTo("in");
            assertThat(two.value("SELECT 'in'")).isEqualTo("in");
        }
        TestPki other = new TestPki(directory, "other");
        assertRefused(tls -> tls.mode(TlsMode.REQUIRE).trust(pki.trust()), other.client("CN=alice"));
    }

    @Test
    void aHandshakeThatHangsEndsWithTheLoginTimeout() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.loginTimeout(Duration.ofMillis(300))
                        .tls(tls -> tls.mode(TlsMode.REQUIRE)
                                .certificate(server.certificate(), server.key())
                                .nativeLibrary(nativeLibrary))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES)));
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readByte()).isEqualTo('S');
            assertThat(bytesUntilClosed(client)).as("at most an alert").isLessThan(40);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "disable,      PREFER, true",
        "allow,        PREFER, true",
        "prefer,       PREFER, true",
        "require,      PREFER, true",
        "verify-ca,    PREFER, true",
        "verify-full,  PREFER, true",
        "prefer,       REQUIRE, true",
        "require,      REQUIRE, true",
        "verify-full,  REQUIRE, true",
        "disable,      REQUIRE, false",
        "require,      DISABLE, false",
        "prefer,       DISABLE, true",
        "disable,      DISABLE, true",
    })
    void pgjdbcComesInByItsOwnRules(String sslMode, TlsMode mode, boolean served) throws SQLException {
        try (TestPooler pooler = pooler(tls -> tls.mode(mode))) {
            Map<String, String> settings =
                    Map.of("sslmode", sslMode, "sslrootcert", pki.trust().toString());
            if (served) {
                assertThat(jdbc(pooler, settings)).isEqualTo("in");
            } else {
                assertThatThrownBy(() -> jdbc(pooler, settings)).isInstanceOf(SQLException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"require", "verify-ca", "verify-full"})
    void pgjdbcComesInDirectly(String sslMode) throws SQLException {
        try (TestPooler pooler = pooler(tls -> tls.mode(TlsMode.REQUIRE))) {
            assertThat(jdbc(
                            pooler,
                            Map.of(
                                    "sslmode",
                                    sslMode,
                                    "sslNegotiation",
                                    "direct",
                                    "sslrootcert",
                                    pki.trust().toString())))
                    .isEqualTo("in");
        }
    }

    private String jdbc(TestPooler pooler, Map<String, String> settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", TestPostgres.USER);
        properties.putAll(settings);
        String url = "jdbc:postgresql://localhost:" + pooler.address().getPort() + "/" + TestPostgres.DATABASE;
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 'in'")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private void assertRefused(Consumer<TlsBuilder> tls, TestPki.Issued own) {
        try (TestPooler pooler = pooler(tls);
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(own));
                WireClient client = WireClient.connect(tunnel.address())) {
            // TLS 1.3: the client thinks that all is well until it hears of the refusal
            client.sendRaw(Frontend.startup(
                    Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE));
            assertThat(client.isClosedByPeer()).isTrue();
            assertThat(pooler.pool().snapshot().pools()).isEmpty();
        }
    }

    private static Socket connect(TestPooler pooler) throws IOException {
        InetSocketAddress address = pooler.address();
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private SSLSocket encrypted(Socket plain, String[] protocols) throws IOException {
        SSLSocket socket = (SSLSocket)
                pki.context(null).getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Whether the other side says nothing and closes. */
    private static boolean isOver(SSLSocket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SSLException | java.net.SocketException closedHard) {
            return true;
        }
    }

    private static int bytesUntilClosed(WireClient client) {
        int count = 0;
        while (!client.isClosedByPeer()) {
            var unused = client.readByte();
            count++;
        }
        return count;
    }
}
