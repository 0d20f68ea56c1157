package dev.pgpool.certwatch.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Thresholds;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChainJudgementTest {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle MIDDLE = Pki.intermediate("Middle", ROOT);
    private static final Duration YEAR = Duration.ofDays(300);

    private final ChainInspector inspector = new ChainInspector();

    private Inspection inspect(List<X509Certificate> served, X509Bundle... anchors) {
        return inspect(CertTarget.tls("localhost", 443), served, anchors);
    }

    private Inspection inspect(Endpoint target, List<X509Certificate> served, X509Bundle... anchors) {
        return inspector.inspect(
                target,
                new ServedChain("here", served, null, Kind.SERVED),
                new TrustAnchors(Pki.chain(anchors), false),
                List.of());
    }

    private static Verdict now(Inspection inspection) {
        return Judge.verdict(inspection, Thresholds.ADAPTIVE, Pki.NOW);
    }

    private static Set<FindingCode> codes(Verdict verdict) {
        return verdict.findings().stream().map(Finding::code).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @CsvSource({
        "398, 30, 7",
        "200, 30, 7",
        "120, 30, 7",
        "100, 25, 7",
        "90, 22.5, 7",
        "64, 16, 6.4",
        "47, 11.75, 4.7",
        "45, 11.25, 4.5",
        "6, 1.5, 0.6"
    })
    void thresholdsFollowTheLifetimeAndAlarmOnlyBelow(double lifetime, double warning, double critical) {
        Instant end = Pki.NOW.plus(Duration.ofDays(1000));
        X509Bundle leaf = Pki.leaf(
                "localhost",
                Pki.root("Long", b -> b.notAfter(end.plus(Duration.ofDays(3650)))),
                end.minusSeconds(Math.round(lifetime * 86_400)),
                end,
                b -> b);
        Inspection inspection = inspector.inspect(
                CertTarget.tls("localhost", 443),
                new ServedChain("here", Pki.chain(leaf), null, Kind.FILE),
                null,
                List.of());
        for (double[] step : new double[][] {{warning, 0}, {critical, 1}}) {
            Instant edge = end.minusSeconds(Math.round(step[0] * 86_400));
            assertThat(codes(Judge.verdict(inspection, Thresholds.ADAPTIVE, edge)))
                    .doesNotContain(step[1] == 0 ? FindingCode.EXPIRING_WARNING : FindingCode.EXPIRING_CRITICAL);
            assertThat(codes(Judge.verdict(inspection, Thresholds.ADAPTIVE, edge.plusSeconds(1))))
                    .contains(step[1] == 0 ? FindingCode.EXPIRING_WARNING : FindingCode.EXPIRING_CRITICAL);
        }
        assertThat(codes(Judge.verdict(inspection, Thresholds.ADAPTIVE, end.plusMillis(999))))
                .doesNotContain(FindingCode.EXPIRED);
        assertThat(codes(Judge.verdict(inspection, Thresholds.ADAPTIVE, end.plusSeconds(1))))
                .containsExactly(FindingCode.EXPIRED);
    }

    @Test
    void fixedDaysIgnoreTheLifetime() {
        X509Bundle leaf = Pki.leaf("localhost", ROOT, Pki.NOW, Pki.NOW.plus(Duration.ofDays(47)), b -> b);
        Inspection inspection = inspect(Pki.chain(leaf), ROOT);
        Instant later = Pki.NOW.plus(Duration.ofDays(18));
        assertThat(codes(Judge.verdict(inspection, Thresholds.ADAPTIVE, later))).isEmpty();
        assertThat(codes(Judge.verdict(inspection, Thresholds.fixed(Duration.ofDays(30), Duration.ofDays(7)), later)))
                .containsExactly(FindingCode.EXPIRING_WARNING);
    }

    /** The AddTrust accident: an authority certified by an old root that expired and by itself. */
    @Test
    void expiredCrossSignatureHarmsNobodyWhoTrustsTheNewRoot() {
        X509Bundle oldRoot = Pki.root("Old Root", b -> b.notAfter(Pki.NOW.minusSeconds(60)));
        X509Bundle newRoot = Pki.root("Authority");
        X509Bundle cross = Pki.intermediate(
                "Authority", oldRoot, b -> b.keyPair(newRoot.getKeyPair()).notAfter(Pki.NOW.minusSeconds(60)));
        X509Bundle leaf = Pki.leaf("localhost", newRoot, YEAR);
        List<X509Certificate> served = Pki.chain(leaf, cross);

        Verdict verdict = now(inspect(served, newRoot, oldRoot));
        assertThat(codes(verdict)).containsExactly(FindingCode.SUPERFLUOUS_EXPIRED);
        assertThat(verdict.expiry().verified())
                .isEqualTo(leaf.getCertificate().getNotAfter().toInstant());
        assertThat(verdict.expiry().served())
                .isEqualTo(cross.getCertificate().getNotAfter().toInstant());
        // a client that trusts only the old root refuses the chain
        assertThat(codes(now(inspect(served, oldRoot)))).contains(FindingCode.EXPIRED);
    }

    @Test
    void theHorizonIsTheLastPathToBreak() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair key = generator.generateKeyPair();
        Instant soon = Pki.NOW.plus(Duration.ofDays(40));
        Instant later = Pki.NOW.plus(Duration.ofDays(90));
        X509Bundle one = Pki.root("One");
        X509Bundle two = Pki.root("Two");
        X509Bundle viaOne = Pki.intermediate("Shared", one, b -> b.keyPair(key).notAfter(soon));
        X509Bundle viaTwo = Pki.intermediate("Shared", two, b -> b.keyPair(key).notAfter(later));
        X509Bundle leaf = Pki.leaf("localhost", viaOne, YEAR);
        List<X509Certificate> served = Pki.chain(leaf, viaOne, viaTwo);
        assertThat(now(inspect(served, one, two)).expiry().verified()).isEqualTo(later);
        assertThat(now(inspect(served, one)).expiry().verified()).isEqualTo(soon);
        assertThat(now(inspect(served, two)).expiry().effective()).isEqualTo(later);
        assertThat(now(inspect(served, two)).expiry().served()).isEqualTo(soon);
    }

    @Test
    void orderAndStrangersNeverMoveTheHorizon() {
        Random random = new Random(7);
        X509Bundle second = Pki.intermediate("Second", MIDDLE);
        X509Bundle leaf = Pki.leaf("localhost", second, YEAR);
        Instant horizon =
                now(inspect(Pki.chain(leaf, second, MIDDLE), ROOT)).expiry().verified();
        X509Bundle stranger = Pki.intermediate("Stranger", Pki.root("X"), b -> b.notAfter(Pki.NOW.minusSeconds(9)));
        for (int i = 0; i < 20; i++) {
            List<X509Certificate> rest = new ArrayList<>(Pki.chain(second, MIDDLE, stranger, ROOT));
            Collections.shuffle(rest, random);
            rest.add(0, leaf.getCertificate());
            Verdict verdict = now(inspect(rest, ROOT));
            assertThat(verdict.expiry().verified()).isEqualTo(horizon);
            assertThat(verdict.expiry().effective()).isEqualTo(horizon);
        }
    }

    @Test
    void anAuthorityBeyondItsPathLengthIsInvalid() {
        X509Bundle narrow = Pki.intermediate("Narrow", ROOT, b -> b.setPathLengthConstraint(OptionalInt.of(0)));
        X509Bundle below = Pki.intermediate("Below", narrow);
        X509Bundle leaf = Pki.leaf("localhost", below, YEAR);
        Verdict verdict = now(inspect(Pki.chain(leaf, below, narrow), ROOT));
        assertThat(codes(verdict)).containsExactly(FindingCode.CHAIN_INVALID);
        assertThat(verdict.expiry().effective()).isNotNull();
        assertThat(verdict.expiry().verified()).isNull();
    }

    @Test
    void aNameSharedByAnotherKeyIsNoPath() {
        X509Bundle impostor = Pki.root("Root");
        X509Bundle leaf = Pki.leaf("localhost", impostor, YEAR);
        assertThat(codes(now(inspect(Pki.chain(leaf), ROOT)))).containsExactly(FindingCode.CHAIN_INVALID);
    }

    @Test
    void aThousandCertificatesThatNameEachOtherAreBounded() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        List<X509Certificate> served = new ArrayList<>();
        X509Bundle issuer = Pki.intermediate("Loop", Pki.root("Loop"));
        served.add(Pki.leaf("localhost", issuer, YEAR).getCertificate());
        for (int i = 0; i < 30; i++) {
            KeyPair key = generator.generateKeyPair();
            served.add(Pki.intermediate("Loop", Pki.root("Loop"), b -> b.keyPair(key))
                    .getCertificate());
        }
        assertThat(now(inspect(served, ROOT)).expiry().verified()).isNull();
        SignatureChecks checks = new SignatureChecks();
        TrustAnchors anchors = new TrustAnchors(Pki.chain(ROOT), false);
        assertThat(new PathFinder(served, anchors, checks).find()).isEmpty();
        ChainLinks.linked(served, checks);
        assertThat(checks.count()).isLessThanOrEqualTo(SignatureChecks.MAX);
        // more of them than may be checked
        for (int i = 0; i < 300; i++) {
            served.add(Pki.intermediate("Loop", ROOT).getCertificate());
        }
        Verdict verdict = now(inspect(served, Pki.root("Loop")));
        assertThat(codes(verdict)).contains(FindingCode.CHAIN_INVALID);
        assertThat(verdict.findings())
                .anySatisfy(finding -> assertThat(finding.message()).contains("signature checks"));
    }

    /** Keys that certify each other in every direction: paths without end if signatures were all that is counted. */
    @Test
    void authoritiesThatAllCertifyEachOtherAreBoundedAndThePathIsFound() {
        List<X509Bundle> keys = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            keys.add(Pki.root("Mesh " + i));
        }
        List<X509Certificate> served = new ArrayList<>();
        served.add(Pki.leaf("localhost", keys.get(0), YEAR).getCertificate());
        for (X509Bundle subject : keys) {
            for (X509Bundle issuer : keys) {
                if (subject != issuer) {
                    served.add(Pki.intermediate(
                                    subject.getCertificate()
                                            .getSubjectX500Principal()
                                            .getName()
                                            .substring(3),
                                    issuer,
                                    b -> b.keyPair(subject.getKeyPair()).setPathLengthConstraint(OptionalInt.empty()))
                            .getCertificate());
                }
            }
        }
        SignatureChecks checks = new SignatureChecks();
        TrustAnchors anchors = new TrustAnchors(Pki.chain(keys.get(8)), false);
        assertThat(new PathFinder(served, anchors, checks).find()).isNotEmpty().hasSizeLessThanOrEqualTo(64);
        assertThat(checks.count()).isLessThanOrEqualTo(SignatureChecks.MAX);
        assertThat(codes(now(inspect(served, keys.get(8))))).doesNotContain(FindingCode.CHAIN_INVALID);
        // and without a way out every order of them would be a path
        PathFinder lost = new PathFinder(served, new TrustAnchors(Pki.chain(ROOT), false), new SignatureChecks());
        assertThat(lost.find()).isEmpty();
        assertThat(lost.objection()).contains("2000 steps");
    }

    @Test
    void equalChainsOfDifferentTargetsAreInspectedOnceAndJudgedByTheirOwnPolicy() {
        List<X509Certificate> served = Pki.chain(Pki.leaf("localhost", MIDDLE, YEAR), MIDDLE);
        TrustAnchors anchors = new TrustAnchors(Pki.chain(ROOT), false);
        TrustAnchors others = new TrustAnchors(Pki.chain(Pki.root("Other")), false);
        Inspection one = inspector.inspect(CertTarget.tls("localhost", 443), served("a", served), anchors, List.of());
        Inspection two = inspector.inspect(CertTarget.tls("other", 443), served("b", served), anchors, List.of());
        Inspection three = inspector.inspect(CertTarget.tls("localhost", 443), served("a", served), others, List.of());
        Inspection four = inspector.inspect(
                CertTarget.tls("localhost", 443).withVerification(Verification.NONE),
                served("a", served),
                others,
                List.of());
        assertThat(two.paths()).isSameAs(one.paths());
        assertThat(two.where()).isEqualTo("b");
        assertThat(codes(now(one))).isEmpty();
        assertThat(codes(now(two))).containsExactly(FindingCode.HOSTNAME_MISMATCH);
        assertThat(three.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.INCOMPLETE_CHAIN);
            assertThat(finding.severity()).isEqualTo(Severity.CRITICAL);
        });
        assertThat(four.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.INFO));
    }

    private static ServedChain served(String where, List<X509Certificate> certificates) {
        return new ServedChain(where, certificates, null, Kind.SERVED);
    }

    /** Where nothing is known of trust, what the leaf is not linked to cannot break a client. */
    @Test
    void anExpiredStrangerIsNoEndOfAChainWithoutTrust() {
        X509Bundle own = Pki.selfSigned("localhost", YEAR);
        X509Bundle stranger = Pki.intermediate("Stranger", ROOT, b -> b.notAfter(Pki.NOW.minusSeconds(60)));
        Endpoint database = CertTarget.postgres("localhost", 5432);
        Verdict verdict = now(inspect(database, Pki.chain(own, stranger), Pki.root("Other")));
        assertThat(codes(verdict)).doesNotContain(FindingCode.EXPIRED).contains(FindingCode.SUPERFLUOUS_EXPIRED);
        assertThat(verdict.expiry().verified()).isNull();
        assertThat(verdict.expiry().effective()).isEqualTo(Pki.NOW.plus(YEAR));
        assertThat(verdict.expiry().served()).isEqualTo(Pki.NOW.minusSeconds(60));
    }

    @Test
    void wrongUsageIsFound() throws Exception {
        X509Bundle client = new io.netty.pkitesting.CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageClientAuth()
                .notBefore(Pki.NOW)
                .notAfter(Pki.NOW.plus(YEAR))
                .buildIssuedBy(ROOT);
        assertThat(codes(now(inspect(Pki.chain(client), ROOT)))).contains(FindingCode.WRONG_EKU);
    }

    @Test
    void weakKeyAndWeakSignatureAreWarningsAndKeepTheDates() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        KeyPair weak = generator.generateKeyPair();
        generator.initialize(2048);
        KeyPair rootKey = generator.generateKeyPair();
        X509Certificate root = issue("CN=Weak Root", rootKey, "CN=Weak Root", rootKey, "SHA256withRSA");
        X509Certificate leaf = issue("CN=localhost", weak, "CN=Weak Root", rootKey, "SHA1withRSA");
        Inspection inspection = inspector.inspect(
                CertTarget.tls("localhost", 443).withVerification(Verification.CA),
                new ServedChain("here", List.of(leaf), null, Kind.SERVED),
                new TrustAnchors(List.of(root), false),
                List.of());
        Verdict verdict = now(inspection);
        assertThat(codes(verdict)).contains(FindingCode.WEAK_KEY, FindingCode.WEAK_SIGNATURE);
        assertThat(verdict.expiry().verified()).isEqualTo(leaf.getNotAfter().toInstant());
    }

    private static X509Certificate issue(
            String subject, KeyPair key, String issuer, KeyPair issuerKey, String algorithm) throws Exception {
        return new JcaX509CertificateConverter()
                .getCertificate(new JcaX509v3CertificateBuilder(
                                new X500Principal(issuer),
                                BigInteger.valueOf(System.nanoTime()),
                                Date.from(Pki.NOW.minusSeconds(60)),
                                Date.from(Pki.NOW.plus(YEAR)),
                                new X500Principal(subject),
                                key.getPublic())
                        .build(new JcaContentSignerBuilder(algorithm).build(issuerKey.getPrivate())));
    }

    @Test
    void commonNameCountsForLibpqOnly() throws Exception {
        X509Bundle cnOnly = new io.netty.pkitesting.CertificateBuilder()
                .ecp256()
                .subject("CN=db.example.org")
                .notBefore(Pki.NOW)
                .notAfter(Pki.NOW.plus(YEAR))
                .buildIssuedBy(ROOT);
        Endpoint database = CertTarget.postgres("db.example.org", 5432).withVerification(Verification.FULL);
        assertThat(codes(now(inspect(database, Pki.chain(cnOnly), ROOT)))).containsExactly(FindingCode.CN_ONLY);
        assertThat(codes(now(inspect(CertTarget.https("db.example.org"), Pki.chain(cnOnly), ROOT))))
                .containsExactly(FindingCode.HOSTNAME_MISMATCH);
    }

    @ParameterizedTest
    @CsvSource({
        "example.org, example.org, true",
        "EXAMPLE.org, example.ORG., true",
        "*.example.org, a.example.org, true",
        "*.example.org, a.b.example.org, false",
        "*.example.org, example.org, false",
        "f*.example.org, foo.example.org, false",
        "*.org, example.org, false",
        "a.*.org, a.example.org, false",
        "*, localhost, false",
        "*.*.org, a.b.org, false",
        "example.org., example.org, false",
        "EXAMPLE.ORG., example.org., false",
        "*.example.org., a.example.org, false",
        "example.org.., example.org, false",
        ".example.org, example.org, false",
        "example..org, example.org, false",
        "*..example.org, a.example.org, false",
        "., localhost, false",
        "\u212Aelvin.example.org, kelvin.example.org, false",
        "\u0131nfo.example.org, info.example.org, false",
        "example.org\u0000.evil.org, example.org, false",
        "' example.org', example.org, false",
        "'example.org ', example.org, false",
        "a_b.example.org, a_b.example.org, true",
        "xn--bcher-kva.example, xn--bcher-kva.example, true",
        "*.xn--bcher-kva.example, a.xn--bcher-kva.example, true",
        "*a.example.org, a.example.org, false",
        "**.example.org, a.example.org, false",
        "*.a.*.org, b.a.c.org, false"
    })
    void namesMatchAfterRfc9525(String pattern, String name, boolean matches) {
        assertThat(ServerNames.matches(pattern, name)).isEqualTo(matches);
    }

    @Test
    void trustStoresMindTheNextAnchorToEnd() {
        X509Bundle over = Pki.root("Over", b -> b.notAfter(Pki.NOW.minusSeconds(5)));
        X509Bundle soon = Pki.root("Soon", b -> b.notAfter(Pki.NOW.plus(Duration.ofDays(3))));
        Inspection inspection = inspector.inspect(
                CertTarget.parse("truststore:jdk"),
                new ServedChain("store", Pki.chain(ROOT, over, soon), null, Kind.TRUST_STORE),
                null,
                List.of());
        Verdict verdict = now(inspection);
        assertThat(codes(verdict))
                .containsExactlyInAnyOrder(FindingCode.ANCHOR_EXPIRING, FindingCode.SUPERFLUOUS_EXPIRED);
        assertThat(verdict.expiry().effective()).isEqualTo(Pki.NOW.plus(Duration.ofDays(3)));
    }

    @Test
    void anUnchangedChainIsNotInspectedAgain() {
        List<X509Certificate> served = Pki.chain(Pki.leaf("localhost", ROOT, YEAR));
        TrustAnchors anchors = new TrustAnchors(Pki.chain(ROOT), false);
        ServedChain chain = new ServedChain("here", served, null, Kind.SERVED);
        Inspection first = inspector.inspect(CertTarget.tls("localhost", 443), chain, anchors, List.of());
        assertThat(inspector.inspect(CertTarget.tls("localhost", 443), chain, anchors, List.of(first)))
                .isSameAs(first);
        TrustAnchors others = new TrustAnchors(Pki.chain(MIDDLE), false);
        assertThat(inspector.inspect(CertTarget.tls("localhost", 443), chain, others, List.of(first)))
                .isNotSameAs(first);
    }
}
