package dev.pgpool.backup.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.RunReport.DatabaseResult;
import dev.pgpool.backup.report.RunReport.Outcome;
import dev.pgpool.backup.report.Trigger;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {

    private static final Instant NOW = Instant.parse("2026-11-23T03:00:00Z");
    private static final BackupId ID = new BackupId("20261123T030000Z-00000000");
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void bytesRateTableShareAndTimeLeftAreShown() {
        ConsoleProgress console = console(true);
        console.onEvent(progress(0, 0.1, "public.t"));
        console.onEvent(progress(60, 0.25, "evil\u001b[2J\nname"));

        assertThat(text()).contains("app: 3.0 MiB, 1.5 MiB/s, public.t, 10 %");
        assertThat(text()).contains("evil [2J name, 25 %, about 0:03:00 left");
    }

    @Test
    void withoutATerminalOnlyChangesAreLines() {
        ConsoleProgress console = console(false);
        for (int i = 0; i < 100; i++) {
            console.onEvent(progress(i, 0.20 + i * 0.001, "public.t"));
        }
        assertThat(text().lines()).hasSize(1);
    }

    @Test
    void aRunIsALineAndATable() {
        RunReport report = new RunReport(
                ID,
                Trigger.MANUAL,
                Outcome.FAILURE,
                FailureReason.PREFLIGHT,
                "database \"a\nb\": no",
                NOW,
                NOW.plusSeconds(75),
                List.of(
                        new DatabaseResult(
                                "a\nb", Outcome.FAILURE, FailureReason.PREFLIGHT, "no", null, Duration.ofMillis(1500)),
                        new DatabaseResult("c", Outcome.SUCCESS, null, "", null, Duration.ofSeconds(3700))),
                Map.of(),
                List.of("a note\nof two lines"));
        assertThat(report.line())
                .isEqualTo("backup " + ID + " FAILURE: 1 of 2 databases, 0 B in 1:15 min: database \"a b\": no");
        assertThat(report.table().lines())
                .hasSize(4)
                .anySatisfy(line -> assertThat(line).startsWith("a b ").contains("FAILURE", "1.5 s", "PREFLIGHT: no"))
                .anySatisfy(line -> assertThat(line).startsWith("c ").contains("SUCCESS", "1:01:40 h"))
                .anySatisfy(line -> assertThat(line).isEqualTo("note: a note of two lines"));
    }

    private ConsoleProgress console(boolean terminal) {
        return new ConsoleProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static BackupEvent progress(int second, double share, String table) {
        return new BackupEvent.Progress(NOW.plusSeconds(second), ID, "app", 3 << 20, 1.5 * (1 << 20), 1, table, share);
    }
}
