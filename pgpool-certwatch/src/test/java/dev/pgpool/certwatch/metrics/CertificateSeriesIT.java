package dev.pgpool.certwatch.metrics;

import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A series for each certificate: the same on both pages, bounded, and gone when the certificate is. */
class CertificateSeriesIT {

    private static final String NOT_AFTER = "certwatch_chain_certificate_not_after_timestamp_seconds";
    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle INTERMEDIATE = Pki.intermediate("Intermediate", ROOT);
    private static final X509Bundle STRAY = Pki.root("Stray");

    @TempDir
    Path directory;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private static Map<String, Double> page(CertWatch watch) throws IOException {
        StringBuilder page = new StringBuilder();
        PrometheusText.write(watch, page);
        return new TreeMap<>(PrometheusPage.read(page.toString()));
    }

    private static Map<String, Double> family(Map<String, Double> page) {
        return page.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("certwatch_chain_"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
    }

    private static CertWatchBuilder builder(int max) {
        return patient()
                .trust(trust(ROOT))
                .clock(Clock.fixed(Pki.NOW, ZoneOffset.UTC))
                .certificateSeries(max);
    }

    @Test
    void everyCertificateOfEveryChainHasItsRole() throws Exception {
        X509Bundle leaf = Pki.leaf("localhost", INTERMEDIATE, Duration.ofDays(300));
        Path bundle = Files.writeString(directory.resolve("bundle.pem"), Pki.pem(Pki.chain(ROOT, STRAY, ROOT)));
        try (TlsPeer peer = TlsPeer.tls(leaf, INTERMEDIATE.getCertificate(), STRAY.getCertificate());
                TlsPeer withRoot = TlsPeer.tls(leaf, INTERMEDIATE.getCertificate(), ROOT.getCertificate());
                CertWatch watch = builder(100)
                        .target(CertTarget.tls("127.0.0.1", peer.port())
                                .withServerName("localhost")
                                .named("served"))
                        .target(CertTarget.tls("127.0.0.1", withRoot.port())
                                .withServerName("localhost")
                                .named("root"))
                        .target(CertTarget.file(bundle)
                                .named("bundle")
                                .withPolicy(dev.pgpool.certwatch.target.TargetPolicy.DEFAULT.withLabel("team", "ops")))
                        .build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            watch.checkNow().get();
            List<String> roles = page(watch).keySet().stream()
                    .filter(key -> key.startsWith(NOT_AFTER))
                    .map(key -> key.replaceAll(".*instance=(\\w+), .*role=(\\w+), .*subject=CN=(\\w+).*", "$1 $2 $3"))
                    .toList();
            assertThat(roles)
                    .containsExactlyInAnyOrder(
                            "served leaf localhost",
                            "served intermediate Intermediate",
                            "served extra Stray",
                            "served anchor Root",
                            "root leaf localhost",
                            "root intermediate Intermediate",
                            "root root Root",
                            "bundle single Root",
                            "bundle single Stray");
            assertThat(page(watch))
                    .containsEntry("certwatch_chain_certificates_left_out{}", 0.0)
                    .anySatisfy((key, value) -> {
                        assertThat(key)
                                .startsWith(NOT_AFTER)
                                .contains("path=127.0.0.1", "role=leaf", "issuer=CN=Intermediate", "serial=");
                        assertThat(value)
                                .isEqualTo(leaf.getCertificate().getNotAfter().getTime() / 1e3);
                    });
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                Map<String, Double> bound = family(PrometheusPage.read(registry.scrape()));
                assertThat(bound.keySet().stream()
                                .map(key -> key.replace("team=, ", "").replace(", team=}", "}")))
                        .containsExactlyInAnyOrderElementsOf(family(page(watch)).keySet());
            });
            assertThat(metrics).isNotNull();
        }
    }

    @Test
    void thereAreNoneUnlessAskedForAndNeverMoreThanAllowed() throws Exception {
        List<X509Certificate> many = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            many.add(Pki.root("Root " + i).getCertificate());
        }
        Path bundle = Files.writeString(directory.resolve("bundle.pem"), Pki.pem(many));
        Path bad = Files.writeString(
                directory.resolve("bad.pem"), Pki.pem(Pki.chain(Pki.leaf("localhost", ROOT, Duration.ofDays(2)))));
        for (int max : new int[] {0, 1, 10, 100}) {
            PrometheusMeterRegistry own = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            try (CertWatch watch = builder(max)
                            .target(CertTarget.file(bundle).named("bundle"))
                            .target(CertTarget.file(bad).named("bad"))
                            .build();
                    CertWatchMetrics metrics = CertWatchMetrics.bind(watch, own)) {
                watch.start();
                watch.checkNow().get();
                Map<String, Double> page = page(watch);
                long series = page.keySet().stream()
                        .filter(key -> key.startsWith(NOT_AFTER))
                        .count();
                assertThat(series).isEqualTo(Math.min(max, 32));
                if (max == 0) {
                    assertThat(family(page)).isEmpty();
                } else {
                    assertThat(page)
                            .containsEntry("certwatch_chain_certificates_left_out{}", (double) Math.max(0, 32 - max))
                            .anySatisfy((key, value) ->
                                    assertThat(key).startsWith(NOT_AFTER).contains("instance=bad"));
                }
                Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                    Map<String, Double> bound = PrometheusPage.read(own.scrape());
                    assertThat(bound.keySet().stream().filter(key -> key.startsWith(NOT_AFTER)))
                            .hasSize(Math.min(max, 32));
                    assertThat(bound.getOrDefault("certwatch_chain_certificates_left_out{}", 0.0))
                            .isEqualTo(max == 0 ? 0.0 : Math.max(0, 32 - max));
                });
                assertThat(metrics).isNotNull();
            }
            assertThat(own.getMeters()).isEmpty();
        }
        assertThatThrownBy(() -> builder(-1).build()).hasMessageContaining("certificateSeries: -1 (expected: >= 0)");
    }

    @Test
    void aRenewedCertificateTakesThePlaceOfTheFormerOne() throws Exception {
        Path file = directory.resolve("a.pem");
        try (CertWatch watch =
                        builder(2).target(CertTarget.file(file).named("a")).build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            for (int i = 1; i <= 20; i++) {
                X509Bundle leaf = Pki.leaf("localhost", ROOT, Duration.ofDays(100 + i));
                Files.writeString(file, Pki.pem(Pki.chain(leaf)));
                check(watch, "a");
                double end = leaf.getCertificate().getNotAfter().getTime() / 1e3;
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(family(PrometheusPage.read(registry.scrape())))
                                .containsEntry("certwatch_chain_certificates_left_out{}", 0.0)
                                .containsValue(end)
                                .hasSize(5));
                assertThat(family(page(watch))).hasSize(5).containsValue(end);
            }
            assertThat(metrics).isNotNull();
        }
    }

    @Test
    void certificatesOfOneSerialNumberAndHostileNamesAreSeriesOfTheirOwn() throws Exception {
        String hostile = "CN=a\\\"b\\\\c,O=\\0A" + "x".repeat(2000);
        List<X509Certificate> same = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int days = 100 + i;
            same.add(Pki.leaf(
                            "localhost",
                            ROOT,
                            Pki.NOW.minus(Duration.ofDays(1)),
                            Pki.NOW.plus(Duration.ofDays(days)),
                            b -> b.serial(BigInteger.TEN).subject(hostile).setIsCertificateAuthority(true))
                    .getCertificate());
        }
        Path file = Files.writeString(directory.resolve("same.pem"), Pki.pem(same));
        try (CertWatch watch =
                        builder(100).target(CertTarget.file(file).named("same")).build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            check(watch, "same");
            assertThat(family(page(watch)))
                    .hasSize(7)
                    .allSatisfy((key, value) -> assertThat(key.length()).isLessThan(2000));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(family(PrometheusPage.read(registry.scrape())))
                            .hasSize(7));
            assertThat(metrics).isNotNull();
        }
    }

    @Test
    void theRenewalTimeIsThatOfCertManager() throws Exception {
        X509Bundle leaf = Pki.leaf(
                "localhost", ROOT, Pki.NOW.minus(Duration.ofDays(75)), Pki.NOW.plus(Duration.ofDays(15)), b -> b);
        Path file = Files.writeString(directory.resolve("a.pem"), Pki.pem(Pki.chain(leaf)));
        Path over = Files.writeString(
                directory.resolve("b.pem"),
                Pki.pem(Pki.chain(Pki.leaf(
                        "localhost",
                        ROOT,
                        Pki.NOW.minus(Duration.ofDays(30)),
                        Pki.NOW.minus(Duration.ofDays(10)),
                        b -> b))));
        try (CertWatch watch = builder(0)
                        .target(CertTarget.file(file).named("a"))
                        .target(CertTarget.file(over).named("b"))
                        .build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            watch.checkNow().get();
            double due = Pki.NOW.minus(Duration.ofDays(15)).getEpochSecond();
            for (String key : List.of("a", "b")) {
                assertThat(page(watch))
                        .containsKey("certwatch_certificate_renewal_timestamp_seconds{instance=" + key + "}");
            }
            assertThat(page(watch))
                    .containsEntry("certwatch_certificate_renewal_timestamp_seconds{instance=a}", due)
                    .containsEntry("certwatch_certificate_lifetime_passed_ratio{instance=a}", 75.0 / 90)
                    .containsEntry("certwatch_certificate_lifetime_passed_ratio{instance=b}", 1.5);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(PrometheusPage.read(registry.scrape()))
                            .containsEntry("certwatch_certificate_renewal_timestamp_seconds{instance=a}", due)
                            .containsEntry("certwatch_certificate_lifetime_passed_ratio{instance=b}", 1.5));
            assertThat(metrics).isNotNull();
        }
    }
}
