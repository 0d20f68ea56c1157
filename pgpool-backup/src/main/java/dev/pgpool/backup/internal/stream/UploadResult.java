package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.store.StoredObject;

/**
 * An object that is wholly stored, as the store itself has confirmed.
 *
 * @param object the store's description
 * @param bytes sent
 * @param sha256 of them, hex
 * @param parts in how many; 0 for a single put
 */
public record UploadResult(StoredObject object, long bytes, String sha256, int parts) {

    /** What the manifest says of the object. */
    public StoredPart part(String role, String key, long plainBytes) {
        return new StoredPart(role, key, bytes, plainBytes, sha256, object.etag(), object.versionId(), parts);
    }
}
