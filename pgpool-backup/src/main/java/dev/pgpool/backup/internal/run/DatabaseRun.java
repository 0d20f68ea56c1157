package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport.DatabaseResult;
import dev.pgpool.backup.report.RunReport.Outcome;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One database of a run: under its own lock into the first store that takes it, and from there into the others. Used once, by one
 * thread.
 */
final class DatabaseRun {

    private static final PeerLog LOGGER = PeerLog.of(DatabaseRun.class);

    private final EngineContext context;
    private final RunScope scope;
    private final RunLock.Request request;
    private final String database;
    private final List<String> notes;

    DatabaseRun(EngineContext context, RunScope scope, RunLock.Request request, String database, List<String> notes) {
        this.context = context;
        this.scope = scope;
        this.request = request;
        this.database = database;
        this.notes = notes;
    }

    /** Takes it; how that ended is in the result. */
    DatabaseResult take() {
        long begun = System.nanoTime();
        DatabaseResult result;
        try {
            String refused = scope.preflight().refused().get(database);
            if (refused != null) {
                throw new BackupException(FailureReason.PREFLIGHT, refused);
            }
            RunLock.Attempt lock = scope.lock().tryAnother(request, RunLock.database(database));
            result = lock.lock() == null
                    ? result(database, Outcome.SKIPPED, FailureReason.LOCKED, "held by " + lock.holder(), null, begun)
                    : takeLocked(scope.under(lock.lock()), database, begun);
        } catch (RuntimeException e) {
            BackupException failure = scope.cancellation().explain(e);
            Outcome outcome = failure.reason() == FailureReason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILURE;
            if (failure.reason() == FailureReason.INTERNAL) {
                LOGGER.error("Backup of \"{}\" failed inside the library", database, e);
            }
            result = result(database, outcome, failure.reason(), String.valueOf(failure.getMessage()), null, begun);
        }
        context.publish(new BackupEvent.DatabaseFinished(context.clock().instant(), scope.id(), result));
        return result;
    }

    private static DatabaseResult result(
            String database,
            Outcome outcome,
            @Nullable FailureReason reason,
            String message,
            @Nullable BackupManifest manifest,
            long begun) {
        return new DatabaseResult(
                database, outcome, reason, message, manifest, Duration.ofNanos(System.nanoTime() - begun));
    }

    /** Into the first store that takes it, and from there into the others. */
    private DatabaseResult takeLocked(RunScope locked, String database, long begun) {
        try (RunLock held = locked.lock()) {
            LOGGER.trace("{} is held for {}", held, database);
            List<ConfiguredStore> stores = scope.preflight().stores();
            for (int i = 0; ; i++) {
                ConfiguredStore store = stores.get(i);
                try {
                    BackupManifest manifest = new DatabaseBackup(store.context(), locked, database).take();
                    stores.stream()
                            .filter(other -> other != store)
                            .forEach(other -> copy(locked, manifest, store, other));
                    return result(database, Outcome.SUCCESS, null, "", manifest, begun);
                } catch (RuntimeException e) {
                    BackupException failure = scope.cancellation().explain(e);
                    if (i == stores.size() - 1
                            || !isStores(failure.reason())
                            || scope.cancellation().cause() != null) {
                        throw failure;
                    }
                    lost(database, store, failure);
                }
            }
        }
    }

    private static boolean isStores(FailureReason reason) {
        return switch (reason) {
            case STORE_IO, STORE_DENIED, STORE_INTEGRITY, STORE_LIMIT, STALLED -> true;
            default -> false;
        };
    }

    private void copy(RunScope locked, BackupManifest manifest, ConfiguredStore from, ConfiguredStore to) {
        try {
            new BackupCopy(from.context(), to.context(), locked).copy(manifest);
            context.publish(new BackupEvent.Copied(
                    context.clock().instant(), scope.id(), manifest.database(), to.describe(), ""));
        } catch (RuntimeException e) {
            lost(manifest.database(), to, scope.cancellation().explain(e));
        }
    }

    /** A store that does not get the backup is no failure of the others, but a note and an event say so. */
    private void lost(String database, ConfiguredStore store, BackupException failure) {
        String problem = failure.reason() + ": " + failure.getMessage();
        LOGGER.warn("Backup {} of \"{}\" is not in {}: {}", scope.id(), database, store.describe(), problem);
        notes.add("backup of \"" + database + "\" is not in " + store.describe() + ": " + problem);
        context.publish(
                new BackupEvent.Copied(context.clock().instant(), scope.id(), database, store.describe(), problem));
    }
}
