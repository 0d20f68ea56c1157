package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.stream.PartPlan;
import dev.pgpool.backup.internal.stream.StoredObjectStream;
import dev.pgpool.backup.internal.stream.TransferProgress;
import dev.pgpool.backup.internal.stream.UploadResult;
import dev.pgpool.backup.store.WriteOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies a backup from one store to another, as it is: the stored bytes, compared with the manifest's digests on their way, and
 * last a manifest of its own. Used once, by one thread.
 */
final class BackupCopy {

    private final EngineContext from;
    private final EngineContext to;
    private final RunScope scope;

    BackupCopy(EngineContext from, EngineContext to, RunScope scope) {
        this.from = from;
        this.to = to;
        this.scope = scope;
    }

    /** Copies; on a failure nothing of it stays. */
    void copy(BackupManifest manifest) {
        BackupObjects objects = new BackupObjects(to, scope.layout().backup(manifest.database(), manifest.id()));
        try {
            List<StoredPart> copied = new ArrayList<>();
            for (StoredPart part : manifest.objects()) {
                copied.add(copy(manifest, part));
            }
            scope.cancellation().check();
            objects.commit(manifest.with(copied));
        } catch (RuntimeException e) {
            objects.remove(manifest.tool().format().fileName(), e);
            throw e;
        }
    }

    private StoredPart copy(BackupManifest manifest, StoredPart part) {
        BackupConfig.Transfer transfer = from.config().transfer();
        TransferProgress progress = new TransferProgress();
        WriteOptions options = WriteOptions.ofBackup(
                part.role().equals("data") ? "application/octet-stream" : "application/sql", manifest.lockedUntil());
        PartPlan plan = to.partPlan(part.bytes());
        try (TransferThread thread = new TransferThread(part.key());
                TransferWatchdog watchdog =
                        new TransferWatchdog(to, progress, scope.cancellation(), reason -> thread.interrupt());
                StoredObjectStream in = new StoredObjectStream(
                        from.store(),
                        part,
                        from.retry(),
                        from.fetchers(),
                        transfer.parallelism(),
                        transfer.partBytes())) {
            try {
                UploadResult stored = to.uploader().upload(part.key(), in, plan, options, progress);
                return stored.part(part.role(), part.key(), part.plainBytes());
            } catch (RuntimeException e) {
                throw watchdog.explain(e);
            }
        }
    }
}
