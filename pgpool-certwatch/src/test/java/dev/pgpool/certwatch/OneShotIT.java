package dev.pgpool.certwatch;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.Probes;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.report.EncodedCertificate;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.TargetSet;
import dev.pgpool.certwatch.target.Thresholds;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Probes that are asked for and not scheduled. */
class OneShotIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    private Path file(String name, Duration left) throws IOException {
        return Files.writeString(directory.resolve(name), Pki.pem(Pki.chain(Pki.leaf("localhost", ROOT, left))));
    }

    @Test
    @Timeout(20)
    void checkReturnsWhenAllAreJudged() throws Exception {
        file("a.pem", Duration.ofDays(100));
        file("b.pem", Duration.ofDays(3));
        Path list = Files.writeString(directory.resolve("targets.txt"), "file:" + directory + "/*.pem\n");
        CertSnapshot seen = CertWatch.check(
                "file:" + file("c.crt", Duration.ofDays(20)),
                "targets:" + list,
                "https://127.0.0.1:1",
                "truststore:jdk");
        assertThat(seen.pending()).isEmpty();
        assertThat(seen.reports()).hasSize(7);
        assertThat(seen.worst()).isEqualTo(Level.CRITICAL);
        assertThat(codes(seen.report("https://127.0.0.1:1").orElseThrow())).containsExactly(CONNECT_REFUSED);
        assertThat(codes(seen.report("file:" + directory + "/b.pem").orElseThrow()))
                .containsExactly(EXPIRING_CRITICAL);
    }

    @Test
    void checkOfNothingIsWell() throws Exception {
        CertSnapshot seen = CertWatch.check();
        assertThat(seen.reports()).isEmpty();
        assertThat(seen.worst()).isEqualTo(Level.OK);
    }

    @Test
    void checkNamesAllUrlsThatAreNone() {
        assertThatThrownBy(() -> CertWatch.check(List.of("nonsense", "https://h?x=y")))
                .isInstanceOf(CertWatchException.class)
                .hasMessageContaining("nonsense: no scheme")
                .hasMessageContaining("option \"x\"");
    }

    @Test
    void checkTakesSettings() throws Exception {
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", ROOT, Duration.ofDays(20)))) {
            String url = "tls://127.0.0.1:" + peer.port() + "?sni=localhost&name=x";
            CertSnapshot seen = patient()
                    .trust(trust(ROOT))
                    .thresholds(Thresholds.parse("10d", null))
                    .target(url)
                    .check();
            assertThat(seen.worst()).isEqualTo(Level.OK);
            assertThat(seen.report("x").orElseThrow().addresses()).hasSize(1);
            assertThat(peer.accepted()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"OK, 0", "WARNING, 1", "CRITICAL, 2", "EXPIRED, 2"})
    void levelsHaveTheExitCodesOfNagios(Level level, int code) {
        assertThat(level.exitCode()).isEqualTo(code);
    }

    @Test
    void aProbeOfATargetThatIsNotWatchedLeavesNoTrace() throws Exception {
        List<CertReport> heard = new CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onReport(CertReport report) {
                heard.add(report);
            }
        };
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", ROOT, Duration.ofDays(3)));
                CertWatch watch =
                        patient().trust(trust(ROOT)).listener(listener).build()) {
            Endpoint target = Endpoint.parse("tls://127.0.0.1:" + peer.port() + "?sni=localhost&label.team=ops");
            assertThatThrownBy(() -> watch.probe(target)).isInstanceOf(IllegalStateException.class);
            watch.start();
            CertReport report = watch.probe(target).get(60, TimeUnit.SECONDS);
            assertThat(codes(report)).containsExactly(EXPIRING_CRITICAL);
            StringBuilder page = new StringBuilder();
            PrometheusText.write(report, page);
            Map<String, Double> samples = PrometheusPage.read(page.toString());
            assertThat(samples)
                    .containsEntry("probe_success{team=ops}", 1.0)
                    .containsEntry("certwatch_finding{code=EXPIRING_CRITICAL, team=ops}", 1.0);
            assertThat(page).doesNotContain("instance=");
            // The same again, at the same time as another
            CompletableFuture<CertReport> one = watch.probe(target);
            CompletableFuture<CertReport> two = watch.probe(target);
            assertThat(List.of(one.get(), two.get()))
                    .extracting(CertReport::level)
                    .containsOnly(Level.CRITICAL);
            assertThat(watch.size()).isZero();
            assertThat(watch.snapshot().reports()).isEmpty();
            assertThatThrownBy(() -> watch.probe(TargetSet.files("/tmp")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("stands for many targets");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void aProbeUnderWayEndsWithTheWatch() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (TlsPeer silent = TlsPeer.raw((socket, in, out) -> {
                    asked.countDown();
                    in.readAllBytes();
                    return false;
                });
                CertWatch watch = patient().build()) {
            watch.start();
            CompletableFuture<CertReport> probe = watch.probe(CertTarget.tls("127.0.0.1", silent.port()));
            assertThat(asked.await(Probes.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            watch.close();
            assertThatThrownBy(() -> probe.get(30, TimeUnit.SECONDS))
                    .isInstanceOfAny(ExecutionException.class, java.util.concurrent.CancellationException.class);
        }
    }

    @Test
    void certificatesThemselvesAreKeptWhereAskedFor() throws Exception {
        X509Bundle leaf = Pki.leaf("localhost", ROOT, Duration.ofDays(100));
        Path file = Files.writeString(directory.resolve("a.pem"), Pki.pem(Pki.chain(leaf)));
        CertReport with = patient()
                .trust(trust(ROOT))
                .keepCertificates(true)
                .target("file:" + file)
                .check()
                .reports()
                .get(0);
        assertThat(with.leaf().encoded())
                .isEqualTo(EncodedCertificate.of(leaf.getCertificate().getEncoded()));
        assertThat(with.chains().get(0).entries())
                .extracting(entry -> entry.certificate().encoded())
                .contains(EncodedCertificate.of(ROOT.getCertificate().getEncoded()));
        CertReport without = patient()
                .trust(trust(ROOT))
                .target("file:" + file)
                .check()
                .reports()
                .get(0);
        assertThat(without.leaf().encoded()).isNull();
    }

    @Test
    void fewTargetsAreProbedAtOnceWithoutBeingToldTo() {
        CertWatchBuilder three =
                CertWatch.builder().target("https://a").target("https://b").target("file:/c");
        assertThat(three.build().config().schedule().firstSweep()).isEqualTo(Duration.ofMillis(150));
        assertThat(CertWatch.builder()
                        .target("targets:/x")
                        .build()
                        .config()
                        .schedule()
                        .firstSweep())
                .isEqualTo(Duration.ofSeconds(5));
        CertWatchBuilder many = CertWatch.builder();
        for (int i = 0; i < 1000; i++) {
            many.target(CertTarget.tls("h" + i, 1));
        }
        assertThat(many.build().config().schedule().firstSweep()).isEqualTo(Duration.ofSeconds(30));
        assertThat(three.firstSweep(Duration.ofMinutes(2))
                        .build()
                        .config()
                        .schedule()
                        .firstSweep())
                .isEqualTo(Duration.ofMinutes(2));
    }
}
