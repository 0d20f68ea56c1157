package dev.pgpool.examples.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.pgpool.certwatch.CertWatch;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exporter as a scrape sees it. */
class CertificateExporterIT {

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private X509Bundle root;
    private Path ca;
    private final List<HttpsServer> servers = new ArrayList<>();

    @BeforeEach
    void authority() throws Exception {
        root = new CertificateBuilder()
                .ecp256()
                .subject("CN=Root")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        ca = Files.writeString(directory.resolve("ca.pem"), root.getCertificatePEM());
    }

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
    }

    private int serve(Duration left) throws Exception {
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageServerAuth()
                .notBefore(Instant.now().plus(left).minus(Duration.ofDays(398)))
                .notAfter(Instant.now().plus(left))
                .buildIssuedBy(root);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(leaf.toKeyManagerFactory().getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private CertificateExporter exporter(String... more) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--module", "http_2xx=https?ca=" + ca));
        arguments.addAll(List.of(more));
        return CertificateExporter.start(CertWatch.builder(), arguments.toArray(new String[0]));
    }

    private HttpResponse<String> get(CertificateExporter exporter, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + exporter.port() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void aProbeAnswersWithThePageOfOneTarget() throws Exception {
        int port = serve(Duration.ofDays(300));
        try (CertificateExporter exporter = exporter()) {
            for (String target : List.of(
                    "localhost:" + port,
                    "https://localhost:" + port,
                    "https://user:pw@localhost:" + port + "/health?full=1&name=x#y")) {
                HttpResponse<String> answer = get(exporter, "/probe?module=http_2xx&target=" + encoded(target));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("content-type").orElse(""))
                        .startsWith("text/plain; version=0.0.4");
                assertThat(answer.body())
                        .contains(
                                "\nprobe_success 1\n",
                                "\nprobe_ssl_earliest_cert_expiry ",
                                "probe_timeout_seconds 120.0")
                        .contains("probe_tls_version_info{version=\"TLS 1.3\"} 1")
                        .doesNotContain("instance=");
            }
            assertThat(get(exporter, "/probe?target=localhost:" + port).body()).contains("\nprobe_success 1\n");
            assertThat(get(exporter, "/probe?target=127.0.0.1:" + port + "&hostname=localhost")
                            .body())
                    .contains("\nprobe_success 1\n");
            assertThat(get(exporter, "/probe?target=127.0.0.1:" + port).body())
                    .contains("\nprobe_success 0\n", "code=\"HOSTNAME_MISMATCH\"");
            assertThat(get(exporter, "/probe?debug=true&target=localhost:" + port)
                            .body())
                    .contains("LEVEL", "\"findings\":[]");
        }
    }

    @Test
    void anExpiredCertificateHasItsDates() throws Exception {
        int port = serve(Duration.ofDays(-3));
        try (CertificateExporter exporter = exporter()) {
            assertThat(get(exporter, "/probe?target=localhost:" + port).body())
                    .contains("\nprobe_success 0\n", "\nprobe_ssl_earliest_cert_expiry ", "certwatch_level 3");
        }
    }

    @Test
    void wrongRequestsAreAnsweredAsBlackboxDoes() throws Exception {
        try (CertificateExporter exporter = exporter()) {
            assertThat(get(exporter, "/probe").statusCode()).isEqualTo(400);
            assertThat(get(exporter, "/probe?target=").body()).isEqualTo("Target parameter is missing\n");
            HttpResponse<String> module = get(exporter, "/probe?target=h&module=nope");
            assertThat(module.statusCode()).isEqualTo(400);
            assertThat(module.body()).contains("Unknown module", "http_2xx");
            assertThat(get(exporter, "/nothing").statusCode()).isEqualTo(404);
            assertThat(get(exporter, "/-/healthy").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:/etc/passwd",
                "file:///etc/ssl/certs/",
                "targets:/etc/passwd",
                "truststore:jdk",
                "https://h?ca=/etc/passwd",
                "http://h",
                "h?client=/etc/passwd",
                "https://",
                "///",
                "h:99999",
                "a b",
                "h\nx",
                "%zz"
            })
    void aTargetReachesNoFileOfThisMachine(String target) throws Exception {
        try (CertificateExporter exporter = exporter()) {
            HttpResponse<String> answer = get(
                    exporter,
                    "/probe?debug=true&target=" + encoded(target),
                    "X-Prometheus-Scrape-Timeout-Seconds",
                    "5");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("probe_success 0").doesNotContain("passwd:", "root:");
        }
    }

    @Test
    void theTimeThatPrometheusGivesIsKept() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                CertificateExporter exporter = exporter()) {
            long started = System.nanoTime();
            String page = get(
                            exporter,
                            "/probe?target=localhost:" + silent.getLocalPort(),
                            "X-Prometheus-Scrape-Timeout-Seconds",
                            "1.5")
                    .body();
            assertThat(page).contains("probe_success 0\n", "probe_timeout_seconds 1.0\n");
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void manySlowProbesHoldUpNoOther() throws Exception {
        int port = serve(Duration.ofDays(300));
        try (ServerSocket silent = new ServerSocket(0, 100, InetAddress.getByName("127.0.0.77"));
                CertificateExporter exporter = exporter()) {
            List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                slow.add(client.sendAsync(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + exporter.port()
                                        + "/probe?target=127.0.0.77:" + silent.getLocalPort()))
                                .header("X-Prometheus-Scrape-Timeout-Seconds", "3")
                                .build(),
                        HttpResponse.BodyHandlers.ofString()));
            }
            assertThat(get(exporter, "/probe?target=localhost:" + port).body()).contains("\nprobe_success 1\n");
            assertThat(slow).anyMatch(answer -> !answer.isDone());
            for (CompletableFuture<HttpResponse<String>> answer : slow) {
                assertThat(answer.get().body()).contains("probe_success 0");
            }
        }
    }

    @Test
    void metricsAreThoseOfTheWatchedTargets() throws Exception {
        int port = serve(Duration.ofDays(300));
        try (CertificateExporter exporter = exporter("https://localhost:" + port + "?ca=" + ca + "&label.team=ops")) {
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(get(exporter, "/metrics").body())
                            .contains("probe_success{instance=\"https://localhost:" + port + "\",team=\"ops\"} 1"));
        }
    }

    @Test
    void argumentsThatAreNoneAreNamed() {
        assertThatThrownBy(() -> exporter("--lisen", "1")).hasMessageContaining("--lisen (expected: --listen");
        assertThatThrownBy(() -> exporter("--module", "x=gopher")).hasMessageContaining("--module x: ");
        assertThatThrownBy(() -> exporter("--module", "x=https?sni2=y")).hasMessageContaining("--module x: ");
        assertThatThrownBy(() -> exporter("--listen")).hasMessageContaining("without a value");
        assertThatThrownBy(() -> exporter("--listen", "h:x")).hasMessageContaining("--listen h:x");
    }
}
