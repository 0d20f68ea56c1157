package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.CHAIN_TOO_LARGE;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains of any length lead to the root in the store; beyond ten certificates Java's own clients refuse them, which is said. */
class LongChainsIT {

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 10, 11, 25, 60})
    void aLongChainIsNoIncompleteOne(int authorities) {
        X509Bundle root = Pki.root("Root");
        X509Bundle issuer = root;
        List<X509Certificate> above = new ArrayList<>();
        for (int i = 0; i < authorities; i++) {
            issuer = Pki.intermediate("Level " + i, issuer, b -> b.setPathLengthConstraint(OptionalInt.empty()));
            above.add(0, issuer.getCertificate());
        }
        X509Bundle leaf = Pki.leaf("localhost", issuer, Duration.ofDays(300));
        Instant end = leaf.getCertificate().getNotAfter().toInstant();
        try (TlsPeer peer =
                TlsPeer.tls(leaf, above.toArray(new X509Certificate[0])).protocols("TLSv1.2")) {
            for (boolean boring : new boolean[] {true, false}) {
                CertReport report = probeAt(
                        CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost"),
                        patient().trust(trust(root)).nativeTls(boring));
                assertThat(report.expiry().verified()).isEqualTo(end);
                assertThat(report.chain()).hasSize(authorities + 1);
                if (authorities + 1 > 10) {
                    assertThat(codes(report)).containsExactly(CHAIN_TOO_LARGE);
                } else {
                    assertThat(report.findings()).isEmpty();
                }
            }
        }
    }
}
