package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Level;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAlarmIT {

    private final BlockingQueue<Notice> notices = new LinkedBlockingQueue<>();

    private final CertWatchListener listener = new CertWatchListener() {
        @Override
        public void onNotice(Notice notice) {
            notices.add(notice);
        }
    };

    @Test
    void aCertificateThatEndsInFiveDaysAlarms(@TempDir Path directory) throws Exception {
        X509Bundle root = new CertificateBuilder()
                .ecp256()
                .subject("CN=Root")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=service")
                .notBefore(Instant.now().minus(Duration.ofDays(360)))
                .notAfter(Instant.now().plus(Duration.ofDays(5)))
                .buildIssuedBy(root);
        Path file = Files.writeString(directory.resolve("service.pem"), leaf.getCertificatePEM());

        try (CertWatch watch = CertificateAlarm.watch(List.of("file:" + file), listener)) {
            Notice notice = notices.poll(60, TimeUnit.SECONDS);

            assertThat(notice).isNotNull();
            assertThat(notice.to()).isEqualTo(Level.CRITICAL);
            assertThat(notice.text()).contains("service.pem", "expires");
            assertThat(watch.snapshot().table()).contains("CRITICAL", "EXPIRING_CRITICAL");
        }
    }

    @Test
    void aTargetThatIsNoUrlIsNamed() {
        assertThatThrownBy(() -> CertificateAlarm.watch(List.of("example.org"), listener))
                .hasMessageContaining("example.org: no scheme (expected:");
    }
}
