package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.HANDSHAKE_FAILED;
import static dev.pgpool.certwatch.finding.FindingCode.INCONSISTENT_CERT;
import static dev.pgpool.certwatch.finding.FindingCode.ODD_CERTIFICATE;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.OpenSsl;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** OpenSSL servers whose certificates or algorithms Java and BoringSSL refuse: the chain is known as far as the handshake shows it. */
class OddServersIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    /** All but those whose key the server could not sign with. */
    static List<String> kinds() {
        return OddCertificates.kinds().stream()
                .filter(kind -> !kind.startsWith("RSA key") && !kind.startsWith("key that") && !kind.endsWith(" key"))
                // Without names that can be read it is for no host.
                .filter(kind -> !kind.startsWith("critical names"))
                .toList();
    }

    private static Endpoint at(int port) {
        return CertTarget.tls("127.0.0.1", port).withServerName("localhost");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theDatesOfAnOddCertificateAreSeenOverTheWire(String kind) throws Exception {
        OddCertificates.Odd odd = OddCertificates.of(kind, ROOT);
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (TlsPeer server =
                    TlsPeer.tls(odd.key(), Certificates.parse(odd.encoded())).protocols(version)) {
                for (boolean boring : new boolean[] {true, false}) {
                    CertReport report = probeAt(
                            at(server.port()), patient().trust(trust(ROOT)).nativeTls(boring));
                    String what = kind + version + boring + report.findings();
                    if (!boring && version.equals("TLSv1.3") && report.chain().isEmpty()) {
                        // Only BoringSSL can see into TLS 1.3 where Java gives up; the finding says so.
                        assertThat(codes(report)).as(what).containsExactly(HANDSHAKE_FAILED);
                        assertThat(report.findings().get(0).message()).contains("netty-tcnative-boringssl-static");
                        continue;
                    }
                    assertThat(report.expiry().effective())
                            .as(what)
                            .isBetween(OddCertificates.END.minusSeconds(60), OddCertificates.END);
                    assertThat(report.expiry().verified())
                            .as(what)
                            .isEqualTo(report.expiry().effective());
                    assertThat(codes(report)).as(what).isSubsetOf(ODD_CERTIFICATE, FindingCode.PLATFORM_REFUSES);
                    assertThat(report.success()).as(what).isTrue();
                    if (OddCertificates.refusedByEveryJava(kind)) {
                        assertThat(codes(report)).as(what).containsExactly(ODD_CERTIFICATE);
                    }
                }
            }
        }
    }

    @Test
    void anOddCertificateAtOneAddressLeavesTheOthersAlone() throws Exception {
        X509Bundle good = Pki.leaf("localhost", ROOT, Duration.ofDays(300));
        OddCertificates.Odd twice = OddCertificates.of("names twice", ROOT);
        try (TlsPeer odd = TlsPeer.tls(twice.key(), Certificates.parse(twice.encoded()))
                        .protocols("TLSv1.2");
                TlsPeer well = TlsPeer.at("127.0.0.12", odd.port(), good)) {
            AddressResolver two =
                    host -> List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("127.0.0.12"));
            for (boolean boring : new boolean[] {true, false}) {
                CertReport report = probeAt(
                        CertTarget.tls("localhost", well.port()),
                        patient().trust(trust(ROOT)).resolver(two).nativeTls(boring));
                assertThat(codes(report)).containsExactlyInAnyOrder(ODD_CERTIFICATE, INCONSISTENT_CERT);
                assertThat(report.addresses())
                        .allSatisfy(address -> assertThat(address.leafSha256()).isNotNull());
                assertThat(report.expiry().effective()).isEqualTo(OddCertificates.END);
            }
        }
    }

    /** The end of the certificate as OpenSSL made it is what is reported, whatever it is signed with. */
    @ParameterizedTest
    @CsvSource({
        "secp256k1, -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -sha256, -tls1_2",
        "brainpoolP256r1, -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1 -sha256, -tls1_2",
        "brainpoolP512r1, -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP512r1 -sha512, -tls1_2",
        "secp224r1, -newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -sha256, -tls1_2",
        "MD5, -newkey rsa:2048 -md5, -tls1_2",
        "SHA-1, -newkey rsa:2048 -sha1, -tls1_2",
        "MD5 and TLS 1.0, -newkey rsa:1024 -md5, -tls1",
        "RSA of 512 bits, -newkey rsa:512 -sha1, -tls1_2",
        "Ed448, -newkey ed448, -tls1_2",
    })
    void whatNoEngineSpeaksIsOverheard(String what, String how, String version) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "77"));
        command.addAll(List.of(how.split(" ")));
        command.addAll(List.of(
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                "odd.key",
                "-out",
                "odd.pem"));
        Process made = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(made.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(made.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(made.exitValue()).as(said).isZero();
        try (OpenSsl server = new OpenSsl(
                directory.resolve("odd.pem"),
                directory.resolve("odd.key"),
                directory,
                version,
                "-cipher",
                "ALL:@SECLEVEL=0")) {
            for (boolean boring : new boolean[] {true, false}) {
                CertReport report = probeAt(
                        at(server.port()).withVerification(Verification.NONE),
                        patient().trust(trust(ROOT)).nativeTls(boring));
                assertThat(report.expiry().leaf())
                        .as(what + " " + boring + report.findings())
                        .isNotNull()
                        .isBetween(Pki.NOW.plus(Duration.ofDays(76)), Pki.NOW.plus(Duration.ofDays(78)));
                assertThat(report.chain().get(0).keyBits()).isPositive();
                assertThat(report.level()).as(report.findings().toString()).isLessThan(Level.CRITICAL);
            }
        }
    }
}
