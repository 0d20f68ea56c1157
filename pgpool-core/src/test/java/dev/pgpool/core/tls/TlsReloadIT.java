package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of keys and certificates change under a pooler whose clients stay. */
@ParameterizedClass(name = "native={0}")
@ValueSource(booleans = {false, true})
class TlsReloadIT {

    @TempDir
    private static Path shared;

    private static TestPki pki;
    private static TestPostgres postgres;

    private final boolean nativeLibrary;

    @TempDir
    private Path directory;

    private Path certificate;
    private Path key;
    private Path trust;
    private Path ourCertificate;
    private Path ourKey;

    TlsReloadIT(boolean nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
    }

    @BeforeAll
    static void startServer() {
        pki = new TestPki(shared, "authority");
        postgres = TestPostgres.fresh(18, TlsServersIT.encrypting(pki.localhost(), pki));
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void writeFiles() throws IOException {
        certificate = directory.resolve("server.crt");
        key = directory.resolve("server.key");
        trust = Files.copy(pki.trust(), directory.resolve("root.crt"));
        ourCertificate = directory.resolve("client.crt");
        ourKey = directory.resolve("client.key");
        install(pki.localhost(), certificate, key);
        install(pki.client("CN=pooler one"), ourCertificate, ourKey);
    }

    private static void install(TestPki.Issued issued, Path certificate, Path key) throws IOException {
        Files.copy(issued.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(issued.key(), key, StandardCopyOption.REPLACE_EXISTING);
    }

    private TestPooler pooler() {
        return TestPooler.start(builder -> builder.tls(tls ->
                        tls.mode(TlsMode.REQUIRE).certificate(certificate, key).nativeLibrary(nativeLibrary))
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(2)
                                .tls(tls -> tls.mode(TlsMode.VERIFY_FULL)
                                        .trust(trust)
                                        .certificate(ourCertificate, ourKey)
                                        .nativeLibrary(nativeLibrary))));
    }

    private static WireClient login(TlsTunnel tunnel) {
        return WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE);
    }

    private static Certificate shown(TlsTunnel tunnel, int connection) throws IOException {
        return tunnel.encrypted().get(connection).getSession().getPeerCertificates()[0];
    }

    private static String weAre(WireClient client) {
        return client.value("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    }

    @Test
    void aRenewedCertificateIsShownToNewClientsAndOldOnesStay() throws IOException {
        TestPki.Issued renewed = pki.localhost();
        try (TestPooler pooler = pooler();
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                TlsTunnel later = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient old = login(tunnel)) {
            int pid = old.serverPid();
            old.run("BEGIN");
            install(renewed, certificate, key);
            pooler.pool().reloadTls();
            assertThat(old.value("SELECT 'still here'")).isEqualTo("still here");
            old.run("COMMIT");
            try (WireClient fresh = login(later)) {
                assertThat(fresh.value("SELECT 'here'")).isEqualTo("here");
                assertThat(shown(later, 0)).isEqualTo(renewed.bundle().getCertificate());
                assertThat(shown(tunnel, 0)).isNotEqualTo(renewed.bundle().getCertificate());
            }
            // nothing has changed towards the servers
            assertThat(old.serverPid()).isEqualTo(pid);
        }
    }

    @Test
    void serversAreReplacedWhenOurCertificateTowardsThemHasChanged() throws IOException {
        try (TestPooler pooler = pooler();
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient busy = login(tunnel);
                WireClient other = login(tunnel)) {
            busy.run("BEGIN");
            assertThat(weAre(busy)).isEqualTo("/CN=pooler one");
            int idle = other.serverPid();
            int inUse = busy.serverPid();
            install(pki.client("CN=pooler two"), ourCertificate, ourKey);
            pooler.pool().reloadTls();
            await().atMost(Wire.PATIENCE)
                    .until(() -> !postgres.backends(TestPostgres.DATABASE).contains(String.valueOf(idle)));
            assertThat(weAre(other)).isEqualTo("/CN=pooler two");
            assertThat(busy.serverPid()).as("a transaction is not interrupted").isEqualTo(inUse);
            busy.run("COMMIT");
            assertThat(weAre(busy)).isEqualTo("/CN=pooler two");
            await().atMost(Wire.PATIENCE)
                    .until(() -> !postgres.backends(TestPostgres.DATABASE).contains(String.valueOf(inUse)));
        }
    }

    @Test
    void nothingIsReplacedWhenNothingHasChanged() {
        try (TestPooler pooler = pooler();
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = login(tunnel)) {
            int pid = client.serverPid();
            pooler.pool().reloadTls();
            assertThat(client.serverPid()).isEqualTo(pid);
        }
    }

    @Test
    void newTrustTowardsServersCounts() throws IOException {
        try (TestPooler pooler = pooler();
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = login(tunnel)) {
            client.run("SELECT 1");
            Files.copy(new TestPki(directory, "other").trust(), trust, StandardCopyOption.REPLACE_EXISTING);
            pooler.pool().reloadTls();
            await().atMost(Wire.PATIENCE)
                    .until(() -> postgres.backends(TestPostgres.DATABASE).isEmpty());
            client.query("SELECT 1").send();
            assertThat(client.readUntilClosed()).singleElement().asString().contains("SSL error");
        }
    }

    @Test
    void brokenFilesChangeNothingAndAreAllNamed() throws IOException {
        TestPki.Issued good = pki.localhost();
        try (TestPooler pooler = pooler();
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = login(tunnel)) {
            int pid = client.serverPid();
            Certificate before = shown(tunnel, 0);
            // a certificate without its key, and a trust file that holds none
            Files.copy(good.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(trust, "nothing\n");
            assertThatThrownBy(() -> pooler.pool().reloadTls())
                    .isInstanceOfSatisfying(
                            ConfigException.class,
                            e -> assertThat(e.problems())
                                    .satisfiesExactly(
                                            problem -> assertThat(problem)
                                                    .isEqualTo("listen.tls.key: " + key
                                                            + " that does not fit the certificate in " + certificate
                                                            + " (expected: the key of the first certificate)"),
                                            problem -> assertThat(problem)
                                                    .isEqualTo("databases.app.tls.trust: " + trust
                                                            + " without a certificate"
                                                            + " (expected: PEM certificates)")));
            assertThat(client.serverPid()).isEqualTo(pid);
            try (WireClient fresh = login(tunnel)) {
                assertThat(fresh.serverPid()).isEqualTo(pid);
                assertThat(shown(tunnel, 1)).isEqualTo(before);
            }
            // and when they are whole again, so is the pooler
            install(good, certificate, key);
            Files.copy(pki.trust(), trust, StandardCopyOption.REPLACE_EXISTING);
            pooler.pool().reloadTls();
            try (WireClient fresh = login(tunnel)) {
                assertThat(fresh.value("SELECT 'here'")).isEqualTo("here");
                assertThat(shown(tunnel, 2)).isEqualTo(good.bundle().getCertificate());
            }
        }
    }
}
