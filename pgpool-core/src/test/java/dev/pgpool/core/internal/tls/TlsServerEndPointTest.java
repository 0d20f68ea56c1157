package dev.pgpool.core.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.ongres.scram.common.util.TlsServerEndpoint;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hash is chosen as RFC 5929 says, and as the library of PostgreSQL's JDBC driver does. */
class TlsServerEndPointTest {

    @ParameterizedTest
    @CsvSource({
        "RSA, MD5withRSA, SHA-256",
        "RSA, SHA1withRSA, SHA-256",
        "RSA, SHA224withRSA, SHA-224",
        "RSA, SHA256withRSA, SHA-256",
        "RSA, SHA384withRSA, SHA-384",
        "RSA, SHA512withRSA, SHA-512",
        "EC, SHA1withECDSA, SHA-256",
        "EC, SHA256withECDSA, SHA-256",
        "EC, SHA384withECDSA, SHA-384",
        "EC, SHA512withECDSA, SHA-512",
    })
    void theHashIsThatOfTheSignature(String key, String signature, String hash) throws Exception {
        X509Certificate certificate = certificate(key, signature, null);
        assertThat(TlsServerEndPoint.of(certificate))
                .isEqualTo(MessageDigest.getInstance(hash).digest(certificate.getEncoded()))
                .isEqualTo(TlsServerEndpoint.getChannelBindingData(certificate));
    }

    @ParameterizedTest
    @CsvSource({"SHA-1, SHA-256", "SHA-256, SHA-256", "SHA-384, SHA-384", "SHA-512, SHA-512"})
    void theHashOfAPssSignatureIsInItsParameters(String signed, String hash) throws Exception {
        PSSParameterSpec parameters = new PSSParameterSpec(signed, "MGF1", new MGF1ParameterSpec(signed), 20, 1);
        X509Certificate certificate = certificate("RSA", "RSASSA-PSS", parameters);
        assertThat(TlsServerEndPoint.of(certificate))
                .isEqualTo(MessageDigest.getInstance(hash).digest(certificate.getEncoded()));
    }

    @Test
    void nothingIsBoundToEd25519() throws Exception {
        X509Certificate certificate = new CertificateBuilder()
                .algorithm(Algorithm.ed25519)
                .subject("CN=x")
                .setIsCertificateAuthority(true)
                .buildSelfSigned()
                .getCertificate();
        assertThat(TlsServerEndPoint.of(certificate)).isNull();
        assertThat(TlsServerEndPoint.of(null)).isNull();
    }

    private static X509Certificate certificate(String key, String signature, @Nullable PSSParameterSpec parameters)
            throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(key);
        generator.initialize(key.equals("EC") ? 256 : 2048);
        KeyPair pair = generator.generateKeyPair();
        X500Name name = new X500Name("CN=x");
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                name, BigInteger.ONE, Date.from(now), Date.from(now.plusSeconds(1000)), name, pair.getPublic());
        var signer = parameters == null
                ? new JcaContentSignerBuilder(signature)
                : new JcaContentSignerBuilder(signature, parameters);
        signer.setProvider(new BouncyCastleProvider());
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer.build(pair.getPrivate())));
    }
}
