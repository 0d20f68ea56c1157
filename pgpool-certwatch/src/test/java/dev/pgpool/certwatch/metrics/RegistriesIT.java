package dev.pgpool.certwatch.metrics;

import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the host has told its registry counts, and registries of every kind hold the same series. */
class RegistriesIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @BeforeEach
    void files() throws IOException {
        for (String name : new String[] {"well", "ending"}) {
            Duration left = Duration.ofDays(name.equals("well") ? 300 : 3);
            Files.writeString(directory.resolve(name), Pki.pem(Pki.chain(Pki.leaf(name, ROOT, left))));
        }
    }

    private CertWatchBuilder watch() {
        return patient()
                .trust(trust(ROOT))
                .clock(Clock.fixed(Pki.NOW, ZoneOffset.UTC))
                .certificateSeries(10)
                .target(CertTarget.parse("file:" + directory.resolve("well") + "?name=well&label.team=shop"))
                .target(CertTarget.parse("file:" + directory.resolve("ending") + "?name=ending"))
                .target(CertTarget.parse("file:" + directory.resolve("none") + "?name=none"));
    }

    private Map<String, Double> scraped() {
        return PrometheusPage.read(registry.scrape());
    }

    @Test
    void commonTagsNamesAndFiltersOfTheHostCount() throws Exception {
        registry.config()
                .commonTags("application", "kiosk", "version", "1.2", "kind", "host")
                .meterFilter(MeterFilter.denyNameStartsWith("probe.ssl.last.chain.info"))
                .meterFilter(MeterFilter.deny(id -> id.getName().equals("certwatch.finding")))
                .meterFilter(new MeterFilter() {
                    @Override
                    public Meter.Id map(Meter.Id id) {
                        return id.getName().equals("certwatch.level") ? id.withName("our.level") : id;
                    }
                });
        try (CertWatch watch = watch().build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            watch.checkNow().get();
            Map<String, Double> page = scraped();
            assertThat(page)
                    .containsEntry(
                            "probe_success{application=kiosk, instance=well, kind=host, team=shop, version=1.2}", 1.0)
                    .containsEntry("our_level{application=kiosk, instance=ending, kind=host, team=, version=1.2}", 2.0)
                    .containsEntry(
                            "certwatch_certificate_expiry_timestamp_seconds{application=kiosk, instance=well, kind=leaf,"
                                    + " team=shop, version=1.2}",
                            (double) Pki.NOW.plus(Duration.ofDays(300)).getEpochSecond());
            assertThat(page.keySet())
                    .noneMatch(key -> key.startsWith("probe_ssl_last_chain_info"))
                    .noneMatch(key -> key.startsWith("certwatch_finding{"))
                    .noneMatch(key -> key.startsWith("certwatch_level"));
            assertThat(metrics).isNotNull();
        }
        assertThat(registry.scrape()).isBlank();
    }

    @Test
    void severalWatchesShareFamiliesAndEachTakesItsOwnAway() throws Exception {
        try (CertWatch one = watch().build();
                CertWatch two = watch().build()) {
            one.start();
            two.start();
            one.checkNow().get();
            two.checkNow().get();
            CertWatchMetrics first = CertWatchMetrics.bind(one, registry, Tags.of("watch", "one"), true);
            CertWatchMetrics second = CertWatchMetrics.bind(two, registry, Tags.of("watch", "two"), false);
            String text = registry.scrape();
            assertThat(text.lines().filter(line -> line.equals("# TYPE probe_success gauge")))
                    .hasSize(1);
            assertThat(PrometheusPage.read(text))
                    .containsEntry("probe_success{instance=well, team=shop, watch=one}", 1.0)
                    .containsEntry("probe_success{instance=well, team=shop, watch=two}", 1.0);
            assertThat(text.lines().filter(line -> line.startsWith("probe_ssl_last_chain_info{")))
                    .hasSize(2)
                    .allMatch(line -> line.contains("watch=\"one\""));
            first.close();
            first.close();
            assertThat(scraped())
                    .doesNotContainKey("probe_success{instance=well, team=shop, watch=one}")
                    .containsEntry("probe_success{instance=well, team=shop, watch=two}", 1.0);
            second.close();
            assertThat(registry.scrape()).isBlank();
            // and the names are free again
            Gauge.builder("probe.success", () -> 7).register(registry);
            assertThat(scraped()).containsEntry("probe_success{}", 7.0);
        }
    }

    @Test
    void registriesOfOtherKindsHoldTheSameSeries() throws Exception {
        SimpleMeterRegistry simple = new SimpleMeterRegistry();
        CompositeMeterRegistry composite = new CompositeMeterRegistry().add(new SimpleMeterRegistry());
        try (CertWatch watch = watch().build();
                CertWatchMetrics collected = CertWatchMetrics.bind(watch, registry);
                CertWatchMetrics registered = CertWatchMetrics.bind(watch, simple);
                CertWatchMetrics composed = CertWatchMetrics.bind(watch, composite)) {
            watch.start();
            watch.checkNow().get();
            Map<String, Double> expected = new TreeMap<>(scraped());
            expected.keySet().removeIf(RegistriesIT::ofTheMoment);
            assertThat(expected).hasSizeGreaterThan(40);
            for (MeterRegistry other : new MeterRegistry[] {simple, composite}) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(series(other)).isEqualTo(expected));
            }
            watch.remove("ending");
            Map<String, Double> left = new TreeMap<>(scraped());
            left.keySet().removeIf(RegistriesIT::ofTheMoment);
            assertThat(left).hasSizeLessThan(expected.size());
            for (MeterRegistry other : new MeterRegistry[] {simple, composite}) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(series(other)).isEqualTo(left));
            }
            assertThat(collected).isNotSameAs(registered);
            assertThat(composed).isNotNull();
        }
        assertThat(simple.getMeters()).isEmpty();
        assertThat(composite.getMeters()).isEmpty();
    }

    private static boolean ofTheMoment(String key) {
        return (key.startsWith("certwatch_probes") && !key.startsWith("certwatch_probes_in"))
                || key.startsWith("certwatch_notices")
                || key.startsWith("certwatch_schedule_lag_");
    }

    private static Map<String, Double> series(MeterRegistry registry) {
        Map<String, Double> series = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            for (CertWatchMeters known : CertWatchMeters.values()) {
                if (known.meterName().equals(meter.getId().getName())) {
                    Map<String, String> tags = new TreeMap<>();
                    for (Tag tag : meter.getId().getTags()) {
                        tags.put(tag.getKey(), tag.getValue());
                    }
                    series.put(
                            known.prometheusName() + tags,
                            meter.measure().iterator().next().getValue());
                }
            }
        }
        series.keySet().removeIf(RegistriesIT::ofTheMoment);
        return series;
    }
}
