package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupConfig;
import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.RunReport.DatabaseResult;
import dev.pgpool.backup.RunReport.Outcome;
import dev.pgpool.backup.Trigger;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.pg.ReplayPause;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: checks, lock, sweep, the databases, retention. Whatever happens becomes a report.
 *
 * <pre>
 * PREFLIGHT -> LOCK -> SWEEP -> databases, some at once -> RETENTION (only if all succeeded) -> SUCCESS
 *     |          |                      |
 *  FAILURE    SKIPPED               FAILURE / CANCELLED
 * </pre>
 */
final class BackupRun {

    private static final Logger LOGGER = LoggerFactory.getLogger(BackupRun.class);
    /** A replay that waits for a query itself notices a pause only then. */
    private static final Duration PAUSE_LIMIT = Duration.ofMinutes(1);

    private final Context context;
    private final Supplier<StoreReport> probe;
    private final Function<Preflight.Result, Catalog> catalogs;
    private final SessionGroup sessions;
    private final Trigger trigger;
    private final Cancellation cancellation;
    private final BackupId provisionalId;
    private final List<DatabaseResult> results = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Map<String, RetentionPlan> retention = Map.of();
    private BackupId id;
    private boolean interruptedWhileWaiting;

    BackupRun(
            Context context,
            Supplier<StoreReport> probe,
            Function<Preflight.Result, Catalog> catalogs,
            SessionGroup sessions,
            Trigger trigger,
            BackupId provisionalId,
            Cancellation cancellation) {
        this.context = context;
        this.probe = probe;
        this.catalogs = catalogs;
        this.sessions = sessions;
        this.trigger = trigger;
        this.cancellation = cancellation;
        this.provisionalId = provisionalId;
        this.id = provisionalId;
    }

    RunReport run() {
        Instant startedAt = context.clock().instant();
        Duration limit = context.config().run().deadline();
        ScheduledFuture<?> deadline = context.timer()
                .schedule(
                        () -> cancellation.cancel(FailureReason.DUMP_TIMEOUT, "not finished within " + limit),
                        limit.toMillis(),
                        TimeUnit.MILLISECONDS);
        RunReport report;
        try (Cancellation.Handler cutting = cancellation.onCancel(reason -> sessions.cut())) {
            LOGGER.trace("Sessions are cut by {}", cutting);
            report = attempt(startedAt);
        } catch (RuntimeException e) {
            BackupException failure = whyEnded(e);
            if (failure.reason() == FailureReason.INTERNAL) {
                LOGGER.error("Backup run {} failed inside the library", id, e);
            }
            report = report(
                    startedAt,
                    failure.reason() == FailureReason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILURE,
                    failure.reason(),
                    String.valueOf(failure.getMessage()));
        }
        deadline.cancel(false);
        sessions.cut();
        if (interruptedWhileWaiting) {
            // Only now: the lease had to be given back by a thread that can still do input and output.
            Thread.currentThread().interrupt();
        }
        log(report);
        context.publish(new BackupEvent.RunFinished(report.finishedAt(), report));
        return report;
    }

    /** The reason of a cancellation, rather than what its victims then complain about. */
    private BackupException whyEnded(RuntimeException e) {
        BackupException failure = BackupException.of(e);
        BackupException cause = cancellation.cause();
        return cause == null || cause.reason() == failure.reason()
                ? failure
                : new BackupException(cause.reason(), String.valueOf(cause.getMessage()), failure);
    }

    private RunReport attempt(Instant startedAt) {
        context.publish(new BackupEvent.RunStarted(startedAt, provisionalId, trigger));
        Preflight.Result preflight = new Preflight(context, sessions).run(probe);
        notes.addAll(preflight.notes());
        preflight.notes().forEach(note -> LOGGER.warn("{}", note));
        cancellation.check();
        Catalog catalog = catalogs.apply(preflight);
        boolean enforceable = Preflight.leaseEnforceable(preflight.store());
        RunLock.Attempt lock = RunLock.tryAcquire(context, catalog, provisionalId, sessions, enforceable, cancellation);
        if (lock.lock() == null) {
            return report(startedAt, Outcome.SKIPPED, FailureReason.LOCKED, "held by " + lock.holder());
        }
        try (RunLock held = lock.lock()) {
            id = BackupId.next(startedAt, catalog.newestId(), new java.util.Random());
            notes.addAll(new Sweeper(context, catalog.layout()).sweep(preflight.store(), held.exclusive(), id));
            BackupConfig config = context.config();
            RunScope scope = new RunScope(
                    preflight,
                    catalog.layout(),
                    config.cluster().isEmpty() ? preflight.cluster().systemIdentifier() : config.cluster(),
                    id,
                    sessions,
                    cancellation,
                    held);
            if (config.dump().pauseReplay() && preflight.cluster().inRecovery()) {
                takeAllPaused(scope);
            } else {
                takeAll(scope);
            }
            cancellation.check();
            DatabaseResult failed = results.stream()
                    .filter(result -> result.outcome() != Outcome.SUCCESS)
                    .findFirst()
                    .orElse(null);
            if (failed != null) {
                return report(
                        startedAt,
                        failed.outcome(),
                        failed.reason(),
                        "database \"" + failed.database() + "\": " + failed.message());
            }
            prune(preflight, catalog);
            return report(startedAt, Outcome.SUCCESS, null, "");
        }
    }

    private void takeAllPaused(RunScope scope) {
        // Sessions of its own: those of the run are cut when it is cancelled, and replay must be resumed nevertheless.
        SessionGroup own = new SessionGroup(sessions.applicationName());
        try (ReplayPause pause =
                ReplayPause.begin(context.config().source(), own, PAUSE_LIMIT, cancellation::check, notes::add)) {
            if (pause.foreign()) {
                notes.add("replay was paused already, by somebody else, and stays so");
            }
            takeAll(scope);
        }
    }

    private void takeAll(RunScope scope) {
        Semaphore places = new Semaphore(context.config().dump().parallelDatabases());
        List<Future<DatabaseResult>> running = new ArrayList<>();
        for (String database : scope.preflight().databases()) {
            running.add(context.workers().submit(() -> {
                places.acquire();
                try {
                    return take(scope, database);
                } finally {
                    places.release();
                }
            }));
        }
        boolean interrupted = false;
        RuntimeException failure = null;
        // All of them are waited for, whatever happens: the lock must not be given back under a dump that goes on.
        for (Future<DatabaseResult> result : running) {
            while (true) {
                try {
                    results.add(result.get());
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                    cancellation.cancel(FailureReason.CANCELLED, "interrupted while databases were dumped");
                } catch (ExecutionException e) {
                    cancellation.cancel(FailureReason.INTERNAL, "another database's dump failed inside the library");
                    failure = BackupException.of(e.getCause() == null ? e : e.getCause());
                    break;
                }
            }
        }
        interruptedWhileWaiting = interrupted;
        if (failure != null) {
            throw failure;
        }
    }

    private DatabaseResult take(RunScope scope, String database) {
        long begun = System.nanoTime();
        DatabaseResult result;
        try {
            BackupManifest manifest = new DatabaseBackup(context, scope, database).take();
            result = new DatabaseResult(
                    database, Outcome.SUCCESS, null, "", manifest, Duration.ofNanos(System.nanoTime() - begun));
        } catch (RuntimeException e) {
            BackupException failure = whyEnded(e);
            Outcome outcome = failure.reason() == FailureReason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILURE;
            if (failure.reason() == FailureReason.INTERNAL) {
                LOGGER.error("Backup of \"{}\" failed inside the library", database, e);
            }
            result = new DatabaseResult(
                    database,
                    outcome,
                    failure.reason(),
                    String.valueOf(failure.getMessage()),
                    null,
                    Duration.ofNanos(System.nanoTime() - begun));
        }
        context.publish(new BackupEvent.DatabaseFinished(context.clock().instant(), id, result));
        return result;
    }

    private void prune(Preflight.Result preflight, Catalog catalog) {
        RetentionPolicy policy = context.config().retention();
        if (policy == null) {
            return;
        }
        try {
            retention = new Pruner(context, catalog, Engine.mayHaveLocks(preflight.store()))
                    .prune(policy, preflight.store().has(StoreFeature.DELETE), new HashSet<>(preflight.databases()));
        } catch (RuntimeException e) {
            // The backups of this run are good; that old ones stay for another day does not make them bad.
            LOGGER.warn("Retention failed, nothing more is deleted: {}", e.getMessage());
            notes.add("retention failed: " + e.getMessage());
        }
    }

    private RunReport report(Instant startedAt, Outcome outcome, @Nullable FailureReason reason, String message) {
        return new RunReport(
                id,
                trigger,
                outcome,
                reason,
                message,
                startedAt,
                context.clock().instant(),
                results,
                retention,
                notes);
    }

    private static void log(RunReport report) {
        switch (report.outcome()) {
            case SUCCESS ->
                LOGGER.info(
                        "Backup run {} succeeded: {} databases",
                        report.id(),
                        report.databases().size());
            case SKIPPED -> LOGGER.info("Backup run skipped: {}", report.message());
            case CANCELLED -> LOGGER.warn("Backup run {} was cancelled: {}", report.id(), report.message());
            case FAILURE -> LOGGER.warn("Backup run {} failed: {}: {}", report.id(), report.reason(), report.message());
        }
    }
}
