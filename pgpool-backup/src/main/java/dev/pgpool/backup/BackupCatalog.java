package dev.pgpool.backup;

import dev.pgpool.backup.internal.run.Engine;
import java.util.List;
import java.util.Locale;

/** The backups in the store: list, show, pin. Reads the store at every call. Safe for all threads. */
public final class BackupCatalog {

    private final Engine engine;
    private final java.time.Clock clock;

    BackupCatalog(Engine engine, java.time.Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    /** All backups, by database, oldest first; those whose manifest cannot be read too. */
    public List<CatalogEntry> list() {
        return engine.catalog().all();
    }

    /** The backups of one database, oldest first. */
    public List<CatalogEntry> list(String database) {
        return engine.catalog().of(database);
    }

    /**
     * One backup.
     *
     * @throws BackupException with NOT_FOUND
     */
    public CatalogEntry show(String database, BackupId id) {
        return engine.catalog().find(database, id);
    }

    /** Keeps a backup from retention until it is unpinned; the reason is for people. */
    public void pin(String database, BackupId id, String reason) {
        engine.catalog().pin(database, id, reason, clock.instant());
    }

    /** Gives a backup back to retention. Does nothing if it is not pinned. */
    public void unpin(String database, BackupId id) {
        engine.catalog().unpin(database, id);
    }

    /** A table for people, one line for each backup. */
    public String table() {
        StringBuilder text = new StringBuilder(String.format(
                "%-20s %-26s %-20s %10s %8s %-9s %s%n",
                "DATABASE", "ID", "DATA OF", "SIZE", "SECONDS", "VERIFIED", "REMARKS"));
        for (CatalogEntry entry : list()) {
            BackupManifest manifest = entry.manifest();
            if (manifest == null) {
                text.append(
                        String.format("%-20s %-26s UNREADABLE: %s%n", entry.database(), entry.id(), entry.problem()));
                continue;
            }
            text.append(String.format(
                    "%-20s %-26s %-20s %10s %8d %-9s %s%n",
                    entry.database(),
                    entry.id(),
                    manifest.startedAt().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                    bytes(manifest.totalBytes()),
                    java.time.Duration.between(manifest.startedAt(), manifest.finishedAt())
                            .toSeconds(),
                    entry.verified() == VerifyLevel.NONE ? "-" : entry.verified(),
                    remarks(entry, manifest)));
        }
        return text.toString();
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

    static String bytes(long count) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = count;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? count + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
