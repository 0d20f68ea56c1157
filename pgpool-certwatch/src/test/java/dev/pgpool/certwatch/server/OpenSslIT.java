package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.OpenSsl;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.report.OcspStaple;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes of OpenSSL servers: old protocols, client certificates, staples; and at revocation lists. */
class OpenSslIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle INTERMEDIATE = Pki.intermediate("Intermediate", ROOT);
    private static final List<X509Certificate> ABOVE = List.of(INTERMEDIATE.getCertificate());
    private static final Duration YEAR = Duration.ofDays(300);

    @TempDir
    Path directory;

    private static Endpoint at(OpenSsl server) {
        return CertTarget.tls("127.0.0.1", server.port()).withServerName("localhost");
    }

    @Test
    void healthyServer() {
        try (OpenSsl server = new OpenSsl(directory, Pki.leaf("localhost", INTERMEDIATE, YEAR), ABOVE)) {
            assertThat(probeAt(at(server), ROOT).findings()).isEmpty();
        }
    }

    @Test
    void oldTlsVersionsAreNamed() {
        for (String version : List.of("-tls1", "-tls1_1")) {
            try (OpenSsl server = new OpenSsl(
                    directory,
                    Pki.leaf("localhost", INTERMEDIATE, YEAR),
                    ABOVE,
                    version,
                    "-cipher",
                    "DEFAULT:@SECLEVEL=0")) {
                CertReport seen =
                        probeAt(at(server), patient().trust(trust(ROOT)).nativeTls(true));
                assertThat(codes(seen)).containsExactly(PROTOCOL_TOO_OLD);
                assertThat(seen.level()).isEqualTo(Level.WARNING);
                assertThat(seen.expiry().verified()).isNotNull();

                CertReport refused =
                        probeAt(at(server), patient().trust(trust(ROOT)).nativeTls(false));
                assertThat(codes(refused)).containsExactly(PROTOCOL_TOO_OLD);
                // Java refuses the version, but up to TLS 1.2 the chain can be overheard.
                assertThat(refused.expiry()).isEqualTo(seen.expiry());
            }
        }
    }

    @Test
    void demandedClientCertificateStillShowsTheChain() {
        for (String version : List.of("-tls1_2", "-tls1_3")) {
            try (OpenSsl server =
                    new OpenSsl(directory, Pki.leaf("localhost", INTERMEDIATE, YEAR), ABOVE, version, "-Verify", "1")) {
                CertReport report = probeAt(at(server), ROOT);
                assertThat(codes(report)).containsExactly(CLIENT_CERT_REQUIRED);
                assertThat(report.expiry().verified()).isNotNull();
            }
        }
    }

    @Test
    void staplesAreEvaluatedWithoutTheNetwork() throws Exception {
        X509Bundle leaf = Pki.leaf("localhost", INTERMEDIATE, YEAR);
        Path good = Files.write(directory.resolve("good.der"), ocsp(leaf, CertificateStatus.GOOD, 60));
        Path revoked = Files.write(
                directory.resolve("revoked.der"),
                ocsp(leaf, new RevokedStatus(new Date(), CRLReason.keyCompromise), 60));
        Path stale = Files.write(directory.resolve("stale.der"), ocsp(leaf, CertificateStatus.GOOD, -86_400 * 3));
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-status_file", good.toString())) {
            assertThat(probeAt(at(server), ROOT).findings()).isEmpty();
        }
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-status_file", revoked.toString(), "-tls1_2")) {
            CertReport report = probeAt(at(server), ROOT);
            assertThat(codes(report)).containsExactly(REVOKED);
            assertThat(report.success()).isFalse();
        }
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-status_file", stale.toString())) {
            CertReport report = probeAt(at(server), ROOT);
            assertThat(codes(report)).containsExactly(REVOCATION_UNKNOWN);
            assertThat(report.level()).isEqualTo(Level.OK);
        }
    }

    @Test
    void mustStapleWithoutStapleIsAFinding() throws Exception {
        X509Bundle leaf = Pki.leaf(
                "localhost",
                INTERMEDIATE,
                Pki.NOW,
                Pki.NOW.plus(YEAR),
                b -> b.addExtensionOctetString("1.3.6.1.5.5.7.1.24", false, new byte[] {0x30, 3, 2, 1, 5}));
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE)) {
            assertThat(codes(probeAt(at(server), ROOT))).containsExactly(MUST_STAPLE_MISSING);
        }
        Path good = Files.write(directory.resolve("must.der"), ocsp(leaf, CertificateStatus.GOOD, 60));
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-status_file", good.toString())) {
            CertReport report = probeAt(at(server), ROOT);
            assertThat(report.findings()).isEmpty();
            assertThat(report.expiry().staple())
                    .isEqualTo(new OcspStaple("good", Pki.NOW.minusSeconds(3600), Pki.NOW.plusSeconds(3600)));
        }
        Map<String, byte[]> useless = Map.of(
                "expired", ocsp(leaf, CertificateStatus.GOOD, -86_400),
                "tryLater",
                        new OCSPRespBuilder()
                                .build(OCSPRespBuilder.TRY_LATER, null)
                                .getEncoded(),
                "internalError",
                        new OCSPRespBuilder()
                                .build(OCSPRespBuilder.INTERNAL_ERROR, null)
                                .getEncoded(),
                "unauthorized",
                        new OCSPRespBuilder()
                                .build(OCSPRespBuilder.UNAUTHORIZED, null)
                                .getEncoded(),
                "of another", ocsp(Pki.leaf("localhost", INTERMEDIATE, YEAR), CertificateStatus.GOOD, 60));
        for (Map.Entry<String, byte[]> staple : useless.entrySet()) {
            Path file = Files.write(directory.resolve("useless.der"), staple.getValue());
            try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-status_file", file.toString())) {
                CertReport report = probeAt(at(server), ROOT);
                assertThat(codes(report)).as(staple.getKey()).containsExactly(MUST_STAPLE_MISSING);
                assertThat(report.level()).isEqualTo(Level.WARNING);
                assertThat(report.expiry().staple().status())
                        .isEqualTo(
                                staple.getKey().contains(" ") || staple.getKey().equals("expired")
                                        ? "good"
                                        : staple.getKey());
            }
        }
    }

    /** Java and BoringSSL refuse such chains themselves; the dates must be there all the same. */
    @Test
    void weakKeysAndSignaturesAreSeenOverTheWire() throws Exception {
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(1024);
        KeyPair weak = rsa.generateKeyPair();
        X509Bundle leaf = Pki.leaf("localhost", INTERMEDIATE, Pki.NOW, Pki.NOW.plus(YEAR), b -> b.keyPair(weak));
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE, "-cipher", "DEFAULT:@SECLEVEL=0")) {
            CertReport report = probeAt(at(server), ROOT);
            assertThat(codes(report)).contains(WEAK_KEY);
            assertThat(report.level()).isEqualTo(Level.WARNING);
            assertThat(report.success()).isTrue();
            assertThat(report.expiry().verified()).isEqualTo(Pki.NOW.plus(YEAR));
        }
    }

    @Test
    void listsAreFetchedOnlyIfToldAndNotFromPrivateAddressesUnlessAllowed() throws Exception {
        AtomicInteger fetched = new AtomicInteger();
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        URI url = URI.create("http://127.0.0.1:" + web.getAddress().getPort() + "/list.crl");
        X509Bundle leaf =
                Pki.leaf("localhost", INTERMEDIATE, Pki.NOW, Pki.NOW.plus(YEAR), b -> b.addCrlDistributionPoint(url));
        byte[] list = crl(leaf.getCertificate().getSerialNumber());
        web.createContext("/", exchange -> {
            fetched.incrementAndGet();
            exchange.sendResponseHeaders(200, list.length);
            exchange.getResponseBody().write(list);
            exchange.close();
        });
        web.start();
        try (OpenSsl server = new OpenSsl(directory, leaf, ABOVE)) {
            assertThat(probeAt(at(server), ROOT).findings()).isEmpty();
            CertReport refused =
                    probeAt(at(server), patient().trust(trust(ROOT)).revocation(RevocationPolicy.CRL));
            assertThat(codes(refused)).containsExactly(REVOCATION_UNKNOWN);
            assertThat(refused.success()).isTrue();
            assertThat(fetched).hasValue(0);
            CertReport revoked = probeAt(
                    at(server),
                    patient().trust(trust(ROOT)).revocation(RevocationPolicy.CRL.allowingPrivateAddresses()));
            assertThat(codes(revoked)).containsExactly(REVOKED);
            assertThat(fetched).hasValue(1);
        } finally {
            web.stop(0);
        }
    }

    /** On both pages, and only where series of certificates are asked for. */
    @Test
    void theDatesOfStaplesAndListsAreSeriesOfTheirCertificates() throws Exception {
        byte[] list = crl(BigInteger.ONE);
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, list.length);
            exchange.getResponseBody().write(list);
            exchange.close();
        });
        web.start();
        URI url = URI.create("http://127.0.0.1:" + web.getAddress().getPort() + "/list.crl");
        X509Bundle listed =
                Pki.leaf("localhost", INTERMEDIATE, Pki.NOW, Pki.NOW.plus(YEAR), b -> b.addCrlDistributionPoint(url));
        X509Bundle stapled = Pki.leaf("localhost", INTERMEDIATE, YEAR);
        Path good = Files.write(directory.resolve("dates.der"), ocsp(stapled, CertificateStatus.GOOD, 60));
        try (OpenSsl one = new OpenSsl(directory, stapled, ABOVE, "-status_file", good.toString());
                OpenSsl other = new OpenSsl(directory, listed, ABOVE)) {
            for (int max : new int[] {0, 100}) {
                PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
                try (CertWatch watch = patient()
                                .trust(trust(ROOT))
                                .certificateSeries(max)
                                .revocation(RevocationPolicy.CRL.allowingPrivateAddresses())
                                .target(at(one).named("stapled"))
                                .target(at(other).named("listed"))
                                .build();
                        CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
                    watch.start();
                    CertSnapshot seen = watch.checkNow().get();
                    assertThat(seen.worst()).isEqualTo(Level.OK);
                    StringBuilder page = new StringBuilder();
                    PrometheusText.write(watch, page);
                    for (String text : List.of(page.toString(), registry.scrape())) {
                        Map<String, Double> dates = new TreeMap<>();
                        PrometheusPage.read(text).forEach((key, value) -> {
                            if (key.matches(".*certificate_(ocsp|crl)_.*")) {
                                dates.put(
                                        key.replaceAll("certwatch_chain_certificate_|_update.*role=|, serial.*", "")
                                                + (key.contains("instance=listed") ? " listed" : " stapled"),
                                        value);
                            }
                        });
                        Map<String, Double> expected = Map.of(
                                "ocsp_thisleaf stapled",
                                        (double) Pki.NOW.minusSeconds(3600).getEpochSecond(),
                                "ocsp_nextleaf stapled",
                                        (double) Pki.NOW.plusSeconds(3600).getEpochSecond(),
                                "crl_thisleaf listed",
                                        (double) Pki.NOW.minusSeconds(60).getEpochSecond(),
                                "crl_nextleaf listed",
                                        (double) Pki.NOW.plusSeconds(86_400).getEpochSecond());
                        assertThat(dates).isEqualTo(max == 0 ? Map.of() : expected);
                    }
                    CertReport report = seen.report("listed").orElseThrow();
                    assertThat(report.chains().get(0).entries().get(0).crl())
                            .isEqualTo(new CrlDates(
                                    url.toString(), Pki.NOW.minusSeconds(60), Pki.NOW.plusSeconds(86_400)));
                    assertThat(metrics).isNotNull();
                }
            }
        } finally {
            web.stop(0);
        }
    }

    private static byte[] crl(BigInteger revoked) throws Exception {
        JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(
                INTERMEDIATE.getCertificate().getSubjectX500Principal(), Date.from(Pki.NOW.minusSeconds(60)));
        builder.setNextUpdate(Date.from(Pki.NOW.plusSeconds(86_400)));
        builder.addCRLEntry(revoked, Date.from(Pki.NOW.minusSeconds(600)), CRLReason.keyCompromise);
        return builder.build(signer()).getEncoded();
    }

    private static ContentSigner signer() throws Exception {
        return new JcaContentSignerBuilder("SHA256withECDSA")
                .build(INTERMEDIATE.getKeyPair().getPrivate());
    }

    private static byte[] ocsp(X509Bundle leaf, CertificateStatus status, long nextUpdateSeconds) throws Exception {
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().build();
        X509CertificateHolder issuer =
                new X509CertificateHolder(INTERMEDIATE.getCertificate().getEncoded());
        CertificateID id = new CertificateID(
                digests.get(CertificateID.HASH_SHA1),
                issuer,
                leaf.getCertificate().getSerialNumber());
        BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(
                SubjectPublicKeyInfo.getInstance(
                        INTERMEDIATE.getKeyPair().getPublic().getEncoded()),
                digests.get(RespID.HASH_SHA1));
        Date produced = Date.from(Pki.NOW.plusSeconds(Math.min(0, nextUpdateSeconds) - 3600));
        builder.addResponse(id, status, produced, Date.from(Pki.NOW.plusSeconds(nextUpdateSeconds * 60)), null);
        return new OCSPRespBuilder()
                .build(
                        OCSPRespBuilder.SUCCESSFUL,
                        builder.build(signer(), new X509CertificateHolder[] {issuer}, produced))
                .getEncoded();
    }
}
