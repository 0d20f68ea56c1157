package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.TestPki;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.MiscPEMGenerator;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.util.io.pem.PemObjectGenerator;
import org.bouncycastle.util.io.pem.PemWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Private keys in every form that OpenSSL writes. */
class PrivateKeyFormsTest {
    private static final String PASSWORD = "open sesame";

    @TempDir
    private Path directory;

    /** A way to write keys. */
    private record Form(String name, boolean encrypted, Writer writer) {
        interface Writer {
            PemObjectGenerator of(PrivateKeyInfo key) throws Exception;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Form> forms() {
        Stream<Form> clear = Stream.of(
                new Form("traditional", false, MiscPEMGenerator::new),
                new Form("PKCS#8", false, key -> new PKCS8Generator(key, null)));
        Stream<Form> traditional = Stream.of("AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC", "DES-CBC")
                .map(cipher -> new Form(
                        "traditional " + cipher,
                        true,
                        key -> new MiscPEMGenerator(
                                key,
                                new JcePEMEncryptorBuilder(cipher)
                                        .setProvider(new BouncyCastleProvider())
                                        .build(PASSWORD.toCharArray()))));
        Stream<Form> pkcs8 = Stream.of(
                        PKCS8Generator.AES_128_CBC,
                        PKCS8Generator.AES_192_CBC,
                        PKCS8Generator.AES_256_CBC,
                        PKCS8Generator.DES3_CBC)
                .flatMap(cipher -> Stream.of(
                                PKCS8Generator.PRF_HMACSHA1,
                                PKCS8Generator.PRF_HMACSHA256,
                                PKCS8Generator.PRF_HMACSHA512)
                        .map(prf -> new Form(
                                "PKCS#8 " + cipher + " " + prf.getAlgorithm(),
                                true,
                                key -> new PKCS8Generator(key, encryptor(cipher, prf)))));
        return Stream.of(clear, traditional, pkcs8).flatMap(all -> all);
    }

    private static OutputEncryptor encryptor(ASN1ObjectIdentifier cipher, AlgorithmIdentifier prf) throws Exception {
        return new JceOpenSSLPKCS8EncryptorBuilder(cipher)
                .setProvider(new BouncyCastleProvider())
                .setPRF(prf)
                .setPassword(PASSWORD.toCharArray())
                .build();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void isRead(Form form) throws Exception {
        TestPki pki = new TestPki(directory, "authority");
        for (Algorithm algorithm : List.of(Algorithm.rsa2048, Algorithm.ecp256, Algorithm.ecp384)) {
            TestPki.Issued issued = pki.issue(TestPki.certificate("CN=x").algorithm(algorithm));
            String text = write(form, info(issued.bundle().getKeyPair().getPrivate()));
            String certificate = Files.readString(issued.certificate());
            for (String file : List.of(
                    text,
                    text.replace("\n", "\r\n"),
                    "Bag Attributes\n    friendlyName: x - y\n" + certificate + "\n" + text + certificate,
                    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + text)) {
                Path key = Files.writeString(directory.resolve("key.pem"), file);
                assertThat(problem(issued, key, form.encrypted ? Optional.of(PASSWORD) : Optional.empty()))
                        .as("%s: %s", algorithm, text.lines().findFirst())
                        .isEmpty();
                if (form.encrypted) {
                    assertThat(problem(issued, key, Optional.of("wrong")).orElseThrow())
                            .isEqualTo("listen.tls.key: " + key
                                    + " that the password does not open (expected: the key's password)");
                    assertThat(problem(issued, key, Optional.empty()).orElseThrow())
                            .isEqualTo("listen.tls.key: " + key
                                    + " with an encrypted key and no password (expected: the key's password)");
                }
            }
        }
    }

    @Test
    void whatIsNoKeyIsNamed() throws Exception {
        TestPki.Issued issued = new TestPki(directory, "authority").localhost();
        for (String type : List.of("RSA", "EC", "DSA")) {
            for (String body : List.of("MIIB", "", "AAAA", "MAA=", "MAMCAQE=", "%%%%")) {
                Path key = file(type + " PRIVATE KEY", body);
                assertThat(problem(issued, key, Optional.empty()).orElseThrow())
                        .startsWith("listen.tls.key: " + key + " w");
            }
        }
        for (String body : List.of("MIIB", "", "MAMCAQE=")) {
            assertThat(problem(issued, file("ENCRYPTED PRIVATE KEY", body), Optional.of(PASSWORD)))
                    .isPresent();
        }
        Path unknown = file("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: CAMELLIA-128-CBC,00112233\n\nAAAA");
        assertThat(problem(issued, unknown, Optional.of(PASSWORD)).orElseThrow())
                .contains("whose encryption is unknown");
    }

    private Path file(String type, String body) throws IOException {
        return Files.writeString(
                directory.resolve("key.pem"),
                "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
    }

    /** As OpenSSL has it: keys of elliptic curves name their curve. */
    private static PrivateKeyInfo info(PrivateKey key) throws IOException {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
        if (!key.getAlgorithm().equals("EC")) {
            return info;
        }
        int bits = ((java.security.interfaces.ECPrivateKey) key)
                .getParams()
                .getOrder()
                .bitLength();
        ECPrivateKey structure = new ECPrivateKey(
                bits,
                ECPrivateKey.getInstance(info.parsePrivateKey()).getKey(),
                info.getPrivateKeyAlgorithm().getParameters());
        return new PrivateKeyInfo(info.getPrivateKeyAlgorithm(), structure);
    }

    private static String write(Form form, PrivateKeyInfo key) throws Exception {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(form.writer.of(key));
        }
        return text.toString();
    }

    private static Optional<String> problem(TestPki.Issued issued, Path key, Optional<String> password) {
        ConfigException problem = catchThrowableOfType(
                ConfigException.class,
                () -> PgPool.builder()
                        .tls(tls -> {
                            tls.mode(TlsMode.REQUIRE).nativeLibrary(false);
                            if (password.isPresent()) {
                                tls.certificate(issued.certificate(), key, password.get());
                            } else {
                                tls.certificate(issued.certificate(), key);
                            }
                        })
                        .database("app", db -> {})
                        .build()
                        .close());
        return Optional.ofNullable(problem).map(ConfigException::getMessage);
    }
}
