package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.internal.stream.StoredObjectStream;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * The objects of backups as plain streams, which end well only if size and SHA-256 were those of the manifest.
 *
 * @param store to read from
 * @param encryption to decrypt with
 * @param retry of ranges
 * @param fetchers threads for ranges
 * @param parallelism ranges at once
 * @param rangeBytes size of one
 */
public record ArchiveSource(
        ObjectStore store,
        Encryption encryption,
        RetryPolicy retry,
        ThreadPoolExecutor fetchers,
        int parallelism,
        int rangeBytes) {

    /** The stored bytes. */
    private StoredObjectStream stored(StoredPart object) {
        Optional<StoredObject> present = retry.call("stat", () -> store.stat(object.key()));
        if (present.isEmpty()) {
            throw new BackupException(FailureReason.VERIFY_FAILED, object.key() + ": is not in the store");
        }
        if (present.get().size() != object.bytes()) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    object.key() + ": has " + present.get().size() + " bytes, in the manifest it has "
                            + object.bytes());
        }
        return new StoredObjectStream(store, object, retry, fetchers, parallelism, rangeBytes);
    }

    /** The plain bytes of an object. */
    public InputStream open(BackupManifest manifest, StoredPart object) throws IOException {
        StoredObjectStream stored = stored(object);
        try {
            return encryption.open(stored, manifest);
        } catch (IOException | RuntimeException e) {
            stored.close();
            throw e;
        }
    }

    /** Reads every object to its end and compares it with the manifest; damage is an exception. */
    public void check(BackupManifest manifest) {
        for (StoredPart object : manifest.objects()) {
            try (InputStream in = open(manifest, object)) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new BackupException(FailureReason.VERIFY_FAILED, object.key() + ": " + e.getMessage(), e);
            }
        }
    }

    /** The script of roles and other globals; empty if the backup has none. */
    public String globals(BackupManifest manifest) {
        for (StoredPart object : manifest.objects()) {
            if (object.role().equals("globals")) {
                try (InputStream in = open(manifest, object)) {
                    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new BackupException(FailureReason.VERIFY_FAILED, object.key() + ": " + e.getMessage(), e);
                }
            }
        }
        return "";
    }
}
