package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.fixture.S3Server;
import io.minio.MakeBucketArgs;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way to the store over TLS: only to whom the certificates say it is. */
class S3TlsIT {

    @TempDir
    static Path directory;

    private static S3Proxy server;
    private static Path authority;
    private static Path otherAuthority;

    @BeforeAll
    static void start() throws Exception {
        X509Bundle root = authority("CN=Store Root");
        authority = Files.writeString(directory.resolve("root.pem"), root.getCertificatePEM());
        otherAuthority = Files.writeString(
                directory.resolve("other.pem"), authority("CN=Other Root").getCertificatePEM());
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(Duration.ofDays(1)))
                .buildIssuedBy(root);
        Path keys = directory.resolve("keys.p12");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", leaf.getKeyPair().getPrivate(), "changeit".toCharArray(), leaf.getCertificatePath());
        try (var out = Files.newOutputStream(keys)) {
            store.store(out, "changeit".toCharArray());
        }
        server = S3Proxy.builder()
                .blobStore(BlobStores.create("transient", new Properties()))
                .secureEndpoint(URI.create("https://127.0.0.1:0"))
                .keyStore(keys.toString(), "changeit")
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, S3Server.ACCESS, S3Server.SECRET)
                .build();
        server.start();
        try (S3Store first = store("localhost", authority).build()) {
            first.client()
                    .makeBucket(MakeBucketArgs.builder().bucket("tls-bucket").build())
                    .get();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.stop();
    }

    @Test
    void objectsGoThroughWithTheGivenAuthorityAndAreStillCheckedByTheStore() throws Exception {
        try (ObjectStore store = store("localhost", authority).build()) {
            byte[] content = "over TLS".getBytes(StandardCharsets.UTF_8);
            store.put("k", content, WriteOptions.of("text/plain"));

            try (var in = store.open("k", 0, content.length)) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
            assertThat(store.probe("p/").findings())
                    .containsEntry(StoreFeature.READ_WRITE, StoreReport.YES)
                    .containsEntry(StoreFeature.MULTIPART, StoreReport.YES)
                    .containsEntry(StoreFeature.CHECKSUM, StoreReport.YES);
        }
    }

    @Test
    void anAuthorityThatIsNotTrustedIsRefused() {
        try (ObjectStore byDefault = store("localhost", null).build();
                ObjectStore byOther = store("localhost", otherAuthority).build()) {
            for (ObjectStore store : new ObjectStore[] {byDefault, byOther}) {
                assertThatThrownBy(() -> store.put("k", new byte[1], WriteOptions.of("text/plain")))
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("certification path");
            }
        }
    }

    @Test
    void aCertificateOfAnotherNameIsRefused() {
        try (ObjectStore store = store("127.0.0.1", authority).build()) {
            assertThatThrownBy(() -> store.put("k", new byte[1], WriteOptions.of("text/plain")))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("127.0.0.1 not verified");
        }
    }

    @Test
    void anUntrustedStoreIsNoPassingFailure() {
        try (ObjectStore store = store("localhost", otherAuthority).build()) {
            assertThatThrownBy(() -> store.stat("k"))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.retryable()).isFalse());
        }
    }

    @Test
    void aFileWithoutCertificatesIsNamed() throws Exception {
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        assertThatThrownBy(() -> store("localhost", empty).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("trustedCertificates")
                .hasMessageContaining("empty.pem");
    }

    private static X509Bundle authority(String name) throws Exception {
        return new CertificateBuilder()
                .ecp256()
                .subject(name)
                .setIsCertificateAuthority(true)
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(Duration.ofDays(1)))
                .buildSelfSigned();
    }

    private static S3StoreBuilder store(String host, @org.jspecify.annotations.Nullable Path trusted) {
        S3StoreBuilder builder = S3Store.builder()
                .endpoint("https://" + host + ":" + server.getSecurePort())
                .bucket("tls-bucket")
                .credentials(S3Server.ACCESS, S3Server.SECRET);
        return trusted == null ? builder : builder.trustedCertificates(trusted);
    }
}
