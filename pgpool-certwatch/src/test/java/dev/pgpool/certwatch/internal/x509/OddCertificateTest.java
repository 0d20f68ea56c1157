package dev.pgpool.certwatch.internal.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.fixture.DerWriter;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind that Java refuses is read, and a proper certificate reads the same with Java and without. */
class OddCertificateTest {

    private static final X509Bundle ROOT = Pki.root("Root");

    static List<String> kinds() {
        return OddCertificates.kinds();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void datesNamesAndSignatureAreReadOfWhatJavaRefuses(String kind) throws Exception {
        byte[] encoded = OddCertificates.of(kind, ROOT).encoded();
        boolean javaReads = !OddCertificates.refusedByEveryJava(kind) && javaReads(encoded);

        X509Certificate read = Certificates.parse(encoded);

        assertThat(read instanceof OddCertificate).isEqualTo(!javaReads);
        assertThat(read.getNotAfter().toInstant().truncatedTo(ChronoUnit.MINUTES))
                .isEqualTo(OddCertificates.END.truncatedTo(ChronoUnit.MINUTES));
        assertThat(read.getIssuerX500Principal())
                .isEqualTo(ROOT.getCertificate().getSubjectX500Principal());
        if (!kind.startsWith("critical names")) {
            assertThat(read.getSubjectAlternativeNames()).hasToString("[[2, localhost]]");
        }
        read.verify(ROOT.getCertificate().getPublicKey());
        assertThatThrownBy(() -> read.verify(Pki.root("Other").getCertificate().getPublicKey()))
                .isInstanceOf(java.security.GeneralSecurityException.class);
        if (read instanceof OddCertificate odd) {
            assertThat(odd.refusal()).isNotBlank();
        }
    }

    /** Releases of Java differ in what they refuse. */
    private static boolean javaReads(byte[] encoded) {
        try {
            X509Certificate java = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
            return java.getSubjectX500Principal() != null;
        } catch (CertificateException e) {
            return false;
        }
    }

    @Test
    void aProperCertificateReadsTheSameWithoutJava() throws Exception {
        for (X509Bundle bundle : List.of(
                ROOT,
                Pki.intermediate("Middle", ROOT),
                Pki.leaf(
                        "localhost",
                        ROOT,
                        Pki.NOW,
                        Pki.NOW.plus(Duration.ofDays(3)),
                        b -> b.addSanIpAddress("10.0.0.1").addSanDnsName("b.example.org")),
                Pki.leaf("rsa", ROOT, Pki.NOW, Pki.NOW.plus(Duration.ofDays(3)), b -> b.rsa2048()))) {
            X509Certificate java = bundle.getCertificate();
            X509Certificate own = OddCertificate.of(java.getEncoded(), "a test");
            assertThat(own.getSubjectX500Principal()).isEqualTo(java.getSubjectX500Principal());
            assertThat(own.getIssuerX500Principal()).isEqualTo(java.getIssuerX500Principal());
            assertThat(own.getNotBefore()).isEqualTo(java.getNotBefore());
            assertThat(own.getNotAfter()).isEqualTo(java.getNotAfter());
            assertThat(own.getSerialNumber()).isEqualTo(java.getSerialNumber());
            assertThat(own.getSigAlgName()).isEqualTo(java.getSigAlgName());
            assertThat(own.getSignature()).isEqualTo(java.getSignature());
            assertThat(own.getTBSCertificate()).isEqualTo(java.getTBSCertificate());
            assertThat(own.getPublicKey()).isEqualTo(java.getPublicKey());
            assertThat(own.getVersion()).isEqualTo(java.getVersion());
            assertThat(own.getBasicConstraints()).isEqualTo(java.getBasicConstraints());
            assertThat(own.getKeyUsage()).isEqualTo(java.getKeyUsage());
            assertThat(own.getExtendedKeyUsage()).isEqualTo(java.getExtendedKeyUsage());
            assertThat(own.getCriticalExtensionOIDs()).isEqualTo(java.getCriticalExtensionOIDs());
            assertThat(own.getNonCriticalExtensionOIDs()).isEqualTo(java.getNonCriticalExtensionOIDs());
            for (String oid : java.getNonCriticalExtensionOIDs()) {
                assertThat(own.getExtensionValue(oid)).isEqualTo(java.getExtensionValue(oid));
            }
            if (java.getSubjectAlternativeNames() != null) {
                assertThat(own.getSubjectAlternativeNames())
                        .hasToString(String.valueOf(java.getSubjectAlternativeNames()));
            }
        }
    }

    /** Whatever a peer sends, the answer is a certificate or the declared exception, and never takes long. */
    @Test
    void anyDamageIsReadOrRefusedInOrder() {
        Random random = new Random(20261129);
        byte[] whole = OddCertificates.of("names twice", ROOT).encoded();
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = whole.clone();
            for (int i = 0, count = 1 + random.nextInt(4); i < count; i++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                damaged = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length));
            }
            try {
                X509Certificate certificate = OddCertificate.of(damaged, "damage");
                certificate.getSubjectX500Principal().getName();
                certificate.getSubjectAlternativeNames();
                certificate.getBasicConstraints();
                certificate.getKeyUsage();
                certificate.getExtendedKeyUsage();
                certificate.hasUnsupportedCriticalExtension();
                certificate.getSerialNumber();
                certificate.getVersion();
                read++;
            } catch (CertificateException expected) {
                assertThat(expected).hasMessageContaining("damage");
            }
        }
        assertThat(read).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "17, 491231235959Z, 2049-12-31T23:59:59Z",
        "17, 500101000000Z, 1950-01-01T00:00:00Z",
        "17, 300101000000, 2030-01-01T00:00:00Z",
        "17, 3001010000Z, 2030-01-01T00:00:00Z",
        "17, 300101000000-0130, 2030-01-01T01:30:00Z",
        "18, 20500101000000Z, 2050-01-01T00:00:00Z",
        "18, 99991231235959Z, 9999-12-31T23:59:59Z",
        "18, 20300101000000.999Z, 2030-01-01T00:00:00Z",
        "18, '20300101000000,5Z', 2030-01-01T00:00:00Z",
        "18, 2030010112Z, 2030-01-01T12:00:00Z",
        "18, 20300101240000Z, 2030-01-02T00:00:00Z",
        "18, 20291231235960Z, 2030-01-01T00:00:00Z",
        "18, 20240229000000Z, 2024-02-29T00:00:00Z",
        "18, 20230229000000Z, ",
        "18, 20301301000000Z, ",
        "18, 20300101250000Z, ",
        "18, 20300101006000Z, ",
        "18, 20300101000061Z, ",
        "18, 2030, ",
        "17, 3001, ",
        "17, , ",
    })
    void timesAreReadInEveryForm(int tag, String text, Instant expected) {
        byte[] encoded = DerWriter.ascii(tag == 17 ? 0x17 : 0x18, text == null ? "" : text);
        assertThat(Der.of(encoded).time()).isEqualTo(expected);
    }

    @Test
    void whatIsNoCertificateIsRefused() {
        for (byte[] none : List.of(
                new byte[0],
                new byte[] {0x30},
                DerWriter.sequence(),
                DerWriter.sequence(DerWriter.sequence(), DerWriter.sequence()),
                OddCertificates.odd()
                        .validity(DerWriter.sequence(DerWriter.ascii(0x17, "yesterday"), DerWriter.ascii(0x17, "")))
                        .signedBy(ROOT)
                        .encoded())) {
            assertThatThrownBy(() -> Certificates.parse(none)).isInstanceOf(CertificateException.class);
        }
    }
}
