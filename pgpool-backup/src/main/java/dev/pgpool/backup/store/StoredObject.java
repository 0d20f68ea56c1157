package dev.pgpool.backup.store;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a store says about one of its objects.
 *
 * @param key the full key
 * @param size bytes
 * @param etag the store's opaque version of the content
 * @param lastModified by the store's clock
 * @param versionId the version, where the bucket keeps versions
 * @param checksum the store's own CRC32C of the object, base64, where it keeps one
 * @param lockedUntil end of the object's retention period, if it has one
 * @param legalHold true if a legal hold is on it
 * @param metadata user metadata, lower-case names; empty in listings
 */
public record StoredObject(
        String key,
        long size,
        String etag,
        Instant lastModified,
        @Nullable String versionId,
        @Nullable String checksum,
        @Nullable Instant lockedUntil,
        boolean legalHold,
        Map<String, String> metadata) {

    /** Copies the metadata. */
    public StoredObject {
        metadata = Map.copyOf(metadata);
    }

    /** An object of which only the listing's facts are known. */
    public static StoredObject listed(String key, long size, String etag, Instant lastModified) {
        return new StoredObject(key, size, etag, lastModified, null, null, null, false, Map.of());
    }
}
