package dev.pgpool.backup.catalog;

import dev.pgpool.backup.config.VerifyLevel;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of the catalog: what is under one manifest key.
 *
 * @param database from the manifest, or from the key if that cannot be read
 * @param id of the backup
 * @param manifestKey the key
 * @param manifest the manifest, or {@code null} if it cannot be read
 * @param problem why it cannot be read, else empty
 * @param pin the reason it was pinned with, or {@code null}
 * @param lockedUntil end of its object lock, or {@code null}
 * @param verified the highest level it has passed
 * @param verifiedAt when, or {@code null}
 */
public record CatalogEntry(
        String database,
        BackupId id,
        String manifestKey,
        @Nullable BackupManifest manifest,
        String problem,
        @Nullable String pin,
        @Nullable Instant lockedUntil,
        VerifyLevel verified,
        @Nullable Instant verifiedAt) {

    /** True if the manifest could be read. */
    public boolean readable() {
        return manifest != null;
    }
}
