package dev.pgpool.backup.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.core.fixture.TestPostgres;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Backups in a Spring Boot application, of a real server, by a pg_dump that is none. */
class AutoConfigurationIT {
    private static final AutoConfigurations OURS =
            AutoConfigurations.of(BackupAutoConfiguration.class, BackupHealthAutoConfiguration.class);

    @TempDir
    private Path directory;

    private ApplicationContextRunner withoutStore;
    private ApplicationContextRunner application;

    @BeforeEach
    void applicationWithBackups() {
        withoutStore = new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withPropertyValues(
                        "pgpool.backup.source.host=" + Source.postgres().host(),
                        "pgpool.backup.source.port=" + Source.postgres().port(),
                        "pgpool.backup.source.user=" + TestPostgres.SUPERUSER,
                        "pgpool.backup.databases=" + TestPostgres.DATABASE,
                        "pgpool.backup.retries.count=1",
                        "pgpool.backup.outage=0s",
                        "pgpool.backup.dump-command=" + FakeDump.script(directory, "archive 1"));
        application = withoutStore.withPropertyValues("pgpool.backup.store.directory=" + directory.resolve("store"));
    }

    @Test
    void nothingHappensWithoutProperties() {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(BackupEngine.class));
        application
                .withPropertyValues("pgpool.backup.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(BackupEngine.class));
    }

    @Test
    void theScheduleRunsAndListenersHearOfIt() {
        List<BackupEvent> heard = new CopyOnWriteArrayList<>();
        application
                .withPropertyValues("pgpool.backup.schedule.cron=0 3 * * *", "pgpool.backup.schedule.zone=UTC")
                .withBean(BackupListener.class, () -> heard::add)
                .run(context -> {
                    await().untilAsserted(() -> assertThat(heard)
                            .anySatisfy(event -> assertThat(event).isInstanceOf(BackupEvent.NextRun.class)));
                    RunReport report = context.getBean(BackupEngine.class).run();
                    assertThat(report.outcome()).as(report.table()).isEqualTo(RunReport.Outcome.SUCCESS);
                    await().untilAsserted(() -> assertThat(heard)
                            .anySatisfy(event -> assertThat(event).isInstanceOf(BackupEvent.RunFinished.class)));
                });
    }

    @Test
    void healthIsUpWhileTheLastBackupIsYoung() {
        application.run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            assertThat(indicator.health().getStatus()).isEqualTo(Status.UNKNOWN);
            context.getBean(BackupEngine.class).run();
            await().untilAsserted(
                            () -> assertThat(indicator.health().getStatus()).isEqualTo(Status.UP));
            assertThat(indicator.health().getDetails().get("lastRun").toString())
                    .endsWith("SUCCESS");
        });
        // another instance learns it of the catalog
        application.run(context -> await().untilAsserted(() -> assertThat(
                        context.getBean(HealthIndicator.class).health().getStatus())
                .isEqualTo(Status.UP)));
    }

    @Test
    void healthIsDownWhereBackupsAreOverdue() {
        application.withPropertyValues("pgpool.backup.overdue-after=1ms").run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            await().untilAsserted(
                            () -> assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN));
            assertThat(indicator.health().getDetails()).containsEntry("overdueAfter", "PT0.001S");
        });
    }

    @Test
    void metersAreBoundAndGone() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        application.withBean(MeterRegistry.class, () -> registry).run(context -> {
            context.getBean(BackupEngine.class).run();
            await().untilAsserted(() -> assertThat(registry.getMeters())
                    .hasAtLeastOneElementOfType(Gauge.class)
                    .anySatisfy(meter ->
                            assertThat(meter.getId().getTag("database")).isEqualTo(TestPostgres.DATABASE)));
        });
        // what is counted stays, as counters do
        assertThat(registry.getMeters()).noneMatch(Gauge.class::isInstance);
    }

    @Test
    void beansOfTheApplicationAreUsed() {
        List<String> hooked = new CopyOnWriteArrayList<>();
        withoutStore
                .withBean(ObjectStore.class, () -> new DirectoryStore(directory.resolve("own")))
                .withBean(BackupEngineCustomizer.class, () -> builder -> builder.deadline(Duration.ofMinutes(7)))
                .withBean(RunHook.class, () -> new RunHook() {
                    @Override
                    public Optional<String> before(BackupId run, Trigger trigger, List<String> databases) {
                        hooked.addAll(databases);
                        return Optional.empty();
                    }
                })
                .run(context -> {
                    BackupEngine engine = context.getBean(BackupEngine.class);
                    assertThat(engine.config().run().deadline()).isEqualTo(Duration.ofMinutes(7));
                    assertThat(engine.run().outcome()).isEqualTo(RunReport.Outcome.SUCCESS);
                    assertThat(hooked).containsExactly(TestPostgres.DATABASE);
                    assertThat(directory.resolve("own")).isNotEmptyDirectory();
                });
    }

    @Test
    void everyProblemIsTold() {
        withoutStore.withPropertyValues("pgpool.backup.part-size=0").run(context -> {
            Throwable failure = context.getStartupFailure();
            assertThat(new EngineFailureAnalyzer().analyze(failure).getDescription())
                    .contains("store")
                    .contains("partSize: 0 (expected: ");
        });
    }

    @Test
    void theEngineEndsBeforeAnyBeanDoes() {
        EngineLifecycle[] lifecycle = new EngineLifecycle[1];
        List<Boolean> runningAtTheEnd = new CopyOnWriteArrayList<>();
        application
                .withBean(DisposableBean.class, () -> () -> runningAtTheEnd.add(lifecycle[0].isRunning()))
                .run(context -> {
                    lifecycle[0] = context.getBean(EngineLifecycle.class);
                    assertThat(lifecycle[0].isRunning()).isTrue();
                });
        assertThat(runningAtTheEnd).containsExactly(false);
    }

    @Test
    void onlyWhatIsThereIsUsed() {
        application
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.health", "io.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(BackupEngine.class));
    }
}
