package dev.pgpool.certwatch.metrics;

import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.fixture.Installed;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alert rules by promtool, and by a Prometheus that scrapes two watches with its defaults. */
@Tag("installed")
class AlertRulesIT {

    private static final Path DOCS = Path.of("docs");
    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    @Test
    void promtoolFindsEveryAlertAsDescribed() throws Exception {
        Installed.run(DOCS, "promtool", "check", "rules", "alert-rules.yml");
        Installed.run(DOCS, "promtool", "test", "rules", "alert-rules.test.yml");
    }

    @Test
    void twoWatchesBehindDefaultLabelsAlarmForTheRightTargetsOnly() throws Exception {
        X509Bundle monthly = leaf(47, 30);
        X509Bundle weekly = leaf(6, 5);
        X509Bundle ending = leaf(47, 2);
        try (TlsPeer one = TlsPeer.tls(monthly);
                TlsPeer two = TlsPeer.tls(weekly);
                TlsPeer three = TlsPeer.tls(ending);
                CertWatch first = watch(one, two, three);
                CertWatch second = watch(one, two, three)) {
            first.start();
            second.start();
            for (String name : new String[] {"monthly", "weekly", "ending"}) {
                check(first, name);
                check(second, name);
            }
            HttpServer firstPage = serve(first);
            HttpServer secondPage = serve(second);
            int port = Installed.freePort();
            Files.copy(DOCS.resolve("alert-rules.yml"), directory.resolve("rules.yml"));
            Path configuration = Files.writeString(directory.resolve("prometheus.yml"), """
                    global: { scrape_interval: 1s, evaluation_interval: 1s }
                    rule_files: [ rules.yml ]
                    scrape_configs:
                      - job_name: certwatch
                        static_configs: [ { targets: [ "127.0.0.1:%d", "127.0.0.1:%d" ] } ]
                    """.formatted(
                    firstPage.getAddress().getPort(), secondPage.getAddress().getPort()));
            try (Installed prometheus = Installed.start(
                    directory,
                    "prometheus",
                    "--config.file=" + configuration,
                    "--storage.tsdb.path=" + directory.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port)) {
                prometheus.awaitPort(port);
                String at = "http://127.0.0.1:" + port + "/api/v1/";
                // one alert of each watch, for the certificate that ends within a tenth of its lifetime, named as the
                // target
                Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                    String alerts = get(at + "alerts");
                    assertThat(count(alerts, "\"alertname\":\"CertificateExpiresSoon\""))
                            .isEqualTo(2);
                    assertThat(count(alerts, "\"summary\":\"ending: 1d ")).isEqualTo(2);
                });
                String alerts = get(at + "alerts");
                assertThat(alerts)
                        .doesNotContain("\"exported_instance\":\"weekly\"")
                        .doesNotContain("\"exported_instance\":\"monthly\"")
                        .doesNotContain("CertificateNotLookedAt");
                Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                    String rules = get(at + "rules");
                    assertThat(count(rules, "\"health\":\"ok\"")).isEqualTo(7);
                    assertThat(rules).doesNotContain("\"lastError\"");
                });
            } finally {
                firstPage.stop(0);
                secondPage.stop(0);
            }
        }
    }

    private static X509Bundle leaf(int lifetimeDays, int leftDays) {
        return Pki.leaf(
                "localhost",
                ROOT,
                Pki.NOW.minus(Duration.ofDays(lifetimeDays - leftDays)),
                Pki.NOW.plus(Duration.ofDays(leftDays)),
                b -> b);
    }

    private static CertWatch watch(TlsPeer one, TlsPeer two, TlsPeer three) {
        return patient()
                .trust(trust(ROOT))
                .target(at(one).named("monthly"))
                .target(at(two).named("weekly"))
                .target(at(three).named("ending"))
                .build();
    }

    private static Endpoint at(TlsPeer peer) {
        return CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost");
    }

    private static HttpServer serve(CertWatch watch) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/metrics", exchange -> {
            StringBuilder page = new StringBuilder();
            PrometheusText.write(watch, page);
            byte[] bytes = page.toString().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static String get(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }
}
