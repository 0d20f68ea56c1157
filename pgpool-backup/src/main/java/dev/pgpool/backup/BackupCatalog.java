package dev.pgpool.backup;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.engine.Engine;
import dev.pgpool.backup.internal.text.DisplayText;
import dev.pgpool.backup.internal.text.TextTable;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/** The backups in the store: list, show, pin. Reads the store at every call. Safe for all threads. */
public final class BackupCatalog {

    private final Engine engine;

    BackupCatalog(Engine engine) {
        this.engine = engine;
    }

    /** All backups, by database, oldest first; those whose manifest cannot be read too. */
    public List<CatalogEntry> list() {
        return BackupEngine.calling(() -> engine.backups());
    }

    /** The backups of one database, oldest first. */
    public List<CatalogEntry> list(String database) {
        return BackupEngine.calling(() -> engine.backups(database));
    }

    /**
     * One backup.
     *
     * @throws dev.pgpool.backup.report.BackupException with NOT_FOUND
     */
    public CatalogEntry show(String database, BackupId id) {
        return BackupEngine.calling(() -> engine.backup(database, id));
    }

    /** Keeps a backup from retention until it is unpinned; the reason is for people. */
    public void pin(String database, BackupId id, String reason) {
        engine.pin(database, id, Objects.requireNonNull(reason));
    }

    /** Gives a backup back to retention. Does nothing if it is not pinned. */
    public void unpin(String database, BackupId id) {
        engine.pin(database, id, null);
    }

    /** A table for people, one line for each backup. */
    public String table() {
        TextTable table = new TextTable().row("DATABASE", "ID", "DATA OF", "SIZE", "SECONDS", "VERIFIED", "REMARKS");
        for (CatalogEntry entry : list()) {
            BackupManifest manifest = entry.manifest();
            if (manifest == null) {
                table.row(entry.database(), entry.id(), "UNREADABLE: " + entry.problem());
                continue;
            }
            table.row(
                    entry.database(),
                    entry.id(),
                    manifest.startedAt().truncatedTo(ChronoUnit.SECONDS),
                    DisplayText.bytes(manifest.totalBytes()),
                    Duration.between(manifest.startedAt(), manifest.finishedAt())
                            .toSeconds(),
                    entry.verified() == VerifyLevel.NONE ? "-" : entry.verified(),
                    remarks(entry, manifest));
        }
        return table.toString();
    }

    private static String remarks(CatalogEntry entry, BackupManifest manifest) {
        StringBuilder text = new StringBuilder();
        if (entry.pin() != null) {
            text.append("pinned (").append(entry.pin()).append(") ");
        }
        if (manifest.encryption() != null) {
            text.append("key ").append(manifest.encryption().keyId()).append(' ');
        }
        if (entry.lockedUntil() != null) {
            text.append("locked until ").append(entry.lockedUntil()).append(' ');
        }
        if (!manifest.warnings().isEmpty()) {
            text.append(manifest.warnings().size()).append(" warnings");
        }
        return text.toString().strip();
    }
}
