package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.finding.FindingCode.REVOCATION_UNKNOWN;
import static dev.pgpool.certwatch.finding.FindingCode.REVOKED;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.internal.tls.EncodedStaple;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.ReasonFlags;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A revoked certificate is never passed over: not for its own oddity, and not for a list that does not cover it. */
class RevocationTest {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle STRANGER = Pki.root("Stranger");
    private static final Duration YEAR = Duration.ofDays(300);
    private static final Map<String, byte[]> LISTS = new ConcurrentHashMap<>();

    private static HttpServer web;

    @BeforeAll
    static void serveLists() throws Exception {
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.createContext("/", exchange -> {
            byte[] list = LISTS.get(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(list == null ? 404 : 200, list == null ? -1 : list.length);
            if (list != null) {
                exchange.getResponseBody().write(list);
            }
            exchange.close();
        });
        web.start();
    }

    @AfterAll
    static void stop() {
        web.stop(0);
    }

    private static URI url(String path) {
        return URI.create("http://127.0.0.1:" + web.getAddress().getPort() + path);
    }

    private static Revocation.Checked check(RevocationPolicy policy, byte[] staple, X509Certificate... served) {
        ServedChain chain = new ServedChain(
                "here", List.of(served), staple == null ? null : new EncodedStaple(staple), Kind.SERVED);
        return new Revocation(policy).check(chain, new TrustAnchors(Pki.chain(ROOT), false), Pki.NOW);
    }

    private static List<FindingCode> codes(Revocation.Checked checked) {
        return checked.findings().stream().map(finding -> finding.code()).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "proper, revoked, REVOKED",
        "odd, revoked, REVOKED",
        "weak, revoked, REVOKED",
        "expired, revoked, REVOKED",
        "proper, revoked and stale, REVOKED",
        "proper, revoked by a stranger, REVOKED",
        "proper, revoked another, REVOCATION_UNKNOWN",
        "odd, revoked another, REVOCATION_UNKNOWN",
        "proper, good, ",
        "odd, good, REVOCATION_UNKNOWN",
    })
    void whatTheServerSaysOfItsOwnCertificateCounts(String kind, String staple, FindingCode code) throws Exception {
        X509Certificate leaf = switch (kind) {
            case "odd" ->
                Certificates.parse(OddCertificates.of("names twice", ROOT).encoded());
            case "weak" -> {
                KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
                rsa.initialize(768);
                yield Pki.leaf(
                                "localhost",
                                ROOT,
                                Pki.NOW.minusSeconds(60),
                                Pki.NOW.plus(YEAR),
                                b -> b.keyPair(rsa.generateKeyPair()))
                        .getCertificate();
            }
            case "expired" -> Pki.leaf("localhost", ROOT, Duration.ofDays(-1)).getCertificate();
            default -> Pki.leaf("localhost", ROOT, YEAR).getCertificate();
        };
        BigInteger serial =
                staple.endsWith("another") ? leaf.getSerialNumber().add(BigInteger.ONE) : leaf.getSerialNumber();
        CertificateStatus status = staple.startsWith("revoked")
                ? new RevokedStatus(Date.from(Pki.NOW.minusSeconds(60)), CRLReason.keyCompromise)
                : CertificateStatus.GOOD;
        byte[] response = ocsp(
                serial,
                status,
                staple.endsWith("stranger") ? STRANGER : ROOT,
                Pki.NOW.plusSeconds(staple.endsWith("stale") ? -86_400 * 3 : 3600));
        Revocation.Checked checked = check(RevocationPolicy.STAPLED_ONLY, response, leaf, ROOT.getCertificate());
        assertThat(codes(checked)).isEqualTo(code == null ? List.of() : List.of(code));
    }

    /** The path is that of the list; {@code leaf} and {@code authority} say who is looked up. */
    @ParameterizedTest
    @CsvSource({
        "leaf, plain, ",
        "leaf, plain revoked, REVOKED",
        "leaf, users, ",
        "leaf, authorities, REVOCATION_UNKNOWN",
        "authority, authorities, ",
        "authority, users, REVOCATION_UNKNOWN",
        "leaf, reasons, REVOCATION_UNKNOWN",
        "leaf, reasons revoked, REVOKED",
        "leaf, attributes, REVOCATION_UNKNOWN",
        "leaf, elsewhere, REVOCATION_UNKNOWN",
        "leaf, stale, REVOCATION_UNKNOWN",
        "leaf, stale revoked, REVOKED",
        "leaf, stranger revoked, REVOCATION_UNKNOWN",
        "leaf, none, REVOCATION_UNKNOWN",
    })
    void aListSaysNothingOfCertificatesThatItDoesNotCover(String who, String kind, FindingCode code) throws Exception {
        String path = "/" + who + "-" + kind.replace(' ', '-');
        X509Certificate certificate = certificate(who, url(path));
        put(path, kind, certificate.getSerialNumber());
        Revocation.Checked checked =
                check(RevocationPolicy.CRL.allowingPrivateAddresses(), null, certificate, ROOT.getCertificate());
        assertThat(codes(checked)).isEqualTo(code == null ? List.of() : List.of(code));
        boolean known = !kind.startsWith("none") && !kind.startsWith("stranger");
        assertThat(checked.lists().values())
                .hasSize(known ? 1 : 0)
                .allSatisfy(dates -> assertThat(dates)
                        .isEqualTo(new CrlDates(
                                url(path).toString(),
                                Pki.NOW.minusSeconds(86_400 * 2),
                                kind.startsWith("stale") ? Pki.NOW.minusSeconds(60) : Pki.NOW.plusSeconds(86_400))));
    }

    @Test
    void theNextDistributionPointIsAskedWhereTheFirstTellsNothing() throws Exception {
        X509Certificate leaf = Pki.leaf(
                        "localhost",
                        ROOT,
                        Pki.NOW.minusSeconds(60),
                        Pki.NOW.plus(YEAR),
                        b -> b.addCrlDistributionPoint(url("/dead")).addCrlDistributionPoint(url("/alive")))
                .getCertificate();
        put("/alive", "plain revoked", leaf.getSerialNumber());
        Revocation.Checked checked =
                check(RevocationPolicy.CRL.allowingPrivateAddresses(), null, leaf, ROOT.getCertificate());
        assertThat(codes(checked)).containsExactly(REVOKED);
        LISTS.remove("/alive");
        assertThat(codes(check(RevocationPolicy.CRL.allowingPrivateAddresses(), null, leaf, ROOT.getCertificate())))
                .containsExactly(REVOCATION_UNKNOWN);
    }

    private static X509Certificate certificate(String who, URI url) {
        return who.equals("leaf")
                ? Pki.leaf(
                                "localhost",
                                ROOT,
                                Pki.NOW.minusSeconds(60),
                                Pki.NOW.plus(YEAR),
                                b -> b.addCrlDistributionPoint(url))
                        .getCertificate()
                : Pki.intermediate("Middle", ROOT, b -> b.addCrlDistributionPoint(url))
                        .getCertificate();
    }

    private static void put(String path, String kind, BigInteger serial) throws Exception {
        if (kind.equals("none")) {
            return;
        }
        X509Bundle signer = kind.startsWith("stranger") ? STRANGER : ROOT;
        JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(
                ROOT.getCertificate().getSubjectX500Principal(), Date.from(Pki.NOW.minusSeconds(86_400 * 2)));
        builder.setNextUpdate(
                Date.from(kind.startsWith("stale") ? Pki.NOW.minusSeconds(60) : Pki.NOW.plusSeconds(86_400)));
        if (kind.endsWith("revoked")) {
            builder.addCRLEntry(serial, Date.from(Pki.NOW.minusSeconds(600)), CRLReason.keyCompromise);
        }
        DistributionPointName elsewhere = new DistributionPointName(
                new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, "http://elsewhere/list")));
        IssuingDistributionPoint scope = switch (kind.split(" ")[0]) {
            case "users" -> new IssuingDistributionPoint(null, true, false, null, false, false);
            case "authorities" -> new IssuingDistributionPoint(null, false, true, null, false, false);
            case "reasons" ->
                new IssuingDistributionPoint(
                        null, false, false, new ReasonFlags(ReasonFlags.keyCompromise), false, false);
            case "attributes" -> new IssuingDistributionPoint(null, false, false, null, false, true);
            case "elsewhere" -> new IssuingDistributionPoint(elsewhere, false, false, null, false, false);
            default -> null;
        };
        if (scope != null) {
            builder.addExtension(Extension.issuingDistributionPoint, true, scope);
        }
        LISTS.put(path, builder.build(signer(signer)).getEncoded());
    }

    private static ContentSigner signer(X509Bundle bundle) throws Exception {
        return new JcaContentSignerBuilder("SHA256withECDSA")
                .build(bundle.getKeyPair().getPrivate());
    }

    private static byte[] ocsp(BigInteger serial, CertificateStatus status, X509Bundle signer, Instant next)
            throws Exception {
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().build();
        X509CertificateHolder issuer =
                new X509CertificateHolder(ROOT.getCertificate().getEncoded());
        BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(
                SubjectPublicKeyInfo.getInstance(signer.getKeyPair().getPublic().getEncoded()),
                digests.get(RespID.HASH_SHA1));
        Date produced = Date.from(next.minusSeconds(7200));
        builder.addResponse(
                new CertificateID(digests.get(CertificateID.HASH_SHA1), issuer, serial),
                status,
                produced,
                Date.from(next),
                null);
        return new OCSPRespBuilder()
                .build(
                        OCSPRespBuilder.SUCCESSFUL,
                        builder.build(signer(signer), new X509CertificateHolder[] {issuer}, produced))
                .getEncoded();
    }
}
