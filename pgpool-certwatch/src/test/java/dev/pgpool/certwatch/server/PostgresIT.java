package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Protocol;
import dev.pgpool.certwatch.trust.Verification;
import dev.pgpool.core.fixture.TestPostgres;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes of real PostgreSQL servers. */
class PostgresIT {

    private static final X509Bundle ROOT = Pki.root("Database Root");

    @TempDir
    static Path directory;

    private static final List<TestPostgres> started = new ArrayList<>();
    private static TestPostgres postgres15;
    private static TestPostgres postgres18;

    @BeforeAll
    static void start() throws IOException {
        install("15", leaf(Duration.ofDays(300)));
        install("18", leaf(Duration.ofDays(300)));
        postgres15 = server(15, Map.of("max_connections", "10"));
        postgres18 = server(18, Map.of());
    }

    private static TestPostgres server(int version, Map<String, String> more) {
        Map<String, String> settings = new java.util.HashMap<>(more);
        settings.put("ssl", "on");
        settings.put("ssl_cert_file", cert("" + version).toString());
        settings.put("ssl_key_file", directory.resolve(version + ".key").toString());
        TestPostgres postgres = TestPostgres.fresh(version, settings);
        started.add(postgres);
        return postgres;
    }

    @AfterAll
    static void stop() {
        for (TestPostgres postgres : started) {
            postgres.close();
        }
    }

    private static X509Bundle leaf(Duration left) {
        return Pki.leaf(
                "localhost",
                ROOT,
                Pki.NOW.minus(Duration.ofDays(98)),
                Pki.NOW.plus(left),
                b -> b.addSanIpAddress("127.0.0.1"));
    }

    private static Path cert(String name) {
        return directory.resolve(name + ".pem");
    }

    private static void install(String name, X509Bundle leaf) throws IOException {
        Path key = directory.resolve(name + ".key");
        Files.writeString(cert(name), leaf.getCertificatePathPEM());
        Files.writeString(key, leaf.getPrivateKeyPEM());
        Files.setPosixFilePermissions(key, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    private static Endpoint at(TestPostgres postgres) {
        return CertTarget.postgres("127.0.0.1", postgres.port());
    }

    @Test
    void hundredProbesLeaveNoLineInTheLog() {
        Endpoint target = at(postgres15);
        try (CertWatch watch = patient().trust(trust(ROOT)).target(target).build()) {
            watch.start();
            assertThat(check(watch, target.name()).findings()).isEmpty();
            int before = lines(postgres15);
            for (int i = 0; i < 100; i++) {
                CertReport report = check(watch, target.name());
                assertThat(report.findings()).isEmpty();
            }
            postgres15.execute("DO $$ BEGIN RAISE LOG 'behind all looks'; END $$");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            postgres15.log().lines().skip(before).anyMatch(line -> line.contains("behind all looks")));
            assertThat(postgres15
                            .log()
                            .lines()
                            .skip(before)
                            .filter(line -> line.contains(" LOG: ") || line.contains(" FATAL: ")))
                    .singleElement(org.assertj.core.api.InstanceOfAssertFactories.STRING)
                    .contains("behind all looks");
        }
    }

    private static int lines(TestPostgres postgres) {
        return (int) postgres.log().lines().count();
    }

    @Test
    void verifyFullComparesWithTheGivenTrust() {
        Endpoint full = at(postgres18).withVerification(Verification.FULL);
        assertThat(probeAt(full, ROOT).success()).isTrue();
        assertThat(codes(probeAt(full, Pki.root("Other")))).containsExactly(INCOMPLETE_CHAIN);
        assertThat(codes(probeAt(full.withServerName("db.example.org"), ROOT))).containsExactly(HOSTNAME_MISMATCH);
    }

    @Test
    void directTlsNeedsSeventeenAndLeavesEighteenSilent() {
        Endpoint direct = Endpoint.of(Protocol.POSTGRES_DIRECT, "127.0.0.1", postgres18.port());
        int before = lines(postgres18);
        CertReport report = probeAt(direct, ROOT);
        assertThat(report.findings()).isEmpty();
        assertThat(report.expiry().effective()).isNotNull();
        postgres18.execute("SELECT 1");
        assertThat(lines(postgres18)).isEqualTo(before);

        Endpoint tooOld = Endpoint.of(Protocol.POSTGRES_DIRECT, "127.0.0.1", postgres15.port());
        assertThat(codes(probeAt(tooOld, ROOT))).containsExactly(TLS_DIRECT_UNSUPPORTED);
    }

    @Test
    void sslOffIsAStateOfItsOwn() {
        CertReport report = probeAt(at(TestPostgres.shared(18)), ROOT);
        assertThat(codes(report)).containsExactly(TLS_UNAVAILABLE);
        assertThat(report.level()).isEqualTo(Level.CRITICAL);
    }

    @Test
    void aFullServerStillShowsItsCertificate() throws Exception {
        List<Connection> taken = new ArrayList<>();
        try {
            for (int i = 0; i < 10; i++) {
                taken.add(postgres15.superuser());
            }
        } catch (IllegalStateException full) {
            assertThat(full).hasMessageContaining("too many clients");
        }
        try {
            assertThat(probeAt(at(postgres15), ROOT).findings()).isEmpty();
        } finally {
            for (Connection connection : taken) {
                connection.close();
            }
        }
    }

    @Test
    void renewedFileWithoutReloadIsSeen() throws Exception {
        install("stale", leaf(Duration.ofDays(20)));
        try (TestPostgres postgres = TestPostgres.fresh(
                15,
                Map.of(
                        "ssl", "on",
                        "ssl_cert_file", cert("stale").toString(),
                        "ssl_key_file", directory.resolve("stale.key").toString()))) {
            List<CertificateChange> changes = new CopyOnWriteArrayList<>();
            Endpoint target = at(postgres).expectedFrom(cert("stale"));
            CertWatchBuilder builder = patient()
                    .trust(trust(ROOT))
                    .staleGrace(Duration.ZERO)
                    .target(target)
                    .listener(new CertWatchListener() {
                        @Override
                        public void onChange(CertificateChange change) {
                            changes.add(change);
                        }
                    });
            try (CertWatch watch = builder.build()) {
                watch.start();
                assertThat(codes(check(watch, target.name()))).containsExactly(EXPIRING_WARNING);
                X509Bundle renewed = Pki.leaf("localhost", ROOT, Pki.NOW, Pki.NOW.plus(Duration.ofDays(398)), b -> b);
                install("stale", renewed);
                assertThat(codes(check(watch, target.name()))).contains(EXPIRING_WARNING, STALE_SERVED);
                postgres.reload();
                Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                    CertReport after = check(watch, target.name());
                    assertThat(after.level()).isEqualTo(Level.OK);
                    assertThat(after.has(STALE_SERVED)).isFalse();
                });
            }
            assertThat(changes)
                    .singleElement()
                    .satisfies(change -> assertThat(change.renewal()).isTrue());
        }
    }

    @Test
    void exactlyEightBytesAreSent() {
        List<Integer> seen = new CopyOnWriteArrayList<>();
        try (TlsPeer peer = TlsPeer.startTls(
                (socket, in, out) -> {
                    for (byte b : in.readNBytes(8)) {
                        seen.add((int) b);
                    }
                    // Anything more would have to be there by now, as nothing is owed by us.
                    socket.setSoTimeout(300);
                    try {
                        seen.add(in.read());
                    } catch (java.net.SocketTimeoutException nothing) {
                        seen.add(-99);
                    }
                    socket.setSoTimeout(30_000);
                    out.write('S');
                    out.flush();
                    return true;
                },
                leaf(Duration.ofDays(300)))) {
            assertThat(probeAt(CertTarget.postgres("127.0.0.1", peer.port()), ROOT)
                            .findings())
                    .isEmpty();
            assertThat(seen).containsExactly(0, 0, 0, 8, 4, 0xd2 - 256, 0x16, 0x2f, -99);
        }
    }
}
