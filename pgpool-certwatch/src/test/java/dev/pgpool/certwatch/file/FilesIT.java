package dev.pgpool.certwatch.file;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.Probes;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.CertificateFile;
import dev.pgpool.certwatch.target.TrustStoreTarget;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes of files of every form, whole and broken. */
class FilesIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle LEAF = Pki.leaf("localhost", ROOT, Duration.ofDays(5));

    @TempDir
    Path directory;

    private Path write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    private static CertReport probe(Path file) {
        return probeAt(CertTarget.file(file), ROOT);
    }

    @Test
    void pemDerAndBundles() throws Exception {
        String chain = Pki.pem(Pki.chain(LEAF, ROOT));
        for (String text : new String[] {
            chain, LEAF.getPrivateKeyPEM() + chain, "Bag Attributes\n" + chain + LEAF.getPrivateKeyPEM()
        }) {
            CertReport report = probe(write("chain.pem", text));
            assertThat(codes(report)).containsExactlyInAnyOrder(EXPIRING_CRITICAL, ROOT_SERVED);
            assertThat(report.success()).isTrue();
            assertThat(report.chain()).hasSize(2);
        }
        Path der =
                Files.write(directory.resolve("leaf.der"), LEAF.getCertificate().getEncoded());
        assertThat(codes(probe(der))).containsExactly(EXPIRING_CRITICAL);
        X509Bundle soon = Pki.root("Soon", b -> b.notAfter(Pki.NOW.plus(Duration.ofDays(2))));
        CertReport bundle = probe(write("bundle.pem", Pki.pem(Pki.chain(ROOT, soon))));
        assertThat(codes(bundle)).containsExactly(EXPIRING_CRITICAL);
        assertThat(bundle.remaining(Pki.NOW)).isEqualTo(Duration.ofDays(2));
    }

    @Test
    void keyStoresAndTheirPasswords() throws Exception {
        for (String type : new String[] {"PKCS12", "JKS"}) {
            KeyStore store = KeyStore.getInstance(type);
            store.load(null, null);
            store.setKeyEntry("own", LEAF.getKeyPair().getPrivate(), "right".toCharArray(), new Certificate[] {
                LEAF.getCertificate()
            });
            Path file = directory.resolve("store." + type);
            try (OutputStream out = Files.newOutputStream(file)) {
                store.store(out, "right".toCharArray());
            }
            CertificateFile target = CertTarget.file(file);
            assertThat(codes(probeAt(target.withPassword("right".toCharArray()), ROOT)))
                    .containsExactly(EXPIRING_CRITICAL);
            CertReport wrong = probeAt(target.withPassword("wrong".toCharArray()), ROOT);
            assertThat(codes(wrong)).containsExactly(BAD_PASSWORD);
            assertThat(wrong.toString() + wrong.findings()).doesNotContain("wrong");
            if (type.equals("PKCS12")) {
                assertThat(codes(probeAt(target, ROOT))).containsExactly(BAD_PASSWORD);
            }
            Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), (int) Files.size(file) / 2));
            assertThat(codes(probeAt(target.withPassword("right".toCharArray()), ROOT)))
                    .containsExactly(PARSE_ERROR);
        }
    }

    @Test
    void keysMustBelongToTheirLeaf() throws Exception {
        Path cert = write("leaf.pem", Pki.pem(Pki.chain(LEAF)));
        Path own = write("own.key", LEAF.getPrivateKeyPEM());
        Path other = write("other.key", ROOT.getPrivateKeyPEM());
        assertThat(codes(probeAt(CertTarget.file(cert).withKey(own), ROOT))).containsExactly(EXPIRING_CRITICAL);
        assertThat(probeAt(CertTarget.file(cert).withKey(other), ROOT).has(KEY_MISMATCH))
                .isTrue();
    }

    @Test
    void whatIsWrongWithAFileIsSaid() throws Exception {
        assertThat(codes(probe(directory.resolve("none.pem")))).containsExactly(FILE_NOT_FOUND);
        assertThat(codes(probe(Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nowhere")))))
                .containsExactly(BROKEN_SYMLINK);
        assertThat(codes(probe(write("empty", "")))).containsExactly(NO_CERTIFICATE_FOUND);
        assertThat(codes(probe(write("text", "hello")))).containsExactly(PARSE_ERROR);
        assertThat(codes(probe(write("key", LEAF.getPrivateKeyPEM())))).containsExactly(NO_CERTIFICATE_FOUND);
        assertThat(codes(probe(directory))).containsExactly(FILE_READ_FAILED);
        assertThat(codes(probe(write("large", "x".repeat(5 << 20))))).containsExactly(FILE_TOO_LARGE);
    }

    @Test
    void aHalfWrittenFileKeepsTheLastKnownChainAndOthersAreUnaffected() throws Exception {
        String whole = Pki.pem(Pki.chain(LEAF));
        CertificateFile target = CertTarget.file(write("half.pem", whole));
        CertificateFile other = CertTarget.file(write("other.pem", whole));
        try (CertWatch watch =
                patient().trust(Probes.trust(ROOT)).target(target).target(other).build()) {
            watch.start();
            check(watch, target.name());
            write("half.pem", whole.substring(0, whole.length() / 2));
            CertReport half = check(watch, target.name());
            assertThat(codes(half)).containsExactlyInAnyOrder(PARSE_ERROR, EXPIRING_CRITICAL);
            assertThat(half.expiry().effective()).isNotNull();
            assertThat(codes(check(watch, other.name()))).containsExactly(EXPIRING_CRITICAL);
            write("half.pem", Pki.pem(Pki.chain(Pki.leaf("localhost", ROOT, Duration.ofDays(200)))));
            assertThat(check(watch, target.name()).level()).isEqualTo(Level.OK);
        }
    }

    /** As Kubernetes does it: a directory behind a link is exchanged, and the time of the file's link does not move. */
    @Test
    void aDirectoryExchangedBehindALinkIsARenewal() throws Exception {
        X509Bundle renewed = Pki.leaf("localhost", ROOT, Duration.ofDays(200));
        for (String generation : new String[] {"..1", "..2"}) {
            Files.createDirectory(directory.resolve(generation));
        }
        Files.writeString(directory.resolve("..1/tls.crt"), Pki.pem(Pki.chain(LEAF)));
        Files.writeString(directory.resolve("..2/tls.crt"), Pki.pem(Pki.chain(renewed)));
        Path same = Path.of("..1");
        Files.setLastModifiedTime(
                directory.resolve("..2/tls.crt"), Files.getLastModifiedTime(directory.resolve("..1/tls.crt")));
        Path data = Files.createSymbolicLink(directory.resolve("..data"), same);
        Path file = Files.createSymbolicLink(directory.resolve("tls.crt"), Path.of("..data/tls.crt"));
        CertificateFile target = CertTarget.file(file);
        List<CertificateChange> changes = new CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onChange(CertificateChange change) {
                changes.add(change);
            }
        };
        try (CertWatch watch = patient()
                .trust(Probes.trust(ROOT))
                .target(target)
                .listener(listener)
                .build()) {
            watch.start();
            assertThat(check(watch, target.name()).level()).isEqualTo(Level.CRITICAL);
            Path next = Files.createSymbolicLink(directory.resolve("..next"), Path.of("..2"));
            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            assertThat(check(watch, target.name()).level()).isEqualTo(Level.OK);
        }
        assertThat(changes)
                .singleElement()
                .satisfies(change -> assertThat(change.renewal()).isTrue());
    }

    @Test
    void aCertificateTwiceInABundleIsNoHarm() throws Exception {
        CertReport report = probe(write("twice.pem", Pki.pem(Pki.chain(ROOT, ROOT))));
        assertThat(report.level()).isEqualTo(Level.OK);
        assertThat(report.chain()).hasSize(2);
    }

    @Test
    void theStoreOfTheOperatingSystemIsReadOrItsAbsenceNamed() {
        CertReport os = probeAt(TrustStoreTarget.os(), ROOT);
        if (os.success()) {
            assertThat(os.chain()).hasSizeGreaterThan(20);
        } else {
            assertThat(codes(os)).containsExactly(FILE_NOT_FOUND);
            assertThat(os.findings().get(0).message()).contains("/etc/ssl/certs/ca-certificates.crt");
        }
    }

    @Test
    void trustStoresOfThisMachine() {
        CertReport jdk = probeAt(TrustStoreTarget.jdk(), ROOT);
        assertThat(jdk.expiry().effective()).isNotNull();
        assertThat(jdk.success()).isTrue();
    }

    @Test
    void randomBytesGiveAFindingAndNothingElse() throws Exception {
        Random random = new Random(11);
        byte[][] heads = {
            {0x30, (byte) 0x82}, {(byte) 0xfe, (byte) 0xed, (byte) 0xfe, (byte) 0xed}, {0x30, 0x40, 2, 1, 3}, {}
        };
        try (CertWatch watch = patient().trust(Probes.trust(ROOT)).build()) {
            watch.start();
            for (int i = 0; i < 200; i++) {
                byte[] bytes = new byte[20 + random.nextInt(300)];
                random.nextBytes(bytes);
                byte[] head = heads[i % heads.length];
                System.arraycopy(head, 0, bytes, 0, head.length);
                Path file = Files.write(directory.resolve("random-" + i), bytes);
                watch.add(CertTarget.file(file).withPassword("x".toCharArray()));
                CertReport report = check(watch, "file:" + file);
                assertThat(report.level()).isEqualTo(Level.CRITICAL);
                assertThat(report.has(PROBE_ERROR)).isFalse();
                watch.remove("file:" + file);
            }
        }
    }
}
