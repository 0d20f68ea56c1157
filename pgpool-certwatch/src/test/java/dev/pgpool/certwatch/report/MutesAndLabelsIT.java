package dev.pgpool.certwatch.report;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetPolicy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the user says about a target: findings that are accepted, and labels. */
class MutesAndLabelsIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    private Path file;
    private final BlockingQueue<Notice> notices = new LinkedBlockingQueue<>();

    @BeforeEach
    void aFileThatEndsInThreeDays() throws IOException {
        file = directory.resolve("a.pem");
        write(Duration.ofDays(3));
    }

    private void write(Duration left) throws IOException {
        Files.writeString(file, Pki.pem(Pki.chain(Pki.leaf("localhost", ROOT, left))));
    }

    /** A clock moved by hand. */
    private static final class Hand extends Clock {
        private volatile Instant now = Pki.NOW;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    @Test
    void aMutedFindingCountsNowhereUntilItsDate() throws Exception {
        Hand clock = new Hand();
        Instant until = Pki.NOW.plus(Duration.ofDays(1));
        for (boolean ofAll : new boolean[] {false, true}) {
            clock.now = Pki.NOW;
            notices.clear();
            String query = ofAll ? "?name=a" : "?name=a&mute=EXPIRING_CRITICAL:" + until;
            CertWatchBuilder builder = patient()
                    .clock(clock)
                    .trust(trust(ROOT))
                    .onNotice(notices::add)
                    .target("file:" + file + query);
            if (ofAll) {
                builder.mute(new Mute(EXPIRING_CRITICAL, until));
            }
            try (CertWatch watch = builder.build()) {
                watch.start();
                CertReport muted = check(watch, "a");
                assertThat(muted.level()).isEqualTo(Level.OK);
                assertThat(muted.findings()).isEmpty();
                assertThat(muted.muted()).extracting(Finding::code).containsExactly(EXPIRING_CRITICAL);
                assertThat(muted.expiry().effective()).isNotNull();
                assertThat(watch.snapshot().toJson()).contains("\"muted\":[{\"code\":\"EXPIRING_CRITICAL\"");
                assertThat(page(watch))
                        .containsEntry("certwatch_finding_muted{code=EXPIRING_CRITICAL, instance=a}", 1.0)
                        .doesNotContainKey("certwatch_finding{code=EXPIRING_CRITICAL, instance=a}")
                        .containsEntry("certwatch_level{instance=a}", 0.0);
                assertThat(notices).isEmpty();
                // Levels are of the present: no probe is needed for the date to pass.
                clock.now = until;
                assertThat(watch.snapshot().worst()).isEqualTo(Level.CRITICAL);
                assertThat(check(watch, "a").findings())
                        .extracting(Finding::code)
                        .containsExactly(EXPIRING_CRITICAL);
                assertThat(notices.poll(30, TimeUnit.SECONDS))
                        .extracting(Notice::to)
                        .isEqualTo(Level.CRITICAL);
            }
        }
    }

    @Test
    void onlyWhatIsMutedIsMuted() {
        Path none = directory.resolve("none.pem");
        try (CertWatch watch = patient()
                .trust(trust(ROOT))
                .mute(FILE_NOT_FOUND, WEAK_KEY)
                .target("file:" + none + "?name=none")
                .target("file:" + file + "?name=a")
                .build()) {
            watch.start();
            CertReport gone = check(watch, "none");
            assertThat(gone.level()).isEqualTo(Level.OK);
            assertThat(gone.success()).isFalse();
            assertThat(codes(check(watch, "a"))).containsExactly(EXPIRING_CRITICAL);
        }
    }

    @Test
    void labelsAreInMetersNoticesAndJson() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        registry.throwExceptionOnRegistrationFailure();
        try (CertWatch watch = patient()
                        .trust(trust(ROOT))
                        .onNotice(notices::add)
                        .target("file:" + file + "?name=a&label.team=payments")
                        .target("file:" + file + "?name=b")
                        .build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            watch.checkNow().get();
            assertThat(notices.poll(30, TimeUnit.SECONDS)).isNotNull();
            assertThat(notices.poll(30, TimeUnit.SECONDS)).isNotNull();
            assertThat(page(watch))
                    .containsEntry("certwatch_level{instance=a, team=payments}", 2.0)
                    .containsEntry("certwatch_level{instance=b}", 2.0);
            // A label that comes later changes the tags of all that are there.
            watch.add(CertTarget.parse("file:" + file + "?name=c&label.env=a%22b%5C&label.team=ops"));
            check(watch, "c");
            Notice notice = notices.poll(30, TimeUnit.SECONDS);
            assertThat(notice.text()).startsWith("CRITICAL c [env=a\"b\\ team=ops]: ");
            assertThat(watch.snapshot().toJson()).contains("\"labels\":{\"env\":\"a\\\"b\\\\\",\"team\":\"ops\"}");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(PrometheusPage.read(registry.scrape()))
                            .containsEntry("certwatch_level{env=, instance=a, team=payments}", 2.0)
                            .containsEntry("certwatch_level{env=, instance=b, team=}", 2.0)
                            .containsEntry("certwatch_level{env=a\\\"b\\\\, instance=c, team=ops}", 2.0));
            watch.remove("c");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(registry.scrape()).doesNotContain("instance=\"c\""));
            assertThat(metrics).isNotNull();
        }
    }

    @Test
    void labelsThatAreTooManyAreRefusedWhileRunning() {
        try (CertWatch watch = patient().build()) {
            watch.start();
            for (int i = 0; i < 16; i++) {
                watch.add(
                        CertTarget.file(file).named("t" + i).withPolicy(TargetPolicy.DEFAULT.withLabel("l" + i, "x")));
            }
            assertThatThrownBy(() -> watch.add(
                            CertTarget.file(file).named("t").withPolicy(TargetPolicy.DEFAULT.withLabel("l", "x"))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("more than 16 names");
            watch.add(CertTarget.file(file).named("t").withPolicy(TargetPolicy.DEFAULT.withLabel("l0", "y")));
            assertThat(watch.size()).isEqualTo(17);
        }
    }

    @Test
    void aTargetHasAnIntervalOfItsOwn() throws Exception {
        List<String> names = new java.util.concurrent.CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onReport(CertReport report) {
                names.add(report.target().name());
            }
        };
        try (CertWatch watch = patient()
                .listener(listener)
                .firstSweep(Duration.ZERO)
                .target("file:" + file + "?name=often&interval=1s&mute=EXPIRING_CRITICAL")
                .target("file:" + file + "?name=seldom&mute=EXPIRING_CRITICAL")
                .build()) {
            watch.start();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(names).filteredOn("often"::equals).hasSizeGreaterThan(3));
            assertThat(names).filteredOn("seldom"::equals).hasSize(1);
        }
    }

    private static Map<String, Double> page(CertWatch watch) throws IOException {
        StringBuilder page = new StringBuilder();
        PrometheusText.write(watch, page);
        return new TreeMap<>(PrometheusPage.read(page.toString()));
    }
}
