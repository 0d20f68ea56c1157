package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.dump.Dump;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.DatabaseFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.SourceSnapshot;
import dev.pgpool.backup.internal.stream.PartPlan;
import dev.pgpool.backup.internal.stream.TransferProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

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

    private final EngineContext context;
    private final RunScope scope;
    private final Preflight.Result preflight;
    private final BackupId run;
    private final SessionGroup sessions;
    private final String database;
    private final Cancellation cancellation;
    private final TransferProgress progress = new TransferProgress();
    private final BackupObjects objects;
    private final BackupUpload upload;

    DatabaseBackup(EngineContext context, RunScope scope, String database) {
        this.context = context;
        this.scope = scope;
        this.preflight = scope.preflight();
        this.run = scope.id();
        this.sessions = scope.sessions();
        this.database = database;
        this.cancellation = scope.cancellation();
        String home = scope.layout().backup(database, run);
        this.objects = new BackupObjects(context, home);
        this.upload = new BackupUpload(context, scope, database, home);
    }

    /** The manifest of the backup, which then exists. */
    BackupManifest take() {
        cancellation.check();
        try (SourceSnapshot snapshot = SourceSnapshot.open(
                context.config().source(),
                database,
                preflight.cluster().version(),
                sessions,
                context.config().filter(database))) {
            // The snapshot is taken between these two: the data is not older than this instant by more than the
            // connection took.
            Instant startedAt = context.clock().instant();
            return take(snapshot, startedAt);
        } catch (RuntimeException e) {
            objects.remove(context.config().dump().format().fileName(), e);
            throw e;
        }
    }

    private BackupManifest take(SourceSnapshot snapshot, Instant startedAt) {
        BackupConfig config = context.config();
        DatabaseFacts facts = snapshot.facts();
        DumpProgress tables = new DumpProgress(compresses());
        DumpCommand command = new DumpCommand(
                config.source(),
                database,
                config.dump().format(),
                preflight.compression(),
                config.dump().lockWait(),
                snapshot.id(),
                config.filter(database),
                facts.encoding(),
                preflight.cluster().version(),
                preflight.tool().major(),
                config.dump().extraArguments());
        PartPlan plan = context.partPlan(estimate(facts.bytes()));
        Instant lockUntil = lockUntil(startedAt);
        // Until pg_dump has its locks, a count would stand between it and the session that wants to change a table.
        CountDownLatch locked = new CountDownLatch(1);
        try (TransferThread thread = new TransferThread(database);
                Dump dump = Dump.start(
                        context.tools(),
                        command,
                        sessions.applicationName(),
                        table -> tables.begin(table, progress.readBytes()),
                        locked::countDown);
                DumpLockWatch locks = new DumpLockWatch(context, database, sessions, locked, dump::end);
                TransferWatchdog watchdog = new TransferWatchdog(context, progress, cancellation, reason -> {
                    dump.end();
                    thread.interrupt();
                })) {
            ProgressReport reporting = new ProgressReport(context, run, database, progress, tables);
            ContentsCount contents = new ContentsCount(context, snapshot, tables, locked);
            try {
                StoredPart data = upload.data(dump, plan, lockUntil, progress);
                watchdog.transferDone();
                Contents counted = contents.await();
                StoredPart globals = upload.globals(lockUntil);
                BackupManifest manifest = new ManifestDraft(context, scope, database)
                        .of(
                                startedAt,
                                facts,
                                command,
                                List.of(data, globals),
                                counted,
                                warnings(dump, snapshot),
                                lockUntil);
                cancellation.check();
                scope.lock().requireHeld();
                objects.commit(manifest);
                return manifest;
            } catch (RuntimeException e) {
                contents.cancel();
                throw locks.explain(watchdog.explain(e));
            } finally {
                reporting.close();
            }
        }
    }

    private static List<String> warnings(Dump dump, SourceSnapshot snapshot) {
        List<String> warnings = new ArrayList<>(dump.warnings());
        warnings.addAll(snapshot.notes());
        return warnings;
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
}
