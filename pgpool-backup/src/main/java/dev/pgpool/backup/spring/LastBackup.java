package dev.pgpool.backup.spring;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the engine has told of its runs, and of those of other instances. Written by its listener's thread, read by health checks. */
final class LastBackup implements EngineListeners {
    private volatile boolean known;
    private volatile @Nullable Instant success;
    private volatile @Nullable Instant nextRun;
    private volatile String lastRun = "";

    @Override
    public List<BackupListener> listeners() {
        return List.of(this::hear);
    }

    private void hear(BackupEvent event) {
        if (event instanceof BackupEvent.CatalogLoaded loaded) {
            known = true;
            loaded.entries().forEach(this::hear);
            LastRun run = loaded.lastRun();
            if (run != null) {
                succeeded(run.successAt());
                lastRun = run.at() + " " + run.outcome() + (run.reason() == null ? "" : " " + run.reason());
            }
        } else if (event instanceof BackupEvent.RunFinished finished) {
            RunReport report = finished.report();
            if (report.outcome() != RunReport.Outcome.SKIPPED) {
                lastRun =
                        finished.at() + " " + report.outcome() + (report.reason() == null ? "" : " " + report.reason());
            }
            if (report.outcome() == RunReport.Outcome.SUCCESS) {
                succeeded(finished.at());
            }
        } else if (event instanceof BackupEvent.NextRun next && next.job().startsWith("backup")) {
            nextRun = next.due();
        }
    }

    /** Of a store in which no last run is kept. */
    private void hear(CatalogEntry entry) {
        BackupManifest manifest = entry.manifest();
        if (manifest != null) {
            succeeded(manifest.finishedAt());
        }
    }

    private void succeeded(@Nullable Instant at) {
        Instant before = success;
        if (at != null && (before == null || at.isAfter(before))) {
            success = at;
        }
    }

    /** Whether the catalog has been read. */
    boolean isKnown() {
        return known;
    }

    /** When a run last succeeded. */
    Optional<Instant> success() {
        return Optional.ofNullable(success);
    }

    /** When the next one is due. */
    Optional<Instant> nextRun() {
        return Optional.ofNullable(nextRun);
    }

    /** The last one in a few words; empty if there was none. */
    String lastRun() {
        return lastRun;
    }
}
