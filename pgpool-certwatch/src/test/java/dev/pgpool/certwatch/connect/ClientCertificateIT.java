package dev.pgpool.certwatch.connect;

import static dev.pgpool.certwatch.finding.FindingCode.CLIENT_CERT_EXPIRED;
import static dev.pgpool.certwatch.finding.FindingCode.CLIENT_CERT_EXPIRING;
import static dev.pgpool.certwatch.finding.FindingCode.CLIENT_CERT_REJECTED;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.fixture.OpenSsl;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an OpenSSL server that demands a certificate thinks of ours, in each version of TLS; and when ours ends. */
class ClientCertificateIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle STRANGER = Pki.root("Stranger");
    private static final X509Bundle LEAF = Pki.leaf("localhost", ROOT, Duration.ofDays(300));

    @TempDir
    Path directory;

    private OpenSsl server(String version) throws Exception {
        Path authorities = Files.writeString(directory.resolve("ca.pem"), Pki.pem(Pki.chain(ROOT)));
        return new OpenSsl(
                directory,
                LEAF,
                java.util.List.of(),
                version,
                "-Verify",
                "3",
                "-verify_return_error",
                "-CAfile",
                authorities.toString());
    }

    private static X509Bundle client(X509Bundle issuer, Duration left) {
        return Pki.leaf(
                "client",
                issuer,
                Pki.NOW.plus(left).minus(Duration.ofDays(398)),
                Pki.NOW.plus(left),
                b -> b.addExtendedKeyUsageClientAuth());
    }

    /** OpenSSL sends the root along where it has it for clients. */
    private static Set<FindingCode> serious(CertReport report) {
        return report.findings().stream()
                .filter(finding -> finding.severity() != Severity.INFO)
                .map(Finding::code)
                .collect(Collectors.toSet());
    }

    private ClientIdentity identity(X509Bundle client) throws Exception {
        Path certificate = directory.resolve("client.pem");
        Path key = directory.resolve("client.key");
        replace(certificate, Pki.pem(Pki.chain(client)));
        replace(key, client.getPrivateKeyPEM());
        return ClientIdentity.pem(certificate, key, null);
    }

    private void replace(Path file, String text) throws Exception {
        Path next = Files.writeString(directory.resolve("next"), text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Endpoint at(OpenSsl server) {
        return CertTarget.tls("127.0.0.1", server.port()).withServerName("localhost");
    }

    @ParameterizedTest
    @CsvSource({
        "-tls1_2, good, true", "-tls1_3, good, true",
        "-tls1_2, expired, false", "-tls1_3, expired, false",
        "-tls1_2, early, false", "-tls1_3, early, false",
        "-tls1_2, stranger, false", "-tls1_3, stranger, false",
        "-tls1_2, self-signed, false", "-tls1_3, self-signed, false",
    })
    void theServersVerdictIsSeen(String version, String kind, boolean accepted) throws Exception {
        X509Bundle client = switch (kind) {
            case "expired" -> client(ROOT, Duration.ofDays(-1));
            case "early" ->
                Pki.leaf(
                        "client",
                        ROOT,
                        Pki.NOW.plus(Duration.ofDays(2)),
                        Pki.NOW.plus(Duration.ofDays(90)),
                        b -> b.addExtendedKeyUsageClientAuth());
            case "stranger" -> client(STRANGER, Duration.ofDays(100));
            case "self-signed" -> Pki.selfSigned("client", Duration.ofDays(100));
            default -> client(ROOT, Duration.ofDays(100));
        };
        try (OpenSsl server = server(version)) {
            for (boolean clock : new boolean[] {false, true}) {
                CertReport report = probeAt(
                        (clock ? CertTarget.parse("https://127.0.0.1:" + server.port() + "?sni=localhost") : at(server))
                                        instanceof Endpoint endpoint
                                ? endpoint.withClient(identity(client))
                                : null,
                        patient().trust(trust(ROOT)).checkClock(clock).negotiateTimeout(Duration.ofSeconds(3)));
                assertThat(report.success()).as(report.findings().toString()).isEqualTo(accepted);
                assertThat(report.has(CLIENT_CERT_REJECTED)).isEqualTo(!accepted);
                assertThat(report.has(CLIENT_CERT_EXPIRED)).isEqualTo(kind.equals("expired") || kind.equals("early"));
                assertThat(report.level() == Level.OK).isEqualTo(accepted);
                assertThat(report.expiry().leaf())
                        .isEqualTo(LEAF.getCertificate().getNotAfter().toInstant());
            }
        }
    }

    /** As a target in text, with what makes the files out of client.pem and client.key. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            client=both.pem                                 | cat client.pem client.key
            client=both.pem                                 | cat client.key client.pem
            client=both.pem&clientpassword=secret           | openssl pkcs8 -topk8 -in client.key -passout pass:secret && cat client.pem
            client=both.pem&clientpassword=secret           | openssl pkcs8 -topk8 -scrypt -in client.key -passout pass:secret && cat client.pem
            client=both.pem&clientpassword=secret           | openssl ec -in client.key -aes256 -passout pass:secret && cat client.pem
            client=both.pem                                 | openssl ec -in client.key && cat client.pem
            client=client.pem&clientkey=both.pem            | openssl ec -in client.key
            client=client.pem&clientkey=both.pem            | openssl pkcs8 -topk8 -nocrypt -outform DER -in client.key
            client=client.pem&clientkey=both.pem&clientpassword=secret | openssl pkcs8 -topk8 -scrypt -in client.key -passout pass:secret
            client=both.pem&clientkey=client.key            | openssl x509 -in client.pem -outform DER
            client=both.pem&clientpassword=secret           | openssl pkcs12 -export -in client.pem -inkey client.key -passout pass:secret
            client=both.pem&clientpassword=secret           | openssl pkcs12 -export -in client.pem -inkey client.key -passout pass:secret -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
            """)
    void everyFormOfAnIdentityIsShown(String options, String command) throws Exception {
        identity(client(ROOT, Duration.ofDays(300)));
        make(command);
        try (OpenSsl server = server("-tls1_3")) {
            CertTarget target = CertTarget.parse("tls://127.0.0.1:" + server.port() + "?sni=localhost&" + at(options));
            CertReport report = probeAt(target, patient().trust(trust(ROOT)));
            assertThat(serious(report)).as(report.findings().toString()).isEmpty();
            assertThat(report.success()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            clientkey=client.key                            | cat client.pem             | clientkey without client
            clientpassword=secret                           | cat client.pem             | clientpassword without client
            client=both.pem                                 | cat client.pem             | no private key in it
            client=both.pem                                 | cat client.key             | no certificate in it
            client=none.pem                                 | cat client.key             | no such file
            client=both.pem                                 | openssl pkcs8 -topk8 -in client.key -passout pass:secret && cat client.pem | is encrypted and no password
            client=both.pem&clientpassword=wrong            | openssl pkcs8 -topk8 -scrypt -in client.key -passout pass:secret && cat client.pem | password does not open
            client=client.pem&clientkey=both.pem            | openssl ecparam -name prime256v1 -genkey -noout | does not belong
            client=both.pem&clientpassword=secret           | openssl pkcs12 -export -nokeys -in client.pem -passout pass:secret | no key in it
            """)
    void whatIsNoIdentityIsRefusedAtOnce(String options, String command, String message) throws Exception {
        identity(client(ROOT, Duration.ofDays(300)));
        make(command);
        assertThatThrownBy(() -> CertTarget.parse("tls://127.0.0.1:1?" + at(options)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageMatching("(?s)(?!.*\\(expected: .*\\(expected: ).*")
                .hasMessageNotContaining("secret")
                .hasMessageNotContaining("wrong");
    }

    private String at(String options) {
        return options.replaceAll("client(key)?=(?=\\w)", "$0" + directory + "/")
                .replace("password=" + directory + "/", "password=");
    }

    private void make(String command) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "( " + command + " ) > both.pem 2> said")
                .directory(directory.toFile())
                .start();
        assertThat(process.waitFor())
                .as(Files.readString(directory.resolve("said")))
                .isZero();
    }

    @Test
    void theEndOfOurOwnCertificateIsToldAndItsRenewalSeen() throws Exception {
        try (OpenSsl server = server("-tls1_3")) {
            Endpoint target = at(server).withClient(identity(client(ROOT, Duration.ofDays(20))));
            try (CertWatch watch = patient().trust(trust(ROOT)).target(target).build()) {
                watch.start();
                CertReport warning = check(watch, target.name());
                assertThat(serious(warning)).containsExactly(CLIENT_CERT_EXPIRING);
                assertThat(warning.level()).isEqualTo(Level.WARNING);
                assertThat(warning.success()).isTrue();
                identity(client(ROOT, Duration.ofDays(3)));
                assertThat(check(watch, target.name()).level()).isEqualTo(Level.CRITICAL);
                identity(client(ROOT, Duration.ofDays(300)));
                assertThat(serious(check(watch, target.name()))).isEmpty();
                // A file that is broken is told, and the former identity goes on being shown.
                replace(directory.resolve("client.pem"), "-----BEGIN CERTIFICATE-----\nnothing");
                CertReport broken = check(watch, target.name());
                assertThat(serious(broken)).containsExactly(FindingCode.FILE_READ_FAILED);
                assertThat(broken.chain()).isNotEmpty();
            }
        }
    }
}
