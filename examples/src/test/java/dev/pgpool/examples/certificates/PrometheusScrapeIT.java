package dev.pgpool.examples.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.pgpool.certwatch.CertWatch;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus scrapes the exporter by a configuration made for Blackbox Exporter: the relabelling is that of its
 * documentation, and only the address is ours.
 */
class PrometheusScrapeIT {

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void scrapeConfigurationsOfBlackboxWorkUnchanged() throws Exception {
        X509Bundle root = new CertificateBuilder()
                .ecp256()
                .subject("CN=Root")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path ca = Files.writeString(directory.resolve("ca.pem"), root.getCertificatePEM());
        HttpsServer well = https(root, 300);
        HttpsServer expired = https(root, -3);
        String first = "https://localhost:" + well.getAddress().getPort() + "/health?x=1";
        String second = "https://localhost:" + expired.getAddress().getPort();
        Path watched = Files.writeString(directory.resolve("watched.pem"), root.getCertificatePEM());
        try (CertificateExporter exporter = CertificateExporter.start(
                CertWatch.builder(),
                "--listen",
                "127.0.0.1:0",
                "--module",
                "http_2xx=https?ca=" + ca,
                "file:" + watched + "?name=watched&label.team=ops")) {
            int port = freePort();
            Path config = Files.writeString(directory.resolve("prometheus.yml"), """
                    global:
                      scrape_interval: 1s
                    scrape_configs:
                      - job_name: 'blackbox'
                        metrics_path: /probe
                        params:
                          module: [http_2xx]  # Look for a HTTP 200 response.
                        static_configs:
                          - targets:
                            - %s
                            - %s
                        relabel_configs:
                          - source_labels: [__address__]
                            target_label: __param_target
                          - source_labels: [__param_target]
                            target_label: instance
                          - target_label: __address__
                            replacement: 127.0.0.1:%d  # The blackbox exporter's real hostname:port.
                      - job_name: 'certwatch'
                        honor_labels: true
                        static_configs:
                          - targets: ['127.0.0.1:%d']
                    """.formatted(
                            first, second, exporter.port(), exporter.port()));
            Process prometheus = new ProcessBuilder(
                            "prometheus",
                            "--config.file=" + config,
                            "--storage.tsdb.path=" + directory.resolve("data"),
                            "--web.listen-address=127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("prometheus.log").toFile())
                    .start();
            try {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(90))
                        .ignoreException(ConnectException.class)
                        .untilAsserted(() -> {
                            assertThat(value(port, "up{job=\"blackbox\"}", first))
                                    .isEqualTo("1");
                            assertThat(value(port, "probe_success", first)).isEqualTo("1");
                            assertThat(value(port, "probe_success", second)).isEqualTo("0");
                            assertThat(value(
                                            port,
                                            "(probe_ssl_earliest_cert_expiry - time()) / 86400 > bool 299",
                                            first))
                                    .isEqualTo("1");
                            // What Blackbox Exporter does not show: how long it has been expired.
                            assertThat(value(port, "probe_ssl_earliest_cert_expiry < bool time()", second))
                                    .isEqualTo("1");
                            assertThat(value(port, "certwatch_level{team=\"ops\"}", "watched"))
                                    .isEqualTo("0");
                            assertThat(value(port, "scrape_samples_scraped > bool 10", second))
                                    .isEqualTo("1");
                        });
            } finally {
                prometheus.destroy();
                if (!prometheus.waitFor(20, TimeUnit.SECONDS)) {
                    prometheus.destroyForcibly();
                }
            }
            assertThat(Files.readString(directory.resolve("prometheus.log"))).doesNotContain("level=error");
        } finally {
            well.stop(0);
            expired.stop(0);
        }
    }

    private String value(int port, String query, String instance) throws Exception {
        String answer = client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/query?query="
                                        + URLEncoder.encode(query, StandardCharsets.UTF_8)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return Pattern.compile("\\{\"metric\":\\{([^}]*)},\"value\":\\[[0-9.]+,\"([^\"]*)\"]}")
                .matcher(answer)
                .results()
                .filter(result -> result.group(1).contains("\"instance\":\"" + instance + "\""))
                .map(result -> result.group(2))
                .findFirst()
                .orElse("none in " + answer);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static HttpsServer https(X509Bundle root, int days) throws Exception {
        Instant end = Instant.now().plus(Duration.ofDays(days)).plusSeconds(3600);
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageServerAuth()
                .notBefore(end.minus(Duration.ofDays(390)))
                .notAfter(end)
                .buildIssuedBy(root);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(leaf.toKeyManagerFactory().getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.start();
        return server;
    }
}
