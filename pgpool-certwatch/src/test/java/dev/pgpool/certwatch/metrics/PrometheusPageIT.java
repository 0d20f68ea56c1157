package dev.pgpool.certwatch.metrics;

import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole page as Prometheus reads it, from Micrometer's registry and from the watch itself. */
class PrometheusPageIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final String ODD = "odd \"name\" \\ with\nlines";

    @TempDir
    Path directory;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private static String page(CertWatch watch) {
        StringBuilder page = new StringBuilder();
        try {
            PrometheusText.write(watch, page);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return page.toString();
    }

    /** Targets of all kinds: well, ending, unreachable, at two addresses, a bundle with one certificate twice, an odd name. */
    private CertWatchBuilder targets(TlsPeer well, TlsPeer ending) throws IOException {
        Path twice = Files.writeString(directory.resolve("twice.pem"), Pki.pem(Pki.chain(ROOT, ROOT)));
        Path cut = Files.writeString(directory.resolve("cut.pem"), "-----BEGIN CERTIFICATE-----\nMIIB");
        AddressResolver two = host -> List.of(InetAddress.getByName("127.0.0.11"), InetAddress.getByName("127.0.0.12"));
        return patient()
                .trust(trust(ROOT))
                .resolver(two)
                .clock(Clock.fixed(Pki.NOW, ZoneOffset.UTC))
                .target(CertTarget.tls("localhost", well.port()).named("two"))
                .target(CertTarget.tls("127.0.0.11", well.port())
                        .withServerName("localhost")
                        .named(ODD))
                .target(CertTarget.tls("127.0.0.12", ending.port()).withServerName("elsewhere"))
                .target(CertTarget.file(twice))
                .target(CertTarget.file(cut))
                .target(CertTarget.file(directory.resolve("none.pem")));
    }

    @Test
    void bothPagesAreWholeAndSayTheSame() throws Exception {
        X509Bundle leaf = Pki.leaf(
                "localhost",
                ROOT,
                Pki.NOW.minus(Duration.ofDays(10)),
                Pki.NOW.plus(Duration.ofDays(300)),
                b -> b.addSanIpAddress("127.0.0.11"));
        try (TlsPeer well = TlsPeer.at("127.0.0.11", 0, leaf);
                TlsPeer ending =
                        TlsPeer.at("127.0.0.12", well.port(), Pki.leaf("localhost", ROOT, Duration.ofDays(3)));
                CertWatch watch = targets(well, ending).build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            watch.checkNow().get();
            Map<String, Double> direct = new TreeMap<>(PrometheusPage.read(page(watch)));
            assertThat(direct.keySet())
                    .contains("certwatch_targets{}")
                    .anySatisfy(key -> assertThat(key).contains("odd \\\"name\\\" \\\\ with\\nlines"))
                    .anySatisfy(key -> assertThat(key)
                            .startsWith("probe_ssl_last_chain_info")
                            .contains("subjectalternative=localhost}"))
                    .noneSatisfy(key -> assertThat(key).contains("127.0.0.11}"));
            // probes under way and their lateness are of the moment, and probes and notices are counted only there
            direct.keySet().removeIf(PrometheusPageIT::ofTheMoment);
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                Map<String, Double> bound = new TreeMap<>(PrometheusPage.read(registry.scrape()));
                bound.keySet().removeIf(PrometheusPageIT::ofTheMoment);
                assertThat(bound).isEqualTo(direct);
            });
            assertThat(metrics).isNotNull();
            watch.remove(ODD);
            assertThat(page(watch)).doesNotContain("odd");
        }
    }

    private static boolean ofTheMoment(String key) {
        return key.startsWith("certwatch_probes_")
                || key.startsWith("certwatch_notices_")
                || key.startsWith("certwatch_schedule_lag_");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aForeignMeterOfTheSameNameCostsItselfAndNotThePage(boolean throwing) throws Exception {
        if (throwing) {
            registry.throwExceptionOnRegistrationFailure();
        }
        Gauge.builder("probe.success", () -> 5).tag("foreign", "yes").register(registry);
        registry.counter("certwatch.level").increment();
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", ROOT, Duration.ofDays(3)));
                CertWatch watch = patient()
                        .trust(trust(ROOT))
                        .target(CertTarget.tls("127.0.0.1", peer.port())
                                .withServerName("localhost")
                                .named("shop"))
                        .build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            check(watch, "shop");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(PrometheusPage.read(registry.scrape()))
                            .containsEntry("probe_success{foreign=yes}", 5.0)
                            .containsKey("probe_ssl_earliest_cert_expiry{instance=shop}")
                            .containsKey("certwatch_finding{code=EXPIRING_CRITICAL, instance=shop}"));
            assertThat(metrics).isNotNull();
        }
        PrometheusPage.read(registry.scrape());
    }

    @Test
    void twoWatchesOfOneRegistryNeedTagsToBeToldApart() {
        try (CertWatch one = patient().build();
                CertWatch two = patient().build()) {
            CertWatchMetrics first = CertWatchMetrics.bind(one, registry);
            assertThatThrownBy(() -> CertWatchMetrics.bind(two, registry))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("expected: other tags for each watch");
            first.close();
            CertWatchMetrics again = CertWatchMetrics.bind(two, registry, Tags.of("watch", "two"), true);
            CertWatchMetrics other = CertWatchMetrics.bind(one, registry, Tags.of("watch", "one"), true);
            assertThat(PrometheusPage.read(registry.scrape()))
                    .containsKeys("certwatch_targets{watch=one}", "certwatch_targets{watch=two}");
            again.close();
            other.close();
            assertThat(registry.getMeters()).isEmpty();
        }
    }

    @Test
    void agesFollowTheClockOfTheWatch() throws Exception {
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", ROOT, Duration.ofDays(199)))) {
            CertWatchBuilder builder = patient()
                    .trust(trust(ROOT))
                    .clock(Clock.offset(
                            Clock.fixed(Pki.NOW, ZoneOffset.UTC),
                            Duration.ofDays(99).plusHours(12)))
                    .target(CertTarget.tls("127.0.0.1", peer.port())
                            .withServerName("localhost")
                            .named("shop"));
            try (CertWatch watch = builder.build();
                    CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
                watch.start();
                check(watch, "shop");
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(PrometheusPage.read(registry.scrape()))
                                .containsEntry("certwatch_last_good_age_seconds{instance=shop}", 0.0)
                                .containsEntry("certwatch_certificate_lifetime_remaining_ratio{instance=shop}", 0.25));
                assertThat(metrics).isNotNull();
            }
        }
    }
}
