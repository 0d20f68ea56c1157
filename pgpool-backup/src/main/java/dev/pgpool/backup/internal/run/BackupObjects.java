package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.catalog.ManifestCodec;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The objects of one backup in one store, all below one key: how they become a backup, and how they go if they do not. */
final class BackupObjects {

    private static final PeerLog LOGGER = PeerLog.of(BackupObjects.class);

    private final EngineContext context;
    private final String home;

    BackupObjects(EngineContext context, String home) {
        this.context = context;
        this.home = home;
    }

    /** Writes the manifest, by which the backup exists. */
    void commit(BackupManifest manifest) {
        String key = home + KeyLayout.MANIFEST;
        byte[] bytes = ManifestCodec.encode(manifest, context.encryption());
        context.transferRetry()
                .call(
                        "manifest",
                        () -> context.store()
                                .put(key, bytes, WriteOptions.ofBackup("application/json", manifest.lockedUntil())));
        StoredObject stored = context.transferRetry()
                .call("stat", () -> context.store().stat(key))
                .orElseThrow(
                        () -> new StoreException(StoreException.Kind.INTEGRITY, key + ": not there after it was put"));
        if (stored.size() != bytes.length) {
            throw new StoreException(
                    StoreException.Kind.INTEGRITY,
                    key + ": the store has " + stored.size() + " bytes, sent were " + bytes.length);
        }
        checkDataIsStillThere(manifest);
    }

    /**
     * After a pause longer than the lease (a suspended machine, hours of counting), another runner may have swept the data as a
     * dead runner's. Looked at after the manifest is there, since from then on no runner sweeps it. By listing: a credential that
     * may not read data may write backups.
     */
    private void checkDataIsStillThere(BackupManifest manifest) {
        Map<String, Long> present = new HashMap<>();
        context.transferRetry().call("list", () -> {
            present.clear();
            context.store().list(home, object -> present.put(object.key(), object.size()));
            return present;
        });
        for (StoredPart part : manifest.objects()) {
            Long bytes = present.get(part.key());
            if (bytes == null || bytes != part.bytes()) {
                throw new StoreException(
                        StoreException.Kind.INTEGRITY,
                        part.key() + ": " + (bytes == null ? "gone" : bytes + " bytes")
                                + " when the manifest was written (expected: " + part.bytes() + " bytes)");
            }
        }
    }

    /** Removes what a failed backup has stored so far. */
    void remove(String dataFile, RuntimeException failure) {
        try {
            for (String file : List.of(KeyLayout.MANIFEST, KeyLayout.GLOBALS, dataFile)) {
                var refused =
                        context.retry().call("delete", () -> context.store().delete(List.of(home + file)));
                if (!refused.isEmpty()) {
                    // Without its manifest first, nothing goes: what is left must not be a manifest without data.
                    LOGGER.warn(
                            "Objects of a failed backup stay, {} is not deleted: {}",
                            home + file,
                            refused.get(0).reason());
                    return;
                }
            }
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
            LOGGER.warn("Objects of a failed backup stay until a later run sweeps them: {}", e.getMessage());
        }
    }
}
