package dev.pgpool.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as Prometheus' own tool reads it. */
@Tag("installed")
@OnEveryPostgres
class PromtoolIT {
    private final TestPostgres postgres;

    PromtoolIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void promtoolFindsNothingToCorrect(@TempDir Path directory) throws IOException, InterruptedException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                PgPoolMetrics metrics = PgPoolMetrics.of(pooler.pool())) {
            client.run("LISTEN news").run("SELECT 1");
            metrics.bindTo(registry);
            Path page = directory.resolve("page");
            Files.writeString(page, registry.scrape());
            Process promtool = new ProcessBuilder("promtool", "check", "metrics")
                    .redirectInput(page.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            promtool.waitFor();

            assertThat(registry.scrape()).contains("pgpool_pins_total{");
            assertThat(said).isEmpty();
            assertThat(promtool.exitValue()).isZero();
        }
    }
}
