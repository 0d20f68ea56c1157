package dev.pgpool.backup.report;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.internal.text.DisplayText;
import dev.pgpool.backup.internal.text.TextTable;
import dev.pgpool.backup.retention.RetentionPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended. A run that fails is a report, not an exception.
 *
 * @param id of the run
 * @param trigger what started it
 * @param outcome of the whole
 * @param reason of a failure or skip, else {@code null}
 * @param message what a person should read; empty after success
 * @param startedAt when
 * @param finishedAt when
 * @param databases one result for each database that was begun
 * @param retention what retention decided for each database; empty if it did not run
 * @param notes things worth knowing that did not change the outcome
 */
public record RunReport(
        BackupId id,
        Trigger trigger,
        Outcome outcome,
        @Nullable FailureReason reason,
        String message,
        Instant startedAt,
        Instant finishedAt,
        List<DatabaseResult> databases,
        Map<String, RetentionPlan> retention,
        List<String> notes) {

    /** How a run or one of its databases ended. */
    public enum Outcome {
        /** Everything asked for is stored, described by its manifest. */
        SUCCESS,
        /** Something failed; what succeeded before is kept. */
        FAILURE,
        /** Another instance holds the lock. */
        SKIPPED,
        /** The host stopped it. */
        CANCELLED
    }

    /** Copies. */
    public RunReport {
        databases = List.copyOf(databases);
        retention = Map.copyOf(retention);
        notes = List.copyOf(notes);
    }

    /** The run in one line, for people. */
    public String line() {
        long good =
                databases.stream().filter(d -> d.outcome() == Outcome.SUCCESS).count();
        long bytes = databases.stream()
                .map(DatabaseResult::manifest)
                .filter(Objects::nonNull)
                .mapToLong(BackupManifest::totalBytes)
                .sum();
        String text = "backup " + id + " " + outcome + ": " + good + " of " + databases.size() + " databases, "
                + DisplayText.bytes(bytes) + " in " + DisplayText.duration(Duration.between(startedAt, finishedAt));
        return DisplayText.oneLine(message.isEmpty() ? text : text + ": " + message);
    }

    /** The run as a table, a line for each database, for people. */
    public String table() {
        TextTable table = new TextTable();
        for (DatabaseResult d : databases) {
            BackupManifest manifest = d.manifest();
            table.row(
                    d.database(),
                    d.outcome(),
                    manifest == null ? "-" : DisplayText.bytes(manifest.totalBytes()),
                    DisplayText.duration(d.duration()),
                    d.reason() == null ? "" : d.reason() + ": " + d.message());
        }
        StringBuilder text =
                new StringBuilder(line()).append(System.lineSeparator()).append(table);
        retention.forEach((database, plan) -> text.append("retention of ")
                .append(DisplayText.oneLine(database))
                .append(": ")
                .append(plan.line())
                .append(System.lineSeparator()));
        notes.forEach(
                note -> text.append("note: ").append(DisplayText.oneLine(note)).append(System.lineSeparator()));
        return text.toString();
    }

    /** True if all databases were backed up. */
    public boolean succeeded() {
        return outcome == Outcome.SUCCESS;
    }

    /**
     * One database of a run.
     *
     * @param database its name
     * @param outcome how it ended
     * @param reason of a failure, else {@code null}
     * @param message of a failure, with the end of pg_dump's stderr; empty after success
     * @param manifest of the backup after success, else {@code null}
     * @param duration of this database
     */
    public record DatabaseResult(
            String database,
            Outcome outcome,
            @Nullable FailureReason reason,
            String message,
            @Nullable BackupManifest manifest,
            Duration duration) {}
}
