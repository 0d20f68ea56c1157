package dev.pgpool.certwatch.report;

import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Thresholds;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said must say what was seen, of what kind, and what was expected, once. */
class WordsIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dns 127.0.0.1     | 127.0.0.1  | the certificate is for DNS:127.0.0.1 (expected: IP:127.0.0.1)
            ip 127.0.0.1      | localhost  | the certificate is for IP:127.0.0.1 (expected: DNS:localhost)
            dns a.example.org | localhost  | the certificate is for DNS:a.example.org (expected: DNS:localhost)
            ip 10.0.0.1       | 127.0.0.1  | the certificate is for IP:10.0.0.1 (expected: IP:127.0.0.1)
            """)
    void namesSayOfWhatKindTheyAre(String name, String wanted, String message) {
        String text = name.substring(name.indexOf(' ') + 1);
        X509Bundle leaf = name.startsWith("dns") ? Pki.leaf(text, ROOT, Duration.ofDays(300)) : addressOnly(text);
        try (TlsPeer peer = TlsPeer.tls(leaf)) {
            CertReport report = probeAt(CertTarget.tls("127.0.0.1", peer.port()).withServerName(wanted), ROOT);
            assertThat(report.findings()).extracting(Finding::message).containsExactly(message);
        }
    }

    private static X509Bundle addressOnly(String address) {
        try {
            return new io.netty.pkitesting.CertificateBuilder()
                    .ecp256()
                    .subject("CN=any")
                    .addSanIpAddress(address)
                    .addExtendedKeyUsageServerAuth()
                    .notBefore(Pki.NOW.minus(Duration.ofDays(10)))
                    .notAfter(Pki.NOW.plus(Duration.ofDays(300)))
                    .buildIssuedBy(ROOT);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "60d, , PT1440H, PT168H",
        "3d, , PT72H, PT72H",
        ", 60d, PT1440H, PT1440H",
        ", 12h, PT720H, PT12H",
        "10d, 10d, PT240H, PT240H"
    })
    void aThresholdIsNotRefusedForTheDefaultOfTheOther(
            String warning, String critical, Duration warns, Duration alarms) {
        Thresholds thresholds = Thresholds.parse(warning, critical);
        assertThat(thresholds.warning()).isEqualTo(warns);
        assertThat(thresholds.critical()).isEqualTo(alarms);
    }

    @Test
    void aThresholdThatContradictsTheOtherIs() {
        assertThatThrownBy(() -> Thresholds.parse("3d", "10d"))
                .hasMessageContaining("warning: PT72H (expected: >= critical, PT240H)");
    }

    /** Down to the second before a full hour, where two ways of rounding would differ. */
    @ParameterizedTest
    @CsvSource({"432000", "431999", "435599", "435600", "86399", "86400", "3599", "864000"})
    void tableAndNoticeSayTheSameTimeOfTheSameMoment(long seconds) throws Exception {
        Path file = Files.writeString(
                directory.resolve("a.pem"), Pki.pem(Pki.chain(Pki.leaf("a", ROOT, Duration.ofSeconds(seconds)))));
        List<Notice> notices = new CopyOnWriteArrayList<>();
        try (CertWatch watch = patient()
                .trust(trust(ROOT))
                .clock(Clock.fixed(Pki.NOW.plusMillis(700), ZoneOffset.UTC))
                .onNotice(notices::add)
                .target(CertTarget.file(file).named("a"))
                .build()) {
            watch.start();
            CertSnapshot seen = watch.checkNow().get();
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !notices.isEmpty());
            String told = notices.get(0)
                    .text()
                    .replaceAll("(?s).*, in ((?:\\d+ (?:d|h|min) ?)+).*", "$1")
                    .strip();
            assertThat(told).matches("\\d+ .*");
            assertThat(seen.table()).contains(told);
        }
    }

    /** The peer hung up without an alert. */
    @Test
    void whereNoAlertWasNoneIsNamed() {
        try (TlsPeer peer = TlsPeer.raw((socket, in, out) -> {
            assertThat(in.read()).isGreaterThanOrEqualTo(0);
            return false;
        })) {
            CertReport report = probeAt(CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost"), ROOT);
            assertThat(report.has(FindingCode.HANDSHAKE_ALERT))
                    .as(report.findings().toString())
                    .isFalse();
            assertThat(report.level()).isEqualTo(Level.CRITICAL);
        }
    }
}
