package dev.pgpool.examples.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The endpoint of the page on metrics is this one, and works. */
class ScrapeEndpointIT {

    @Test
    void thePageShowsWhatIsCompiled() throws Exception {
        String page = Files.readString(Path.of("..", "pgpool-certwatch", "docs", "metrics.md"));
        List<String> source =
                Files.readAllLines(Path.of("src/main/java/dev/pgpool/examples/certificates/ScrapeEndpoint.java"));
        List<String> stripped = source.stream().map(String::strip).toList();
        String snippet = String.join(
                        "\n",
                        source.subList(stripped.indexOf("// README: begin") + 1, stripped.indexOf("// README: end")))
                .stripIndent();
        assertThat(page).contains(snippet.strip());
    }

    @Test
    void itAnswersWithThePage() throws Exception {
        try (CertWatch watch = CertWatch.builder().target("truststore:jdk").build()) {
            watch.start();
            watch.checkNow().get();
            HttpServer server = ScrapeEndpoint.start(watch, 0);
            try {
                HttpResponse<String> answer = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                                + server.getAddress().getPort() + "/metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                assertThat(answer.body()).contains("certwatch_targets 1\n", "instance=\"truststore:jdk\"");
            } finally {
                server.stop(0);
            }
        }
    }
}
