package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.finding.FindingCode.CONNECT_RESET;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.Probes;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.pkitesting.X509Bundle;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Probes of TLS servers that fail: before their certificate, in the middle and afterwards; and the end of a watch. */
class EndpointFailuresIT {

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
    void faultsBeforeTheCertificateHaveTheirNames() {
        TlsPeer.Preamble reset = (socket, in, out) -> {
            in.read();
            socket.setSoLinger(true, 0);
            return false;
        };
        TlsPeer.Preamble close = (socket, in, out) -> false;
        TlsPeer.Preamble http = (socket, in, out) -> {
            out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            while (in.read() >= 0) {}
            return false;
        };
        for (TlsPeer.Preamble fault : List.of(reset, close)) {
            try (TlsPeer peer = TlsPeer.raw(fault)) {
                assertThat(codes(probeAt(at(peer), ROOT))).containsExactly(CONNECT_RESET);
            }
        }
        try (TlsPeer peer = TlsPeer.raw(http)) {
            assertThat(codes(probeAt(at(peer), ROOT))).containsExactly(NOT_TLS);
        }
        TlsPeer gone = TlsPeer.raw(close);
        gone.close();
        assertThat(codes(probeAt(at(gone), ROOT))).containsExactly(CONNECT_REFUSED);
        assertThat(codes(probeAt(CertTarget.tls("no-such-host.invalid", 443), ROOT)))
                .containsExactly(DNS_FAILED);
    }

    @Test
    void aServerThatNeverAnswersCostsItsLimitAndNoMore() {
        TlsPeer.Preamble silent = (socket, in, out) -> {
            while (in.read() >= 0) {}
            return false;
        };
        TlsPeer.Preamble drip = (socket, in, out) -> {
            try {
                for (byte b : new byte[] {0x16, 3, 3, 1, 0, 2, 0, 0, (byte) 0xfc, 3, 3}) {
                    out.write(b);
                    out.flush();
                    socket.setSoTimeout(100);
                    try {
                        while (in.read() >= 0) {}
                        return false;
                    } catch (java.net.SocketTimeoutException next) {
                        continue;
                    }
                }
                socket.setSoTimeout(60_000);
                while (in.read() >= 0) {}
            } catch (java.io.IOException gone) {
                return false;
            }
            return false;
        };
        for (TlsPeer.Preamble fault : List.of(silent, drip)) {
            try (TlsPeer peer = TlsPeer.raw(fault)) {
                CertReport phase = probeAt(
                        at(peer), CertWatch.builder().trust(trust(ROOT)).handshakeTimeout(Duration.ofMillis(700)));
                assertThat(codes(phase)).containsExactly(HANDSHAKE_TIMEOUT);
                assertThat(phase.duration()).isBetween(Duration.ofMillis(600), Duration.ofSeconds(30));
                CertReport total =
                        probeAt(at(peer), CertWatch.builder().trust(trust(ROOT)).deadline(Duration.ofMillis(700)));
                assertThat(codes(total)).containsExactly(HANDSHAKE_TIMEOUT);
            }
        }
    }

    @Test
    void aResetAfterTheCertificateStillGivesTheDates() {
        // TLS 1.2 without a client certificate: the server breaks off in the middle of the handshake
        try (TlsPeer peer = TlsPeer.tls(leaf(Duration.ofDays(3)), MIDDLE)
                .protocols("TLSv1.2")
                .demandClientCertificate()) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.has(EXPIRING_CRITICAL)).isTrue();
            assertThat(report.chainSeenAt()).isEqualTo(report.checkedAt());
        }
    }

    @Test
    void aChainTooLongForJavaSaysSoAndIsReadAllTheSame() {
        X509Bundle issuer = ROOT;
        List<X509Certificate> above = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            issuer = Pki.intermediate("Level " + i, issuer, b -> b.setPathLengthConstraint(OptionalInt.empty()));
            above.add(0, issuer.getCertificate());
        }
        X509Bundle leaf = Pki.leaf("localhost", issuer, YEAR);
        try (TlsPeer peer =
                TlsPeer.tls(leaf, above.toArray(new X509Certificate[0])).protocols("TLSv1.2")) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.has(CHAIN_TOO_LARGE)).isTrue();
            assertThat(report.chain()).hasSize(13);
        }
        X509Bundle manyNames = Pki.leaf("localhost", INTERMEDIATE, Pki.NOW, Pki.NOW.plus(YEAR), b -> {
            for (int i = 0; i < 1500; i++) {
                b.addSanDnsName("a-rather-long-name-number-" + i + ".example.org");
            }
            return b;
        });
        try (TlsPeer peer = TlsPeer.tls(manyNames, MIDDLE)) {
            CertReport report = probeAt(at(peer), ROOT);
            assertThat(report.has(CHAIN_TOO_LARGE)).isEqualTo(!Probes.nativeTls);
            assertThat(report.expiry().leaf())
                    .isEqualTo(manyNames.getCertificate().getNotAfter().toInstant());
        }
    }

    @Test
    void theAlarmDoesNotGoSilentWithTheEndpoint() throws Exception {
        class Moving extends Clock {
            private volatile Instant now = Pki.NOW;

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        }
        Moving clock = new Moving();
        TlsPeer peer = TlsPeer.tls(leaf(Duration.ofDays(60)), MIDDLE);
        Endpoint target = at(peer);
        try (CertWatch watch =
                patient().trust(trust(ROOT)).clock(clock).target(target).build()) {
            watch.start();
            assertThat(check(watch, target.name()).level()).isEqualTo(Level.OK);
            peer.close();
            clock.now = Pki.NOW.plus(Duration.ofDays(55));
            CertReport report;
            try (Socket held = peer.holdPort()) {
                report = check(watch, target.name());
            }
            assertThat(codes(report)).containsExactlyInAnyOrder(CONNECT_REFUSED, EXPIRING_CRITICAL);
            assertThat(report.chainSeenAt()).isEqualTo(Pki.NOW);
            assertThat(report.success()).isFalse();
            // and without any further probe
            clock.now = Pki.NOW.plus(Duration.ofDays(61));
            assertThat(watch.snapshot().worst()).isEqualTo(Level.EXPIRED);
            assertThat(watch.snapshot().reports().get(0).expiry().effective())
                    .isEqualTo(Pki.NOW.plus(Duration.ofDays(60)));
        } finally {
            peer.close();
        }
    }

    /** What is not released is found by the leak detection of the test run. */
    @Test
    void closingAtAnyMomentReleasesEverything() {
        try (TlsPeer peer = TlsPeer.tls(leaf(YEAR), MIDDLE)) {
            for (int round = 0; round < 10; round++) {
                CertWatchBuilder builder =
                        patient().trust(trust(ROOT)).firstSweep(Duration.ZERO).maxPerHost(50);
                for (int i = 0; i < 20; i++) {
                    builder.target(at(peer).named("target-" + i));
                }
                int before = peer.accepted();
                int enough = before + 2 * round;
                CertWatch watch = builder.build();
                watch.start();
                org.awaitility.Awaitility.await()
                        .atMost(Probes.PATIENCE)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> peer.accepted() >= enough);
                watch.close();
            }
        }
    }

    @Test
    void closingInTheMiddleOfAProbeEndsIt() throws Exception {
        try (TlsPeer peer = TlsPeer.raw((socket, in, out) -> {
            while (in.read() >= 0) {}
            return false;
        })) {
            CertWatch watch = patient().trust(trust(ROOT)).target(at(peer)).build();
            watch.start();
            var probe = watch.checkNow(at(peer).name());
            org.awaitility.Awaitility.await().until(() -> peer.accepted() > 0);
            watch.close();
            assertThat(probe).isDone();
            assertThat(watch.awaitFirstSweep(Duration.ofMillis(1))).isFalse();
            watch.close();
        }
    }
}
