package dev.pgpool.certwatch.metrics;

import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.notify.WebhookNotifier;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What Prometheus sees, and what a webhook gets. */
class CertWatchMetricsIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    private static void await(PrometheusMeterRegistry registry, String... lines) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(registry.scrape()).contains(lines));
    }

    @Test
    void blackboxNamesAndOursWithAbsentForUnknown() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        X509Bundle leaf = Pki.leaf("localhost", ROOT, Duration.ofDays(5));
        TlsPeer peer = TlsPeer.tls(leaf);
        Endpoint target = CertTarget.tls("127.0.0.1", peer.port())
                .withServerName("localhost")
                .named("shop");
        Endpoint dead = CertTarget.tls("127.0.0.1", 1).named("dead");
        try (CertWatch watch =
                        patient().trust(trust(ROOT)).target(target).target(dead).build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            check(watch, "shop");
            check(watch, "dead");
            String end = leaf.getCertificate().getNotAfter().toInstant().getEpochSecond() / 1_000_000_000.0 + "E9";
            await(
                    registry,
                    "probe_success{instance=\"shop\"} 1.0",
                    "probe_success{instance=\"dead\"} 0.0",
                    "probe_ssl_earliest_cert_expiry{instance=\"shop\"} " + end,
                    "probe_ssl_last_chain_expiry_timestamp_seconds{instance=\"shop\"} " + end,
                    "probe_duration_seconds{instance=\"shop\"}",
                    "probe_tls_version_info{instance=\"shop\",version=\"TLS 1.3\"} 1",
                    "serialnumber=\"",
                    "certwatch_level{instance=\"shop\"} 2.0",
                    "certwatch_finding{code=\"EXPIRING_CRITICAL\",instance=\"shop\"} 1.0",
                    "certwatch_finding{code=\"CONNECT_REFUSED\",instance=\"dead\"} 1.0",
                    "certwatch_certificate_expiry_timestamp_seconds{instance=\"shop\",kind=\"effective\"} " + end,
                    "certwatch_renewals_total{instance=\"shop\"} 0.0",
                    "certwatch_targets 2.0");
            assertThat(registry.scrape())
                    .doesNotContain("expiry{instance=\"dead\"")
                    .doesNotContain("NaN");

            // renewals never add series
            for (int i = 1; i <= 20; i++) {
                peer.serve(Pki.leaf("localhost", ROOT, Duration.ofDays(100 + i)));
                check(watch, "shop");
            }
            await(
                    registry,
                    "certwatch_renewals_total{instance=\"shop\"} 20.0",
                    "certwatch_level{instance=\"shop\"} 0.0");
            assertThat(registry.scrape().lines().filter(line -> line.startsWith("probe_ssl_last_chain_info{")))
                    .hasSize(1);
            assertThat(registry.scrape()).doesNotContain("EXPIRING_CRITICAL");

            // the endpoint is gone, its expiry stays
            peer.close();
            check(watch, "shop");
            await(
                    registry,
                    "probe_success{instance=\"shop\"} 0.0",
                    "certwatch_last_good_age_seconds{instance=\"shop\"}");
            System.gc();
            assertThat(registry.scrape()).contains("probe_ssl_earliest_cert_expiry{instance=\"shop\"} 1.");

            watch.remove("shop");
            Awaitility.await().until(() -> !registry.scrape().contains("shop"));
            metrics.close();
            assertThat(registry.getMeters()).isEmpty();
        } finally {
            peer.close();
        }
    }

    @Test
    void theWebhookRetries() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        HttpServer web = receiver(bodies, 503);
        try (WebhookNotifier webhook = WebhookNotifier.to(url(web))
                .gather(Duration.ofMillis(1))
                .timeout(Duration.ofSeconds(60))
                .firstPause(Duration.ofMillis(1))
                .build()) {
            webhook.onNotice(notices().get(0));
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> bodies.size() == 2);
            assertThat(bodies.get(1)).isEqualTo(bodies.get(0)).contains("\"text\":\"EXPIRED ");
        } finally {
            web.stop(0);
        }
    }

    @Test
    void theWebhookGathersAndClosingSendsWhatIsLeft() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        HttpServer web = receiver(bodies, 204);
        try {
            WebhookNotifier webhook = WebhookNotifier.to(url(web))
                    .gather(Duration.ofHours(1))
                    .timeout(Duration.ofSeconds(60))
                    .firstPause(Duration.ofMillis(1))
                    .build();
            notices().forEach(webhook::onNotice);
            assertThat(bodies).isEmpty();
            webhook.close();
            assertThat(bodies).singleElement().asString().contains("\"target\":\"one\"", "\"target\":\"two\"");
        } finally {
            web.stop(0);
        }
    }

    @Test
    void aReceiverThatNeverEndsItsAnswerIsGivenUp() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        CountDownLatch end = new CountDownLatch(1);
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        ExecutorService threads = Executors.newCachedThreadPool();
        web.setExecutor(threads);
        web.createContext("/", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        web.start();
        try (WebhookNotifier webhook = WebhookNotifier.to(url(web))
                .gather(Duration.ofMillis(1))
                .timeout(Duration.ofMillis(500))
                .firstPause(Duration.ofMillis(1))
                .build()) {
            webhook.onNotice(notices().get(0));
            // the second attempt shows that the first was given up
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> bodies.size() >= 2);
        } finally {
            end.countDown();
            web.stop(0);
            threads.shutdownNow();
        }
    }

    /** Notices of two targets whose certificate has expired. */
    private static List<Notice> notices() {
        List<Notice> notices = new CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                notices.add(notice);
            }
        };
        try (TlsPeer peer = TlsPeer.tls(Pki.leaf("localhost", ROOT, Duration.ofDays(-1)));
                CertWatch watch = patient()
                        .trust(trust(ROOT))
                        .listener(listener)
                        .target(CertTarget.tls("127.0.0.1", peer.port())
                                .withServerName("localhost")
                                .named("one"))
                        .target(CertTarget.tls("127.0.0.1", peer.port())
                                .withServerName("localhost")
                                .named("two"))
                        .build()) {
            watch.start();
            check(watch, "one");
            check(watch, "two");
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> notices.size() == 2);
            assertThat(watch.snapshot().toJson())
                    .contains("\"worst\":\"EXPIRED\"")
                    .contains("\"code\":\"EXPIRED\"");
            assertThat(watch.snapshot().table().lines().toList().get(1)).startsWith("EXPIRED  one");
        }
        return notices;
    }

    private static HttpServer receiver(List<String> bodies, int firstStatus) throws IOException {
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.createContext("/", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(bodies.size() == 1 ? firstStatus : 204, -1);
            exchange.close();
        });
        web.start();
        return web;
    }

    private static URI url(HttpServer web) {
        return URI.create("http://127.0.0.1:" + web.getAddress().getPort() + "/hook");
    }
}
