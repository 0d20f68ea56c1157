package dev.pgpool.certwatch.connect;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.OpenSsl;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.ProxyProtocol;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that are made in another way than the usual one. */
class ConnectOptionsIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle EC = Pki.leaf("localhost", ROOT, Duration.ofDays(300));
    private static final X509Bundle RSA = rsa(Duration.ofDays(3));

    @TempDir
    Path directory;

    private static X509Bundle rsa(Duration left) {
        return Pki.leaf(
                "localhost",
                ROOT,
                Pki.NOW.plus(left).minus(Duration.ofDays(398)),
                Pki.NOW.plus(left),
                CertificateBuilder::rsa2048);
    }

    private OpenSsl both(X509Bundle rsa, String... more) throws IOException {
        Path cert = Files.writeString(
                Files.createTempFile(directory, "rsa", ".pem"), Pki.pem(List.of(rsa.getCertificate())));
        Path key = Files.writeString(Files.createTempFile(directory, "rsa", ".key"), rsa.getPrivateKeyPEM());
        List<String> options = new java.util.ArrayList<>(List.of("-dcert", cert.toString(), "-dkey", key.toString()));
        options.addAll(List.of(more));
        return new OpenSsl(directory, EC, List.of(), options.toArray(new String[0]));
    }

    private static Endpoint at(int port, String query) {
        return Endpoint.parse("tls://127.0.0.1:" + port + "?sni=localhost&" + query);
    }

    @Test
    void bothCertificatesOfAServerAreSeen() throws IOException {
        try (OpenSsl server = both(RSA)) {
            // Left to choose, the server shows the one that is well.
            assertThat(probeAt(at(server.port(), "name=x"), ROOT).findings()).isEmpty();
            CertReport seen = probeAt(at(server.port(), "keys=rsa,ecdsa"), ROOT);
            assertThat(codes(seen)).containsExactly(EXPIRING_CRITICAL);
            assertThat(seen.addresses())
                    .extracting(AddressResult::address, AddressResult::keyAlgorithm, AddressResult::failure)
                    .containsExactlyInAnyOrder(
                            tuple("127.0.0.1 [RSA]", "RSA", null), tuple("127.0.0.1 [ECDSA]", "EC", null));
            assertThat(codes(probeAt(at(server.port(), "keys=ecdsa"), ROOT))).isEmpty();
            assertThat(codes(probeAt(at(server.port(), "keys=rsa"), ROOT))).containsExactly(EXPIRING_CRITICAL);
        }
    }

    /** An authority has a key of one kind and signs certificates of both, and a server may not speak TLS 1.3. */
    @ParameterizedTest
    @CsvSource({"false, -no_tls1_3", "true, -no_tls1_3", "false, -no_ticket", "true, -no_ticket"})
    void theKindOfTheAuthorityDoesNotMatter(boolean rsaAuthority, String option) throws IOException {
        X509Bundle root = rsaAuthority ? Pki.root("RSA root", CertificateBuilder::rsa2048) : ROOT;
        Duration left = Duration.ofDays(300);
        X509Bundle rsa = Pki.leaf(
                "localhost",
                root,
                Pki.NOW.plus(left).minus(Duration.ofDays(398)),
                Pki.NOW.plus(left),
                CertificateBuilder::rsa2048);
        Path cert = Files.writeString(directory.resolve("rsa.pem"), Pki.pem(List.of(rsa.getCertificate())));
        Path key = Files.writeString(directory.resolve("rsa.key"), rsa.getPrivateKeyPEM());
        try (OpenSsl server = new OpenSsl(
                directory,
                Pki.leaf("localhost", root, left),
                List.of(),
                "-dcert",
                cert.toString(),
                "-dkey",
                key.toString(),
                option)) {
            CertReport seen = probeAt(at(server.port(), "keys=rsa,ecdsa"), root);
            assertThat(seen.findings()).isEmpty();
            assertThat(seen.addresses()).extracting(AddressResult::keyAlgorithm).containsExactlyInAnyOrder("RSA", "EC");
        }
    }

    @Test
    void theRenewalOfOneOfTwoIsOneChange() throws IOException {
        List<CertificateChange> changes = new java.util.concurrent.CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onChange(CertificateChange change) {
                changes.add(change);
            }
        };
        int port;
        CertWatchBuilder builder = patient().trust(trust(ROOT)).listener(listener);
        OpenSsl server = both(RSA);
        port = server.port();
        try (CertWatch watch =
                builder.target(at(port, "keys=rsa,ecdsa&name=both")).build()) {
            watch.start();
            assertThat(codes(check(watch, "both"))).containsExactly(EXPIRING_CRITICAL);
            server.close();
            try (OpenSsl renewed = both(rsa(Duration.ofDays(200)), "-accept", "127.0.0.1:" + port)) {
                assertThat(renewed.port()).isEqualTo(port);
                assertThat(codes(check(watch, "both"))).isEmpty();
                assertThat(codes(check(watch, "both"))).isEmpty();
            }
        }
        assertThat(changes).hasSize(1);
        assertThat(changes.get(0).before().keyAlgorithm()).isEqualTo("RSA");
        assertThat(changes.get(0).renewal()).isTrue();
    }

    @Test
    void aKindThatAServerDoesNotHaveIsNamed() {
        try (OpenSsl server = new OpenSsl(directory, EC, List.of())) {
            CertReport seen = probeAt(at(server.port(), "keys=rsa,ecdsa"), ROOT);
            assertThat(codes(seen)).containsExactly(CERTIFICATE_KIND_MISSING);
            assertThat(seen.level()).isEqualTo(Level.WARNING);
            assertThat(seen.success()).isTrue();
            assertThat(seen.findings().get(0).message()).contains("127.0.0.1 [RSA]");
            CertReport none = probeAt(at(server.port(), "keys=rsa"), ROOT);
            assertThat(codes(none)).containsExactly(CERTIFICATE_KIND_MISSING);
            assertThat(none.level()).isEqualTo(Level.CRITICAL);
        }
    }

    @Test
    void theExpectedFileIsComparedWithItsKindOnly() throws IOException {
        Path file = Files.writeString(directory.resolve("rsa.pem"), Pki.pem(List.of(RSA.getCertificate())));
        try (OpenSsl server = both(RSA)) {
            CertReport seen = probeAt(
                    at(server.port(), "keys=rsa,ecdsa&expect=" + file),
                    patient().trust(trust(ROOT)).staleGrace(Duration.ZERO));
            assertThat(codes(seen)).containsExactly(EXPIRING_CRITICAL);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tls=1.2, TLS 1.2, ''",
        "tls=1.3, TLS 1.3, ''",
        "tls=1.2&ciphers=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "tls=1.3&ciphers=TLS_AES_256_GCM_SHA384, TLS 1.3, TLS_AES_256_GCM_SHA384"
    })
    void versionAndCipherAreThoseOfChoice(String query, String version, String cipher) {
        for (boolean nativeTls : new boolean[] {true, false}) {
            try (OpenSsl server = new OpenSsl(directory, EC, List.of())) {
                CertReport seen = probeAt(
                        at(server.port(), query), patient().trust(trust(ROOT)).nativeTls(nativeTls));
                assertThat(seen.findings()).isEmpty();
                assertThat(seen.addresses().get(0).tlsVersion()).isEqualTo(version);
                assertThat(seen.addresses().get(0).cipher()).contains(cipher);
            }
        }
    }

    @Test
    void aCipherThatNoEngineKnowsIsNamed() {
        try (OpenSsl server = new OpenSsl(directory, EC, List.of())) {
            CertReport seen = probeAt(at(server.port(), "ciphers=TLS_NO_SUCH_CIPHER"), ROOT);
            assertThat(codes(seen)).containsExactly(PROBE_ERROR);
            assertThat(seen.findings().get(0).message()).contains("TLS_NO_SUCH_CIPHER");
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    void theProxyHeaderComesFirstAndNamesBothEnds(ProxyProtocol version) {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        TlsPeer.Preamble preamble = (socket, in, out) -> {
            seen.add(version == ProxyProtocol.V1 ? line(in) : binary(in));
            seen.add(socket.getRemoteSocketAddress().toString().substring(1));
            return true;
        };
        try (TlsPeer peer = TlsPeer.startTls(preamble, EC)) {
            assertThat(probeAt(at(peer.port(), "proxyprotocol=" + version), ROOT)
                            .findings())
                    .isEmpty();
            String header = seen.remove();
            String[] from = seen.remove().split(":");
            assertThat(header)
                    .isEqualTo(
                            version == ProxyProtocol.V1
                                    ? "PROXY TCP4 127.0.0.1 127.0.0.1 " + from[1] + " " + peer.port()
                                    : "21 11 127.0.0.1 127.0.0.1 " + from[1] + " " + peer.port());
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    private static String binary(InputStream in) throws IOException {
        byte[] head = in.readNBytes(28);
        assertThat(new String(head, 0, 12, StandardCharsets.ISO_8859_1)).isEqualTo("\r\n\r\n\0\r\nQUIT\n");
        assertThat(head[15]).isEqualTo((byte) 12);
        return String.format(
                "%x %x %d.%d.%d.%d %d.%d.%d.%d %d %d",
                head[12],
                head[13],
                head[16],
                head[17],
                head[18],
                head[19],
                head[20],
                head[21],
                head[22],
                head[23],
                ((head[24] & 0xff) << 8) + (head[25] & 0xff),
                ((head[26] & 0xff) << 8) + (head[27] & 0xff));
    }

    @Test
    void ehloSaysTheGivenName() {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        TlsPeer.Preamble preamble = (socket, in, out) -> {
            out.write("220 ready\r\n".getBytes(StandardCharsets.US_ASCII));
            seen.add(line(in));
            out.write("250-hello\r\n250 STARTTLS\r\n".getBytes(StandardCharsets.US_ASCII));
            line(in);
            out.write("220 go\r\n".getBytes(StandardCharsets.US_ASCII));
            return true;
        };
        try (TlsPeer peer = TlsPeer.startTls(preamble, EC)) {
            Endpoint target =
                    Endpoint.parse("smtp+starttls://127.0.0.1:" + peer.port() + "?sni=localhost&ehlo=probe.example");
            assertThat(probeAt(target, ROOT).findings()).isEmpty();
            assertThat(seen).containsExactly("EHLO probe.example");
        }
    }

    @Test
    void aGivenAddressIsTakenInsteadOfTheName() {
        try (TlsPeer peer = TlsPeer.at("127.0.0.41", 0, EC)) {
            AddressResolver never = host -> {
                throw new AssertionError(host);
            };
            Endpoint target =
                    Endpoint.parse("tls://no-such-name.invalid:" + peer.port() + "?sni=localhost&address=127.0.0.41");
            CertReport seen = probeAt(target, patient().trust(trust(ROOT)).resolver(never));
            assertThat(seen.findings()).isEmpty();
            assertThat(seen.addresses()).extracting(AddressResult::address).containsExactly("127.0.0.41");
        }
    }
}
