package dev.pgpool.backup.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.retention.RetentionPlan;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The alert rules ask for series that Prometheus gets, under the names and with the tags it gets them. */
class AlertRulesTest {

    private static final Instant NOW = Instant.parse("2026-11-23T03:00:00Z");

    @Test
    void everySeriesOfTheRulesIsExported() throws IOException {
        String scraped = scrapeAfterEverythingHappened();
        String rules = Files.readString(Path.of("docs/alerts.yml"));

        Set<String> named = new TreeSet<>();
        Pattern.compile("\\bpgbackup_\\w+").matcher(rules).results().forEach(m -> named.add(m.group()));
        assertThat(named).hasSizeGreaterThanOrEqualTo(8);
        assertThat(named).allSatisfy(name -> assertThat(scraped).containsPattern("(?m)^" + name + "[ {]"));
        for (String label : List.of("outcome=\"failure\"", "reason=\"dump_exit\"", "database=\"app\"")) {
            assertThat(scraped).contains(label);
        }
    }

    @Test
    void countersOfFailuresAreThereBeforeTheFirstFailure() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new BackupMetrics(registry);

        assertThat(registry.scrape())
                .contains("pgbackup_runs_total{outcome=\"failure\",reason=\"stalled\"} 0.0")
                .contains("pgbackup_verify_runs_total{level=\"checked\",outcome=\"failure\"} 0.0");
    }

    @Test
    void everyMeterIsExportedWithItsName() {
        String scraped = scrapeAfterEverythingHappened();

        for (BackupMeters meter : BackupMeters.values()) {
            assertThat(scraped)
                    .as(meter.name())
                    .containsPattern("(?m)^" + meter.meterName().replace('.', '_'));
        }
    }

    private static String scrapeAfterEverythingHappened() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        BackupManifest manifest = Manifests.manifest("app", Manifests.id(NOW), NOW, "k");
        CatalogEntry entry =
                new CatalogEntry("app", manifest.id(), "k", manifest, "", null, null, VerifyLevel.CHECKED, NOW);
        BackupMetrics metrics = new BackupMetrics(registry, Clock.fixed(NOW, ZoneOffset.UTC));
        RunReport failed = new RunReport(
                manifest.id(),
                Trigger.SCHEDULED,
                RunReport.Outcome.FAILURE,
                FailureReason.DUMP_EXIT,
                "",
                NOW,
                NOW,
                List.of(),
                Map.of(),
                List.of());
        VerifyReport proof = new VerifyReport(
                "app", manifest.id(), VerifyLevel.CHECKED, VerifyLevel.CHECKED, null, List.of(), List.of(), NOW, NOW);
        for (BackupEvent event : List.of(
                new BackupEvent.CatalogLoaded(
                        NOW, List.of(entry), new LastRun(NOW, RunReport.Outcome.SUCCESS, null, "", NOW)),
                new BackupEvent.NextRun(NOW, "backup", NOW),
                new BackupEvent.DatabasesSelected(NOW, List.of("app")),
                new BackupEvent.Copied(NOW, manifest.id(), "app", "s3 b", "gone"),
                new BackupEvent.RunStarted(NOW, manifest.id(), Trigger.SCHEDULED),
                new BackupEvent.StoreRetried(NOW, "part", "SlowDown"),
                new BackupEvent.Swept(NOW, 1, 1),
                new BackupEvent.DatabaseFinished(
                        NOW,
                        manifest.id(),
                        new RunReport.DatabaseResult(
                                "app", RunReport.Outcome.SUCCESS, null, "", manifest, Duration.ofSeconds(1))),
                new BackupEvent.RetentionApplied(
                        NOW, "app", new RetentionPlan(List.of(), List.of(), List.of()), List.of("k: denied")),
                new BackupEvent.RunFinished(NOW, failed),
                new BackupEvent.Verified(NOW, proof),
                new BackupEvent.Overdue(NOW, null),
                new BackupEvent.Progress(NOW, manifest.id(), "app", 1, 1, 1, "public.t", 0.5))) {
            metrics.onEvent(event);
        }
        return registry.scrape();
    }
}
