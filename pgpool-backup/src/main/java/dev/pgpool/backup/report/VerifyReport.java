package dev.pgpool.backup.report;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.VerifyLevel;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification showed. A backup that fails is a report, not an exception.
 *
 * @param database of the backup
 * @param id of the backup
 * @param requested the level asked for
 * @param reached the last level that holds
 * @param reason why it went no further, or {@code null} if it reached what was asked for
 * @param problems each thing found wrong
 * @param notes things that differ without being wrong
 * @param startedAt when
 * @param finishedAt when
 */
public record VerifyReport(
        String database,
        BackupId id,
        VerifyLevel requested,
        VerifyLevel reached,
        @Nullable FailureReason reason,
        List<String> problems,
        List<String> notes,
        Instant startedAt,
        Instant finishedAt) {

    /** Copies. */
    public VerifyReport {
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
    }

    /** True if the requested level was reached. */
    public boolean passed() {
        return reason == null && reached.includes(requested);
    }
}
