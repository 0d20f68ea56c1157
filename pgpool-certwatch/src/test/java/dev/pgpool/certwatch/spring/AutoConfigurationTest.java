package dev.pgpool.certwatch.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** A watch in a Spring Boot application, of files. */
class AutoConfigurationTest {
    private static final AutoConfigurations OURS =
            AutoConfigurations.of(CertWatchAutoConfiguration.class, CertWatchObservationAutoConfiguration.class);

    @TempDir
    private Path directory;

    private String healthy;
    private String ending;
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(OURS)
            .withPropertyValues("pgpool.certwatch.first-sweep=0s");

    @BeforeEach
    void certificates() throws Exception {
        healthy = file("healthy.pem", Duration.ofDays(300));
        ending = file("ending.pem", Duration.ofHours(20));
    }

    private String file(String name, Duration left) throws Exception {
        Path file = directory.resolve(name);
        Files.writeString(file, Pki.pem(Pki.chain(Pki.leaf("example.org", Pki.root("root"), left))));
        return "file:" + file;
    }

    @Test
    void nothingHappensWithoutProperties() {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(CertWatch.class));
        application
                .withPropertyValues("pgpool.certwatch.targets=" + healthy, "pgpool.certwatch.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(CertWatch.class));
    }

    @Test
    void targetsAreWatchedAndListenersHear() {
        List<CertReport> heard = new CopyOnWriteArrayList<>();
        application
                .withPropertyValues("pgpool.certwatch.targets[0]=" + healthy, "pgpool.certwatch.targets[1]=" + ending)
                .withBean(CertWatchListener.class, () -> new CertWatchListener() {
                    @Override
                    public void onReport(CertReport report) {
                        heard.add(report);
                    }
                })
                .run(context -> {
                    assertThat(context.getBean(CertWatch.class).size()).isEqualTo(2);
                    await().untilAsserted(() -> assertThat(heard).hasSize(2));
                });
    }

    @Test
    void healthIsThatOfTheWorstCertificate() {
        application.withPropertyValues("pgpool.certwatch.targets=" + healthy).run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            await().untilAsserted(
                            () -> assertThat(indicator.health().getStatus()).isEqualTo(Status.UP));
            assertThat(indicator.health().getDetails())
                    .containsEntry("targets", 1)
                    .doesNotContainKey("notOk");
        });
        application
                .withPropertyValues("pgpool.certwatch.targets=" + healthy + "," + ending)
                .run(context -> {
                    HealthIndicator indicator = context.getBean(HealthIndicator.class);
                    await().untilAsserted(() ->
                            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN));
                    assertThat(indicator.health().getDetails().get("notOk").toString())
                            .contains("ending.pem")
                            .contains("CRITICAL")
                            .doesNotContain("healthy.pem");
                });
    }

    @Test
    void theLevelFromWhichHealthIsDownCanBeChosen() {
        application
                .withPropertyValues("pgpool.certwatch.targets=" + ending, "pgpool.certwatch.health-down-from=expired")
                .run(context -> {
                    context.getBean(CertWatch.class).awaitFirstSweep(Duration.ofSeconds(20));
                    assertThat(context.getBean(HealthIndicator.class).health().getStatus())
                            .isEqualTo(Status.UP);
                });
    }

    @Test
    void metersAreBoundAndGone() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        application
                .withPropertyValues("pgpool.certwatch.targets=" + healthy)
                .withBean(MeterRegistry.class, () -> registry)
                .run(context -> assertThat(registry.getMeters()).isNotEmpty());
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void targetsMayBeBeans() {
        application
                .withBean(CertTarget.class, () -> CertTarget.parse(healthy))
                .withBean(CertWatchCustomizer.class, () -> builder -> builder.interval(Duration.ofMinutes(7)))
                .run(context -> {
                    assertThat(context.getBean(CertWatch.class).size()).isEqualTo(1);
                    assertThat(context.getBean(CertWatch.class)
                                    .config()
                                    .schedule()
                                    .interval())
                            .isEqualTo(Duration.ofMinutes(7));
                });
    }

    @Test
    void everyProblemIsTold() {
        application
                .withPropertyValues("pgpool.certwatch.targets=nonsense", "pgpool.certwatch.max-in-flight=0")
                .run(context -> assertThat(new WatchFailureAnalyzer()
                                .analyze(context.getStartupFailure())
                                .getDescription())
                        .contains("nonsense")
                        .contains("maxInFlight: 0 (expected: > 0)"));
    }

    @Test
    void onlyWhatIsThereIsUsed() {
        application
                .withPropertyValues("pgpool.certwatch.targets=" + healthy)
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.health", "io.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(CertWatch.class));
    }
}
