package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupConfig;
import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.BackupManifest.Contents;
import dev.pgpool.backup.BackupManifest.StoredPart;
import dev.pgpool.backup.Compression;
import dev.pgpool.backup.DumpFormat;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.catalog.ManifestCodec;
import dev.pgpool.backup.internal.dump.Dump;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.DatabaseFacts;
import dev.pgpool.backup.internal.pg.GlobalsReader;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.internal.pg.SourceSnapshot;
import dev.pgpool.backup.internal.stream.Encryption.Sealed;
import dev.pgpool.backup.internal.stream.PartPlan;
import dev.pgpool.backup.internal.stream.TransferProgress;
import dev.pgpool.backup.internal.stream.UploadResult;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the backup of one database: dump, roles, and last the manifest, which makes it exist. On any failure what was stored
 * is removed again. Used once, by one thread.
 *
 * <pre>
 * snapshot -> pg_dump -> upload ... EOF gate ... stored and confirmed -> globals -> manifest
 *          -> row counts (meanwhile, same snapshot)
 * </pre>
 */
final class DatabaseBackup {

    private static final Logger LOGGER = LoggerFactory.getLogger(DatabaseBackup.class);
    private static final String APPLICATION_VERSION = "0.1.0";

    private final Context context;
    private final RunScope scope;
    private final Preflight.Result preflight;
    private final BackupId run;
    private final SessionGroup sessions;
    private final String database;
    private final Cancellation cancellation;
    private final TransferProgress progress = new TransferProgress();
    private final Object gate = new Object();
    private boolean transferring;
    private final String home;

    DatabaseBackup(Context context, RunScope scope, String database) {
        this.context = context;
        this.scope = scope;
        this.preflight = scope.preflight();
        this.run = scope.id();
        this.sessions = scope.sessions();
        this.database = database;
        this.cancellation = scope.cancellation();
        this.home = scope.layout().backup(database, run);
    }

    /** The manifest of the backup, which then exists. */
    BackupManifest take() {
        cancellation.check();
        try (SourceSnapshot snapshot = SourceSnapshot.open(
                context.config().source(),
                database,
                preflight.cluster().version(),
                sessions,
                context.config().dump().lockWait())) {
            // The snapshot is taken between these two: the data is not older than this instant by more than the
            // connection took.
            Instant startedAt = context.clock().instant();
            return take(snapshot, startedAt);
        } catch (RuntimeException e) {
            removeObjects(e);
            throw e;
        }
    }

    private BackupManifest take(SourceSnapshot snapshot, Instant startedAt) {
        BackupConfig config = context.config();
        DatabaseFacts facts = snapshot.facts();
        DumpProgress tables = new DumpProgress(facts.tableBytes(), compresses());
        DumpCommand command = new DumpCommand(
                config.source(),
                database,
                config.dump().format(),
                preflight.compression(),
                config.dump().lockWait(),
                snapshot.id(),
                config.dump().extraArguments());
        PartPlan plan = PartPlan.of(
                config.transfer().partBytes(),
                config.transfer().maxPartBytes(),
                estimate(facts.bytes()),
                context.store().limits());
        Instant lockUntil = lockUntil(startedAt);
        Thread transferThread = Thread.currentThread();
        synchronized (gate) {
            transferring = true;
        }
        try (Dump dump = Dump.start(
                        context.tools(),
                        command,
                        sessions.applicationName(),
                        table -> tables.begin(table, progress.readBytes()));
                Watchdog watchdog = new Watchdog(context, progress, cancellation, reason -> {
                    dump.end();
                    interruptTransfer(transferThread);
                })) {
            ScheduledFuture<?> reporting = reportProgress(tables);
            Future<Contents> contents = context.workers()
                    .submit(() -> snapshot.contents(config.dump().rowCounts()));
            try {
                StoredPart data = storeData(dump, plan, lockUntil, config.dump().format());
                watchdog.transferDone();
                Contents counted = await(contents);
                StoredPart globals = storeGlobals(lockUntil);
                BackupManifest manifest = manifest(
                        startedAt, facts, command, List.of(data, globals), counted, dump.warnings(), lockUntil);
                cancellation.check();
                scope.lock().requireHeld();
                commit(manifest);
                return manifest;
            } catch (RuntimeException e) {
                contents.cancel(true);
                throw reasonOf(e, watchdog.verdict());
            } finally {
                reporting.cancel(false);
            }
        } finally {
            // Neither the clean-up that follows nor the thread's next task may be hit by the watchdog's interrupt.
            synchronized (gate) {
                transferring = false;
                if (Thread.interrupted()) {
                    LOGGER.debug("Transfer of {} was interrupted", database);
                }
            }
        }
    }

    private void interruptTransfer(Thread thread) {
        synchronized (gate) {
            if (transferring) {
                thread.interrupt();
            }
        }
    }

    private static RuntimeException reasonOf(RuntimeException failure, @Nullable BackupException verdict) {
        if (verdict == null) {
            return failure;
        }
        BackupException named = new BackupException(verdict.reason(), String.valueOf(verdict.getMessage()), failure);
        return named;
    }

    private long estimate(long databaseBytes) {
        // A dump has no indexes and no dead rows; compressed it is seldom more than a third of the database.
        return compresses() ? databaseBytes / 3 : databaseBytes;
    }

    private boolean compresses() {
        return context.config().dump().format() == DumpFormat.CUSTOM
                && preflight.compression().method() != Compression.Method.NONE;
    }

    private @Nullable Instant lockUntil(Instant startedAt) {
        Duration lock = context.config().run().objectLock();
        return lock == null ? null : startedAt.plus(lock);
    }

    private ScheduledFuture<?> reportProgress(DumpProgress tables) {
        long millis = Math.max(10, context.config().run().progressInterval().toMillis());
        long[] last = {0, System.nanoTime()};
        return context.timer()
                .scheduleWithFixedDelay(
                        () -> {
                            long bytes = progress.storedBytes();
                            long now = System.nanoTime();
                            double rate = (bytes - last[0]) * 1e9 / Math.max(1, now - last[1]);
                            last[0] = bytes;
                            last[1] = now;
                            context.publish(new BackupEvent.Progress(
                                    context.clock().instant(),
                                    run,
                                    database,
                                    bytes,
                                    rate,
                                    progress.bufferBytes(),
                                    tables.table(),
                                    tables.share(progress.readBytes())));
                        },
                        millis,
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    private StoredPart storeData(Dump dump, PartPlan plan, @Nullable Instant lockUntil, DumpFormat format) {
        String key = home + format.fileName();
        Sealed sealed = context.encryption().seal(dump.stream());
        UploadResult stored = context.uploader()
                .upload(
                        key,
                        sealed.stream(),
                        plan,
                        WriteOptions.ofBackup("application/octet-stream", lockUntil),
                        progress);
        return part("data", key, stored, sealed.plainBytes().getAsLong());
    }

    private StoredPart storeGlobals(@Nullable Instant lockUntil) {
        String script;
        try (Connection connection = Sessions.open(context.config().source(), database, sessions)) {
            script = GlobalsReader.read(connection, preflight.cluster().version(), database);
        } catch (SQLException e) {
            throw new BackupException(FailureReason.SOURCE_UNREACHABLE, "reading roles: " + e.getMessage(), e);
        }
        byte[] plain = script.getBytes(StandardCharsets.UTF_8);
        Sealed sealed = context.encryption().seal(new ByteArrayInputStream(plain));
        String key = home + KeyLayout.GLOBALS;
        PartPlan plan = PartPlan.of(
                context.config().transfer().partBytes(),
                context.config().transfer().maxPartBytes(),
                plain.length,
                context.store().limits());
        UploadResult stored = context.uploader()
                .upload(
                        key,
                        sealed.stream(),
                        plan,
                        WriteOptions.ofBackup("application/sql", lockUntil),
                        new TransferProgress());
        return part("globals", key, stored, plain.length);
    }

    private static StoredPart part(String role, String key, UploadResult stored, long plainBytes) {
        StoredObject object = stored.object();
        return new StoredPart(
                role,
                key,
                stored.bytes(),
                plainBytes,
                stored.sha256(),
                object.etag(),
                object.versionId(),
                stored.parts());
    }

    private BackupManifest manifest(
            Instant startedAt,
            DatabaseFacts facts,
            DumpCommand command,
            List<StoredPart> objects,
            Contents contents,
            List<String> warnings,
            @Nullable Instant lockUntil) {
        return new BackupManifest(
                BackupManifest.FORMAT_VERSION,
                APPLICATION_VERSION,
                run,
                startedAt,
                context.clock().instant(),
                new BackupManifest.Source(
                        scope.cluster(),
                        preflight.cluster().systemIdentifier(),
                        database,
                        facts.oid(),
                        preflight.cluster().version(),
                        facts.walPosition(),
                        facts.encoding(),
                        facts.collate(),
                        facts.ctype(),
                        facts.provider(),
                        facts.locale(),
                        facts.collationVersion(),
                        facts.dataChecksums(),
                        sessions.applicationName()),
                new BackupManifest.Tool(
                        preflight.tool().number(),
                        preflight.tool().text(),
                        command.arguments().stream()
                                .map(context.tools().redactor(context.config().source())::redact)
                                .toList(),
                        command.format()),
                objects,
                context.encryption().describe(),
                contents,
                warnings,
                lockUntil);
    }

    private void commit(BackupManifest manifest) {
        String key = home + KeyLayout.MANIFEST;
        byte[] bytes = ManifestCodec.encode(manifest);
        context.retry()
                .call(
                        "manifest",
                        () -> context.store()
                                .put(key, bytes, WriteOptions.ofBackup("application/json", manifest.lockedUntil())));
        StoredObject stored = context.retry()
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
     * dead runner's. Looked at after the manifest is there, since from then on nobody sweeps it. By listing: a credential that
     * may not read data may write backups.
     */
    private void checkDataIsStillThere(BackupManifest manifest) {
        Map<String, Long> present = new HashMap<>();
        context.retry().call("list", () -> {
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

    private static Contents await(Future<Contents> contents) {
        try {
            return contents.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while rows were counted", e);
        } catch (ExecutionException e) {
            throw BackupException.of(e.getCause() == null ? e : e.getCause());
        }
    }

    private void removeObjects(RuntimeException failure) {
        try {
            for (String file : List.of(
                    KeyLayout.MANIFEST,
                    KeyLayout.GLOBALS,
                    context.config().dump().format().fileName())) {
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
