package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.TestPki;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with keys, certificates and TLS settings is said by build(), with path, value and expectation. */
class TlsConfigTest {

    @TempDir
    private Path directory;

    private TestPki pki;
    private TestPki.Issued server;

    @BeforeEach
    void makeCertificates() {
        pki = new TestPki(directory, "authority");
        server = pki.localhost();
    }

    private static PgPool build(Consumer<TlsBuilder> clients, Consumer<TlsBuilder> servers) {
        return PgPool.builder()
                .tls(clients)
                .database("app", db -> db.tls(servers))
                .build();
    }

    private static List<String> problems(Consumer<TlsBuilder> clients, Consumer<TlsBuilder> servers) {
        return catchThrowableOfType(ConfigException.class, () -> build(clients, servers))
                .problems();
    }

    private static String clientsProblem(Consumer<TlsBuilder> clients) {
        List<String> problems = problems(clients, tls -> {});
        assertThat(problems).hasSize(1);
        return problems.get(0);
    }

    private static String serversProblem(Consumer<TlsBuilder> servers) {
        List<String> problems = problems(tls -> {}, servers);
        assertThat(problems).hasSize(1);
        return problems.get(0);
    }

    private static void assertAccepted(Consumer<TlsBuilder> clients) {
        assertThatCode(() -> build(clients, tls -> {}).close()).doesNotThrowAnyException();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void nothingIsEncryptedForClientsAndServersAreAskedByDefault() {
        assertThat(TlsConfig.CLIENTS.mode()).isEqualTo(TlsMode.DISABLE);
        assertThat(TlsConfig.SERVERS.mode()).isEqualTo(TlsMode.PREFER);
        assertThat(TlsConfig.SERVERS.protocols()).containsExactly("TLSv1.2", "TLSv1.3");
        assertThat(TlsConfig.SERVERS.channelBinding()).isEqualTo(ChannelBinding.PREFER);
        assertAccepted(tls -> {});
    }

    // ---- settings

    @ParameterizedTest
    @EnumSource(value = TlsMode.class, names = "DISABLE", mode = EnumSource.Mode.EXCLUDE)
    void clientsNeedACertificate(TlsMode mode) {
        assertThat(problems(tls -> tls.mode(mode).trustPlatform(), tls -> {}))
                .containsExactly(
                        "listen.tls.certificate: none (expected: a certificate and its key, for mode " + mode + ")");
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"VERIFY_CA", "VERIFY_FULL"})
    void verificationNeedsTrust(TlsMode mode) {
        String problem = ".tls.trust: none (expected: the certificates of trusted authorities, for mode " + mode + ")";
        assertThat(clientsProblem(tls -> tls.mode(mode).certificate(server.certificate(), server.key())))
                .isEqualTo("listen" + problem);
        assertThat(serversProblem(tls -> tls.mode(mode))).isEqualTo("databases.app" + problem);
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsMode.class,
            names = {"ALLOW", "PREFER"})
    void directTlsAndBindingNeedARequiredMode(TlsMode mode) {
        assertThat(serversProblem(tls -> tls.mode(mode).negotiation(TlsNegotiation.DIRECT)))
                .startsWith("databases.app.tls.negotiation: DIRECT with mode " + mode);
        assertThat(serversProblem(tls -> tls.mode(mode).channelBinding(ChannelBinding.REQUIRE)))
                .startsWith("databases.app.tls.channelBinding: REQUIRE with mode " + mode);
    }

    @Test
    void clientsChooseTheNegotiation() {
        assertThat(clientsProblem(tls -> tls.negotiation(TlsNegotiation.DIRECT)))
                .startsWith("listen.tls.negotiation: DIRECT (expected: nothing");
    }

    @Test
    void unknownProtocolsAndCipherSuitesAreNamed() {
        assertThat(serversProblem(tls -> tls.protocols("SSLv3")))
                .isEqualTo("databases.app.tls.protocols: \"SSLv3\""
                        + " (expected: one of [TLSv1, TLSv1.1, TLSv1.2, TLSv1.3])");
        assertThat(serversProblem(tls -> tls.protocols()))
                .startsWith("databases.app.tls.protocols: none (expected: at least one of");
        for (boolean nativeLibrary : new boolean[] {false, true}) {
            assertThat(serversProblem(tls -> tls.nativeLibrary(nativeLibrary).cipherSuites("TLS_NO_SUCH_SUITE")))
                    .startsWith("databases.app.tls: protocols [TLSv1.2, TLSv1.3], cipher suites [TLS_NO_SUCH_SUITE]: ")
                    .endsWith("(expected: what this platform knows)");
        }
    }

    @Test
    void aContextOfTheHostStandsAlone() throws Exception {
        SslContext forServer = SslContextBuilder.forServer(
                        server.bundle().getKeyPair().getPrivate(),
                        server.bundle().getCertificate())
                .sslProvider(SslProvider.JDK)
                .build();
        assertAccepted(tls -> tls.mode(TlsMode.VERIFY_FULL).context(forServer));
        assertThat(clientsProblem(tls ->
                        tls.mode(TlsMode.REQUIRE).context(forServer).certificate(server.certificate(), server.key())))
                .startsWith("listen.tls.context: a context, and keys, trust or cipher suites beside it");
        assertThat(serversProblem(tls -> tls.context(forServer)))
                .startsWith("databases.app.tls.context: a context for servers (expected: one made by"
                        + " SslContextBuilder.forClient)");
        SslContext forClient =
                SslContextBuilder.forClient().sslProvider(SslProvider.JDK).build();
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).context(forClient)))
                .startsWith("listen.tls.context: a context for clients");
    }

    @Test
    void everythingIsReportedTogether() {
        Path missing = directory.resolve("missing.pem");
        assertThat(problems(
                        tls -> tls.mode(TlsMode.REQUIRE).certificate(missing, server.key()),
                        tls -> tls.mode(TlsMode.VERIFY_CA).protocols("TLSv9")))
                .containsExactly(
                        "listen.tls.certificate: " + missing
                                + " that is not there (expected: a file that this process may read)",
                        "databases.app.tls.trust: none (expected: the certificates of trusted authorities, for mode"
                                + " VERIFY_CA)",
                        "databases.app.tls.protocols: \"TLSv9\""
                                + " (expected: one of [TLSv1, TLSv1.1, TLSv1.2, TLSv1.3])");
    }

    // ---- files

    @Test
    void aDirectoryIsNoFile() {
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(directory, server.key())))
                .startsWith("listen.tls.certificate: " + directory + " that is not there");
    }

    @Test
    void aKeyThatDoesNotFitIsNamedWithItsCertificate() {
        TestPki.Issued other = pki.localhost();
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), other.key())))
                .isEqualTo("listen.tls.key: " + other.key() + " that does not fit the certificate in "
                        + server.certificate() + " (expected: the key of the first certificate)");
        TestPki.Issued rsa = pki.issue(TestPki.certificate("CN=x").rsa2048());
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(rsa.certificate(), server.key())))
                .contains("does not fit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ecp256", "ecp384", "rsa2048", "ed25519"})
    void keysOfAllKindsAreRead(String algorithm) {
        TestPki.Issued issued = pki.issue(TestPki.certificate("CN=x").algorithm(Algorithm.valueOf(algorithm)));
        assertAccepted(
                tls -> tls.mode(TlsMode.REQUIRE).nativeLibrary(false).certificate(issued.certificate(), issued.key()));
    }

    @Test
    void filesWithoutWhatTheyShouldHoldAreNamed() throws IOException {
        Path empty = file("empty.pem", "");
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(empty, server.key())))
                .isEqualTo("listen.tls.certificate: " + empty + " without a certificate (expected: PEM certificates)");
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), empty)))
                .isEqualTo("listen.tls.key: " + empty + " without a private key (expected: a PEM private key)");
        Path damaged = file("damaged.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        assertThat(serversProblem(tls -> tls.mode(TlsMode.VERIFY_CA).trust(damaged)))
                .isEqualTo("databases.app.tls.trust: " + damaged
                        + " whose certificate 1 is damaged (expected: PEM certificates)");
    }

    @Test
    void anEncryptedKeyNeedsItsPassword() throws Exception {
        // HMAC with SHA-1 and, as OpenSSL since 1.1, with SHA-256
        for (AlgorithmIdentifier prf : List.of(PKCS8Generator.PRF_HMACSHA1, PKCS8Generator.PRF_HMACSHA256)) {
            Path encrypted =
                    file("encrypted.pem", encrypt(server.bundle().getKeyPair().getPrivate(), "sesame", prf));
            assertAccepted(tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), encrypted, "sesame"));
            assertThat(clientsProblem(
                            tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), encrypted, "wrong")))
                    .isEqualTo("listen.tls.key: " + encrypted
                            + " that the password does not open (expected: the key's password)")
                    .doesNotContain("wrong");
            assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), encrypted)))
                    .isEqualTo("listen.tls.key: " + encrypted
                            + " with an encrypted key and no password (expected: the key's password)");
        }
    }

    @Test
    void keyStoresAreRead() throws Exception {
        PrivateKey key = server.bundle().getKeyPair().getPrivate();
        Certificate[] chain = server.bundle().getCertificatePath();
        for (String type : new String[] {"PKCS12", "JKS"}) {
            Path one = store(type, keys -> keys.setKeyEntry("a", key, "sesame".toCharArray(), chain));
            assertAccepted(tls -> tls.mode(TlsMode.REQUIRE).keyStore(one, "sesame"));
            assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).keyStore(one, "wrong")))
                    .isEqualTo("listen.tls.keyStore: " + one
                            + " that the password does not open (expected: its password)");
            Path two = store(type, keys -> {
                keys.setKeyEntry("a", key, "sesame".toCharArray(), chain);
                keys.setKeyEntry("b", key, "sesame".toCharArray(), chain);
            });
            assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).keyStore(two, "sesame")))
                    .isEqualTo("listen.tls.keyStore: " + two + " with 2 private keys (expected: exactly one)");
            Path trusted = store(type, keys -> keys.setCertificateEntry("root", chain[chain.length - 1]));
            assertThatCode(() -> build(
                                    tls -> {},
                                    tls -> tls.mode(TlsMode.VERIFY_CA).trustStore(trusted, "sesame"))
                            .close())
                    .doesNotThrowAnyException();
            assertThat(serversProblem(tls -> tls.mode(TlsMode.VERIFY_CA).trustStore(one, "sesame")))
                    .isEqualTo("databases.app.tls.trustStore: " + one
                            + " without a trusted certificate (expected: at least one)");
        }
        Path text = file("text.p12", "no key store");
        assertThat(clientsProblem(tls -> tls.mode(TlsMode.REQUIRE).keyStore(text, "sesame")))
                .isEqualTo("listen.tls.keyStore: " + text + " of unknown kind (expected: a PKCS#12 or JKS file)");
    }

    @Test
    void anExpiredCertificateOfOursIsNoReasonNotToRun() {
        Instant now = Instant.now();
        TestPki.Issued expired = pki.issue(TestPki.certificate("CN=x")
                .notBefore(now.minus(Duration.ofDays(20)))
                .notAfter(now.minus(Duration.ofDays(10))));
        assertAccepted(tls -> tls.mode(TlsMode.REQUIRE).certificate(expired.certificate(), expired.key()));
    }

    @Test
    void secretsAreNotShown() {
        String shown = TlsBuilder.forClients()
                        .certificate(server.certificate(), server.key(), "sesame")
                        .trustStore(server.key(), "sesame")
                        .build()
                        .toString()
                + TlsBuilder.forClients().keyStore(server.key(), "sesame").build();
        assertThat(shown).contains("<redacted>").doesNotContain("sesame");
    }

    private interface Filling {
        void into(KeyStore store) throws Exception;
    }

    private Path store(String type, Filling filling) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        filling.into(store);
        Path file = Files.createTempFile(directory, "store", "." + type);
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "sesame".toCharArray());
        }
        return file;
    }

    private static String encrypt(PrivateKey key, String password, AlgorithmIdentifier prf) throws Exception {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(new JcaPKCS8Generator(
                    key,
                    new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                            .setProvider(new BouncyCastleProvider())
                            .setPRF(prf)
                            .setPassword(password.toCharArray())
                            .build()));
        }
        return text.toString();
    }
}
