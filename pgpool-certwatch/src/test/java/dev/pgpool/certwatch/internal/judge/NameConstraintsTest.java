package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.fixture.DerWriter.ascii;
import static dev.pgpool.certwatch.fixture.DerWriter.element;
import static dev.pgpool.certwatch.fixture.DerWriter.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.target.CertTarget;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.NetUtil;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An authority that may not issue for a name does so: a fault of the chain, also where Java's validator does not get so far. */
class NameConstraintsTest {

    private static final int PERMITTED = 0xa0;
    private static final int EXCLUDED = 0xa1;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dns permitted example.org        | example.org           | true
            dns permitted example.org        | EXAMPLE.ORG           | true
            dns permitted EXAMPLE.org        | a.b.example.org       | true
            dns permitted example.org        | badexample.org        | false
            dns permitted example.org        | example.com           | false
            dns permitted .example.org       | a.example.org         | true
            dns permitted .example.org       | example.org           | false
            dns excluded  example.org        | a.example.org         | false
            dns excluded  example.org        | example.com           | true
            dns excluded  ''                 | example.com           | false
            dns permitted org, dns excluded bad.org | good.org       | true
            dns permitted org, dns excluded bad.org | a.bad.org      | false
            ip permitted  10.0.0.0/255.0.0.0 | 10.1.2.3              | true
            ip permitted  10.0.0.0/255.0.0.0 | 11.1.2.3              | false
            ip excluded   10.0.0.0/255.0.0.0 | 10.1.2.3              | false
            ip permitted  10.0.0.0/255.0.0.0 | example.org           | true
            ip permitted  fd00::/ff00::      | fd00::1               | true
            ip permitted  fd00::/ff00::      | fe80::1               | false
            ip permitted  fd00::/ff00::      | 10.0.0.1              | false
            """)
    void anAuthorityIssuesOnlyWhereItMay(String constraints, String name, boolean allowed) throws Exception {
        byte[] extension = constraints(constraints);
        X509Bundle root = Pki.root("Root");
        X509Bundle bound =
                Pki.intermediate("Bound", root, b -> b.addExtensionOctetString("2.5.29.30", true, extension));
        X509Bundle boundRoot = Pki.root("Bound root", b -> b.addExtensionOctetString("2.5.29.30", true, extension));
        byte[] names = sequence(name(name));
        X509Certificate odd = Certificates.parse(OddCertificates.odd()
                .noExtensions()
                .extension(OddCertificates.extension("2.5.29.17", false, names))
                .extension(OddCertificates.extension("2.5.29.19", false, sequence()))
                .extension(OddCertificates.extension("2.5.29.19", false, sequence()))
                .signedBy(bound)
                .encoded());
        assertThat(codes(name, root, odd, bound)).as("a leaf that Java refuses").isEqualTo(expected(allowed));
        for (String algorithm : List.of("SHA256withECDSA", "SHA1withECDSA")) {
            X509Certificate leaf = leaf(name, bound, algorithm);
            assertThat(codes(name, root, leaf, bound)).as(algorithm).isEqualTo(expected(allowed));
        }
        X509Certificate leaf = leaf(name, boundRoot, "SHA256withECDSA");
        assertThat(codes(name, boundRoot, leaf)).as("an anchor").isEqualTo(expected(allowed));
    }

    private static List<FindingCode> expected(boolean allowed) {
        return allowed ? List.of() : List.of(FindingCode.CHAIN_INVALID);
    }

    private static List<FindingCode> codes(String name, X509Bundle root, X509Certificate leaf, X509Bundle... above) {
        List<X509Certificate> served = new java.util.ArrayList<>(List.of(leaf));
        served.addAll(Pki.chain(above));
        Inspection inspection = new ChainInspector()
                .inspect(
                        CertTarget.tls(name, 443),
                        new ServedChain("here", served, null, Kind.SERVED),
                        new TrustAnchors(Pki.chain(root), false),
                        List.of());
        return inspection.findings().stream()
                .map(finding -> finding.code())
                .filter(code -> code == FindingCode.CHAIN_INVALID || code == FindingCode.HOSTNAME_MISMATCH)
                .toList();
    }

    private static X509Certificate leaf(String name, X509Bundle issuer, String algorithm) throws Exception {
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer.getCertificate().getSubjectX500Principal(),
                java.math.BigInteger.TEN,
                Date.from(Pki.NOW.minus(Duration.ofDays(1))),
                Date.from(Pki.NOW.plus(Duration.ofDays(100))),
                new X500Principal("CN=leaf"),
                Pki.root("any").getCertificate().getPublicKey());
        int type =
                NetUtil.createByteArrayFromIpAddressString(name) == null ? GeneralName.dNSName : GeneralName.iPAddress;
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(type, name)));
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm)
                        .build(issuer.getKeyPair().getPrivate())));
    }

    private static byte[] constraints(String text) {
        byte[] permitted = new byte[0];
        byte[] excluded = new byte[0];
        for (String part : text.split(",")) {
            String[] words = part.trim().split(" +");
            byte[] tree = sequence(base(words[0], words[2].replace("''", "")));
            if (words[1].equals("permitted")) {
                permitted = tree;
            } else {
                excluded = tree;
            }
        }
        byte[] one = permitted.length == 0 ? permitted : element(PERMITTED, permitted);
        byte[] other = excluded.length == 0 ? excluded : element(EXCLUDED, excluded);
        return sequence(one, other);
    }

    private static byte[] base(String kind, String text) {
        if (kind.equals("dns")) {
            return ascii(0x82, text);
        }
        String[] parts = text.split("/");
        byte[] address = NetUtil.createByteArrayFromIpAddressString(parts[0]);
        byte[] mask = NetUtil.createByteArrayFromIpAddressString(parts[1]);
        byte[] both = Arrays.copyOf(address, 2 * address.length);
        System.arraycopy(mask, 0, both, address.length, mask.length);
        return element(0x87, both);
    }

    private static byte[] name(String text) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
        return address == null ? ascii(0x82, text) : element(0x87, address);
    }
}
