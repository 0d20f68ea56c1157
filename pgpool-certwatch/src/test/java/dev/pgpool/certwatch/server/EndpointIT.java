package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.finding.FindingCode.CONNECT_RESET;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static dev.pgpool.certwatch.fixture.Probes.worst;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.Expiry;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.X509Bundle;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes of TLS servers that serve all kinds of chains. */
class EndpointIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle INTERMEDIATE = Pki.intermediate("Intermediate", ROOT);
    private static final X509Certificate MIDDLE = INTERMEDIATE.getCertificate();
    private static final Duration YEAR = Duration.ofDays(300);

    private static X509Bundle leaf(Duration left) {
        return Pki.leaf("localhost", INTERMEDIATE, left);
    }

    private static Endpoint at(TlsPeer peer) {
        return CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost");
    }

    @Test
    void healthyChainHasAllFiguresAndNoFindings() {
        X509Bundle leaf = leaf(YEAR);
        try (TlsPeer peer = TlsPeer.tls(leaf, MIDDLE)) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.findings()).isEmpty();
            assertThat(report.level()).isEqualTo(Level.OK);
            assertThat(report.success()).isTrue();
            Expiry expiry = report.expiry();
            Instant end = leaf.getCertificate().getNotAfter().toInstant();
            assertThat(List.of(expiry.effective(), expiry.leaf(), expiry.served(), expiry.verified()))
                    .containsOnly(end);
            assertThat(expiry.anchor())
                    .isEqualTo(ROOT.getCertificate().getNotAfter().toInstant());
            assertThat(report.chain())
                    .extracting(CertificateFacts::displayName)
                    .containsExactly("localhost", "Intermediate");
            assertThat(report.addresses()).singleElement().satisfies(address -> {
                assertThat(address.tlsVersion()).isEqualTo("TLS 1.3");
                assertThat(address.failure()).isNull();
            });
        }
    }

    @Test
    void expiredLeafGivesItsDatesAndNotTheFailureOfAHandshake() {
        X509Bundle leaf = leaf(Duration.ofHours(-1));
        try (TlsPeer peer = TlsPeer.tls(leaf, MIDDLE)) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(worst(report)).containsExactly(EXPIRED);
            assertThat(report.level()).isEqualTo(Level.EXPIRED);
            assertThat(report.success()).isFalse();
            assertThat(report.expiry().effective())
                    .isEqualTo(leaf.getCertificate().getNotAfter().toInstant());
            assertThat(report.expiry().verified())
                    .isEqualTo(leaf.getCertificate().getNotAfter().toInstant());
            assertThat(report.chain()).hasSize(2);
        }
    }

    @Test
    void expiredIntermediateUnderAValidLeafIsExpired() {
        X509Bundle old = Pki.intermediate("Old", ROOT, b -> b.notAfter(Pki.NOW.minusSeconds(3600)));
        X509Bundle leaf = Pki.leaf("localhost", old, YEAR);
        try (TlsPeer peer = TlsPeer.tls(leaf, old.getCertificate())) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.level()).isEqualTo(Level.EXPIRED);
            assertThat(report.findings().get(0).message()).contains("intermediate 1 \"Old\" expired");
            assertThat(report.expiry().leaf()).isAfter(Pki.NOW);
            assertThat(report.expiry().effective()).isBefore(Pki.NOW);
        }
    }

    @Test
    void intermediateThatEndsFirstIsNamed() {
        X509Bundle old = Pki.intermediate("Ending", ROOT, b -> b.notAfter(Pki.NOW.plus(Duration.ofDays(5))));
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", old, YEAR), old.getCertificate())) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.level()).isEqualTo(Level.CRITICAL);
            assertThat(codes(report)).containsExactly(INTERMEDIATE_EXPIRING);
            assertThat(report.expiry().responsible()).isNotNull();
            assertThat(report.expiry().responsible().displayName()).isEqualTo("Ending");
            assertThat(report.success()).isTrue();
        }
    }

    @Test
    void selfSignedIsAFailureOrNotByPolicy() {
        try (TlsPeer peer = TlsPeer.tls(Pki.selfSigned("localhost", YEAR))) {
            CertReport full = probeAt(at(peer), ROOT);
            assertThat(worst(full)).containsExactly(SELF_SIGNED);
            assertThat(full.level()).isEqualTo(Level.CRITICAL);
            assertThat(full.expiry().effective()).isAfter(Pki.NOW);
            assertThat(full.expiry().verified()).isNull();

            CertReport none = probeAt(at(peer).withVerification(Verification.NONE), ROOT);
            assertThat(none.level()).isEqualTo(Level.OK);
            assertThat(none.success()).isTrue();
            assertThat(none.has(SELF_SIGNED)).isTrue();
            assertThat(none.expiry().verified()).isNull();
        }
    }

    @Test
    void expiredSelfSignedInTheTrustStoreIsExpiredThoughJavaAcceptsIt() {
        X509Bundle own = Pki.selfSigned("localhost", Duration.ofHours(-1));
        try (TlsPeer peer = TlsPeer.tls(own)) {
            assertThat(probeAt(at(peer), own).level()).isEqualTo(Level.EXPIRED);
        }
    }

    @Test
    void wrongHostUntrustedRootAndMissingIntermediateAreToldApart() {
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE)) {
            CertReport wrongHost = probeAt(at(peer).withServerName("db.example.org"), ROOT);
            assertThat(codes(wrongHost)).containsExactly(HOSTNAME_MISMATCH);
            assertThat(wrongHost.expiry().verified()).isNotNull();
            assertThat(probeAt(at(peer).withServerName("db.example.org").withVerification(Verification.CA), ROOT)
                            .level())
                    .isEqualTo(Level.OK);
        }
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE, ROOT.getCertificate())) {
            CertReport untrusted = probeAt(at(peer), Pki.root("Other"));
            assertThat(codes(untrusted)).containsExactlyInAnyOrder(UNTRUSTED_ROOT, ROOT_SERVED);
            assertThat(untrusted.expiry().effective()).isNotNull();
        }
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR))) {
            assertThat(codes(probeAt(at(peer), ROOT))).containsExactly(INCOMPLETE_CHAIN);
        }
    }

    @Test
    void wrongOrderAndStrangersAreInformation() {
        X509Bundle second = Pki.intermediate("Second", INTERMEDIATE);
        X509Bundle leaf = Pki.leaf("localhost", second, YEAR);
        try (TlsPeer peer = TlsPeer.tls(leaf, MIDDLE, second.getCertificate())) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(codes(report)).containsExactly(CHAIN_ORDER);
            assertThat(report.level()).isEqualTo(Level.OK);
        }
        X509Bundle stranger =
                Pki.intermediate("Stranger", Pki.root("Elsewhere"), b -> b.notAfter(Pki.NOW.minusSeconds(60)));
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE, stranger.getCertificate())) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(codes(report)).containsExactlyInAnyOrder(CHAIN_ORDER, SUPERFLUOUS_EXPIRED);
            assertThat(report.level()).isEqualTo(Level.OK);
            assertThat(report.expiry().served()).isBefore(Pki.NOW);
            assertThat(report.expiry().effective()).isAfter(Pki.NOW);
        }
    }

    @Test
    void notYetValidIsAFinding() {
        X509Bundle early = Pki.leaf("localhost", INTERMEDIATE, Pki.NOW.plusSeconds(7200), Pki.NOW.plus(YEAR), b -> b);
        try (TlsPeer peer = TlsPeer.tls(early, MIDDLE)) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(worst(report)).containsExactly(NOT_YET_VALID);
            assertThat(report.success()).isFalse();
            assertThat(report.expiry().notBefore()).isEqualTo(Pki.NOW.plusSeconds(7200));
        }
    }

    @Test
    void clientCertificateDemandedStillShowsTheChain() {
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (TlsPeer peer =
                    TlsPeer.tls(leaf(YEAR), MIDDLE).protocols(version).demandClientCertificate()) {
                CertReport report = probeAt(at(peer), ROOT);
                assertThat(codes(report)).containsExactly(CLIENT_CERT_REQUIRED);
                assertThat(report.level()).isEqualTo(Level.OK);
                assertThat(report.expiry().effective()).isAfter(Pki.NOW);
            }
        }
    }

    @Test
    void aResetIsNoDemandForAClientCertificate() {
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE).protocols("TLSv1.2").demandClientCertificate();
                TlsPeer breaking = TlsPeer.raw((socket, in, out) -> {
                    try (Socket server = new Socket(InetAddress.getLoopbackAddress(), peer.port())) {
                        record(in, server.getOutputStream());
                        Thread back = new Thread(() -> {
                            try {
                                server.getInputStream().transferTo(out);
                            } catch (IOException e) {
                                // the end of this connection, which the test makes
                                Thread.currentThread().interrupt();
                            }
                        });
                        back.setDaemon(true);
                        back.start();
                        // up to the client's Finished, which follows its ChangeCipherSpec
                        while (record(in, OutputStream.nullOutputStream()) != 20) {}
                        record(in, OutputStream.nullOutputStream());
                        socket.setSoLinger(true, 0);
                        socket.close();
                    }
                    return false;
                })) {
            CertReport report = probeAt(at(breaking), ROOT);
            assertThat(report.success()).isFalse();
            assertThat(codes(report)).contains(CONNECT_RESET);
            assertThat(report.expiry().effective()).isAfter(Pki.NOW);
        }
    }

    /** Passes one TLS record on; gives its type. */
    private static int record(InputStream in, OutputStream to) throws IOException {
        byte[] head = in.readNBytes(5);
        if (head.length < 5) {
            throw new EOFException("no further record");
        }
        to.write(head);
        to.write(in.readNBytes((head[3] & 0xff) << 8 | (head[4] & 0xff)));
        to.flush();
        return head[0];
    }

    @Test
    void clientCertificateIsShownIfGiven() throws Exception {
        X509Bundle client = Pki.leaf("client", ROOT, YEAR);
        ClientIdentity identity = ClientIdentity.keyStore(
                client.toTempKeyStoreFile("secret".toCharArray()).toPath(), "secret".toCharArray());
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE).protocols("TLSv1.2").demandClientCertificate()) {
            CertReport report = probeAt(at(peer).withClient(identity), ROOT);
            assertThat(report.findings()).isEmpty();
            assertThat(report.addresses().get(0).tlsVersion()).isEqualTo("TLS 1.2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aRenewedCertificateIsSeenAtTheNextProbe(String version) {
        try (TlsPeer peer = TlsPeer.tls(leaf(Duration.ofDays(5)), MIDDLE).protocols(version)) {
            List<CertificateChange> changes = new java.util.concurrent.CopyOnWriteArrayList<>();
            Endpoint target = at(peer);
            CertWatchBuilder builder = patient()
                    .trust(trust(ROOT))
                    .target(target)
                    .listener(new CertWatchListener() {
                        @Override
                        public void onChange(CertificateChange change) {
                            changes.add(change);
                        }
                    });
            try (CertWatch watch = builder.build()) {
                watch.start();
                assertThat(check(watch, target.name()).level()).isEqualTo(Level.CRITICAL);
                X509Bundle renewed = leaf(YEAR);
                peer.serve(renewed, MIDDLE);
                CertReport after = check(watch, target.name());
                assertThat(after.level()).isEqualTo(Level.OK);
                assertThat(after.expiry().leaf())
                        .isEqualTo(renewed.getCertificate().getNotAfter().toInstant());
                assertThat(check(watch, target.name()).level()).isEqualTo(Level.OK);
                peer.serve(leaf(Duration.ofDays(100)), MIDDLE);
                assertThat(codes(check(watch, target.name()))).containsExactly(DOWNGRADED_EXPIRY);
            }
            assertThat(changes).extracting(CertificateChange::renewal).containsExactly(true, false);
        }
    }

    @Test
    void everyAddressIsProbedAndCompared() {
        X509Bundle fresh = leaf(YEAR);
        try (TlsPeer one = TlsPeer.at("127.0.0.11", 0, fresh, MIDDLE);
                TlsPeer two = TlsPeer.at("127.0.0.12", one.port(), leaf(Duration.ofDays(3)), MIDDLE)) {
            assertThat(two.port()).isEqualTo(one.port());
            AddressResolver three = host -> List.of(
                    InetAddress.getByName("127.0.0.11"),
                    InetAddress.getByName("127.0.0.12"),
                    InetAddress.getByName("127.0.0.13"));
            CertReport report = probeAt(
                    CertTarget.tls("localhost", one.port()),
                    patient().trust(trust(ROOT)).resolver(three));
            assertThat(codes(report))
                    .containsExactlyInAnyOrder(INCONSISTENT_CERT, EXPIRING_CRITICAL, ADDRESS_UNREACHABLE);
            assertThat(report.success()).isTrue();
            assertThat(report.remaining(Pki.NOW)).isEqualTo(Duration.ofDays(3));
            assertThat(report.addresses()).hasSize(3);
            assertThat(report.addresses().get(2).failure()).isNotNull();
        }
    }

    @Test
    void anAddressThatFailsKeepsItsAlarmWhileOthersServe() throws Exception {
        X509Bundle fresh = leaf(YEAR);
        TlsPeer ending = TlsPeer.at("127.0.0.12", 0, leaf(Duration.ofDays(3)), MIDDLE);
        try (TlsPeer well = TlsPeer.at("127.0.0.11", ending.port(), fresh, MIDDLE)) {
            Endpoint target = CertTarget.tls("localhost", well.port());
            AddressResolver two =
                    host -> List.of(InetAddress.getByName("127.0.0.11"), InetAddress.getByName("127.0.0.12"));
            try (CertWatch watch =
                    patient().trust(trust(ROOT)).resolver(two).target(target).build()) {
                watch.start();
                assertThat(check(watch, target.name()).level()).isEqualTo(Level.CRITICAL);
                ending.close();
                try (Socket held = ending.holdPort()) {
                    CertReport report = check(watch, target.name());
                    assertThat(codes(report)).contains(ADDRESS_UNREACHABLE, EXPIRING_CRITICAL);
                    assertThat(report.remaining(Pki.NOW)).isEqualTo(Duration.ofDays(3));
                }
            }
        } finally {
            ending.close();
        }
    }

    @Test
    void theNameIsAlwaysAskedForButNeverAnAddress() {
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE)) {
            AddressResolver loopback = host -> List.of(InetAddress.getByName("127.0.0.1"));
            for (String host : List.of("localhost", "db-1", "a_b.example", "db.example.org.")) {
                probeAt(
                        CertTarget.tls(host, peer.port()),
                        patient().trust(trust(ROOT)).resolver(loopback));
            }
            probeAt(CertTarget.tls("127.0.0.1", peer.port()), ROOT);
            // A Java server refuses an underscore in its turn, but by then it has been sent.
            assertThat(peer.serverNames())
                    .satisfiesExactly(
                            name -> assertThat(name).isEqualTo("localhost"),
                            name -> assertThat(name).isEqualTo("db-1"),
                            name -> assertThat(name).contains("a_b.example"),
                            name -> assertThat(name).isEqualTo("db.example.org"),
                            name -> assertThat(name).isEmpty());
        }
    }

    @Test
    void anAddressMatchesOnlyAnAddress() {
        Instant end = Pki.NOW.plus(YEAR);
        X509Bundle asDns = Pki.leaf("127.0.0.1", ROOT, Pki.NOW, end, b -> b);
        try (TlsPeer peer = TlsPeer.tls(asDns)) {
            assertThat(codes(probeAt(CertTarget.tls("127.0.0.1", peer.port()), ROOT)))
                    .containsExactly(HOSTNAME_MISMATCH);
        }
        X509Bundle asIp = Pki.leaf("localhost", ROOT, Pki.NOW, end, b -> b.addSanIpAddress("127.0.0.1"));
        try (TlsPeer peer = TlsPeer.tls(asIp)) {
            assertThat(probeAt(CertTarget.tls("127.0.0.1", peer.port()), ROOT).findings())
                    .isEmpty();
        }
    }
}
