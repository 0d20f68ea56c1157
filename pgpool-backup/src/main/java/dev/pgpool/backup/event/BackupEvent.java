package dev.pgpool.backup.event;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.retention.RetentionPlan;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an engine tells its listeners. */
public sealed interface BackupEvent {

    /** When it happened, by the engine's clock. */
    Instant at();

    /**
     * A run began: its id is that of its report and of its backups. A run that is skipped never begins.
     */
    record RunStarted(Instant at, BackupId run, Trigger trigger) implements BackupEvent {}

    /**
     * Bytes moved.
     *
     * @param at when
     * @param run which
     * @param database which
     * @param bytes stored so far
     * @param bytesPerSecond since the last event
     * @param bufferBytes that the transfer's part buffers take
     * @param table being dumped, or {@code null} if not known
     * @param share of the tables' bytes that are dumped, 0 to 1, an estimate; negative if not known
     */
    record Progress(
            Instant at,
            BackupId run,
            String database,
            long bytes,
            double bytesPerSecond,
            long bufferBytes,
            @Nullable String table,
            double share)
            implements BackupEvent {}

    /** Which databases are selected now, before each run; alarms about others are out of date. */
    record DatabasesSelected(Instant at, List<String> databases) implements BackupEvent {
        /** Copies. */
        public DatabasesSelected {
            databases = List.copyOf(databases);
        }
    }

    /**
     * A backup was copied to another store, or is missing in one.
     *
     * @param at when
     * @param run which
     * @param database which
     * @param store where
     * @param problem why it is not there, or empty
     */
    record Copied(Instant at, BackupId run, String database, String store, String problem) implements BackupEvent {}

    /** One database of a run ended, well or not. */
    record DatabaseFinished(Instant at, BackupId run, RunReport.DatabaseResult result) implements BackupEvent {}

    /** A call to the store is being repeated. */
    record StoreRetried(Instant at, String operation, String cause) implements BackupEvent {}

    /** Retention was planned, and carried out if that was allowed. */
    record RetentionApplied(Instant at, String database, RetentionPlan plan, List<String> failures)
            implements BackupEvent {
        /** Copies. */
        public RetentionApplied {
            failures = List.copyOf(failures);
        }
    }

    /** Leftovers of dead runs were removed. */
    record Swept(Instant at, int uploads, int objects) implements BackupEvent {}

    /** Days of the retention period without a backup. */
    record DaysMissing(Instant at, String database, List<LocalDate> days) implements BackupEvent {
        /** Copies. */
        public DaysMissing {
            days = List.copyOf(days);
        }
    }

    /** A verification ended, well or not. */
    record Verified(Instant at, VerifyReport report) implements BackupEvent {}

    /** No backup has succeeded for too long, whether or not any was tried. */
    record Overdue(Instant at, @Nullable Instant lastSuccess) implements BackupEvent {}

    /** A run ended. */
    record RunFinished(Instant at, RunReport report) implements BackupEvent {}

    /**
     * What the catalog holds: at the start, so that meters begin with the truth, and each hour, since other instances may have
     * been at work.
     *
     * @param at when
     * @param entries all backups
     * @param lastRun of any instance, or {@code null} if none is known
     */
    record CatalogLoaded(
            Instant at,
            List<CatalogEntry> entries,
            @Nullable LastRun lastRun) implements BackupEvent {
        /** Copies. */
        public CatalogLoaded {
            entries = List.copyOf(entries);
        }
    }

    /** When the schedule's next run is due; {@code null} for never. */
    record NextRun(Instant at, String job, @Nullable Instant due) implements BackupEvent {}
}
