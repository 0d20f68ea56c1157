package dev.pgpool.backup.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NoticeRulesTest {

    private static final Instant START = Instant.parse("2026-11-23T03:00:00Z");
    private final NoticeRules rules = new NoticeRules(Duration.ofHours(24));

    @Test
    void aChangeIsToldOnceAndWhatStaysBadOnceForEachInterval() {
        assertThat(kinds(0, RunReport.Outcome.SUCCESS)).isEmpty();
        assertThat(kinds(1, RunReport.Outcome.FAILURE)).containsExactly("FAILED");
        assertThat(kinds(2, RunReport.Outcome.FAILURE)).isEmpty();
        assertThat(kinds(3, RunReport.Outcome.SKIPPED)).isEmpty();
        assertThat(kinds(25, RunReport.Outcome.FAILURE)).containsExactly("FAILED repeated");
        assertThat(kinds(26, RunReport.Outcome.SUCCESS)).containsExactly("RECOVERED");
        assertThat(kinds(27, RunReport.Outcome.SUCCESS)).isEmpty();
    }

    @Test
    void silenceIsToldAlthoughNoRunWasStarted() {
        assertThat(rules.on(new BackupEvent.Overdue(START, null)))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.kind()).isEqualTo(Notice.Kind.OVERDUE);
                    assertThat(notice.message()).contains("ever");
                });
        assertThat(rules.on(new BackupEvent.Overdue(START.plusSeconds(3600), null)))
                .isEmpty();
        assertThat(rules.on(new BackupEvent.Overdue(START.plusSeconds(90_000), START)))
                .hasSize(1);
    }

    private List<String> kinds(int hour, RunReport.Outcome outcome) {
        Instant at = START.plus(Duration.ofHours(hour));
        RunReport report = new RunReport(
                new BackupId("20261123T030000Z-00000000"),
                Trigger.SCHEDULED,
                outcome,
                outcome == RunReport.Outcome.SUCCESS ? null : FailureReason.DUMP_EXIT,
                "message",
                at,
                at,
                List.of(),
                Map.of(),
                List.of());
        return rules.on(new BackupEvent.RunFinished(at, report)).stream()
                .map(notice -> notice.kind() + (notice.repeated() ? " repeated" : ""))
                .toList();
    }
}
