package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.ReplayPause;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.prune.Pruner;
import dev.pgpool.backup.internal.prune.Sweeper;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.RunReport.DatabaseResult;
import dev.pgpool.backup.report.RunReport.Outcome;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run: checks, lock, sweep, the databases, retention. Whatever happens becomes a report. A database that cannot be taken fails
 * alone: the others are taken, and only those that were are pruned.
 *
 * <pre>
 * PREFLIGHT -> LOCK -> HOOKS -> SWEEP -> databases, some at once -> RETENTION of those taken -> SUCCESS, or FAILURE if one failed
 *     |          |        |                   |
 *  FAILURE    SKIPPED  SKIPPED        FAILURE / CANCELLED
 * </pre>
 */
public final class BackupRun {

    private static final PeerLog LOGGER = PeerLog.of(BackupRun.class);
    /** A replay that waits for a query itself notices a pause only then. */
    private static final Duration PAUSE_LIMIT = Duration.ofMinutes(1);

    private final EngineContext context;
    private final List<ConfiguredStore> places;
    private final RunHooks hooks;
    private final SessionGroup sessions;
    private final Task task;
    private final Cancellation cancellation;
    private final BackupId provisionalId;
    private final List<DatabaseResult> results = new ArrayList<>();
    private final List<String> notes = java.util.Collections.synchronizedList(new ArrayList<>());
    private Map<String, RetentionPlan> retention = Map.of();
    private BackupId id;
    private boolean begun;
    private boolean hooked;
    private boolean interruptedWhileWaiting;

    /**
     * What is asked for.
     *
     * @param trigger of the run
     * @param name of the part of the databases, the same in all instances with the same settings
     * @param part of the selected databases
     */
    public record Task(Trigger trigger, String name, Predicate<String> part) {}

    public BackupRun(
            List<ConfiguredStore> places,
            RunHooks hooks,
            SessionGroup sessions,
            Task task,
            BackupId provisionalId,
            Cancellation cancellation) {
        this.context = places.get(0).context();
        this.places = places;
        this.hooks = hooks;
        this.sessions = sessions;
        this.task = task;
        this.cancellation = cancellation;
        this.provisionalId = provisionalId;
        this.id = provisionalId;
    }

    public RunReport run() {
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
        if (report.outcome() != Outcome.SKIPPED) {
            begin(startedAt);
        }
        if (hooked) {
            hooks.after(report);
        }
        if (interruptedWhileWaiting) {
            // Only now: the lease had to be given back by a thread that can still do input and output.
            Thread.currentThread().interrupt();
        }
        log(report);
        context.publish(new BackupEvent.RunFinished(report.finishedAt(), report));
        return report;
    }

    /** Told once the id is certain, so that start and end carry the same; a run that fails before has begun, too. */
    private void begin(Instant startedAt) {
        if (!begun) {
            begun = true;
            context.publish(new BackupEvent.RunStarted(startedAt, id, task.trigger()));
        }
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
        Preflight.Result preflight = new Preflight(context, sessions, task.part()).run(places);
        notes.addAll(preflight.notes());
        preflight.notes().forEach(note -> LOGGER.warn("{}", note));
        cancellation.check();
        String cluster = context.clusterName(preflight.cluster());
        ConfiguredStore lead = preflight.places().get(0);
        Catalog catalog = lead.catalog(cluster);
        RunLock.Request place = new RunLock.Request(
                lead.context(), catalog, provisionalId, sessions, lead.leaseEnforceable(), cancellation);
        RunLock.Attempt lock = RunLock.tryAcquire(place, task.name());
        if (lock.lock() == null) {
            return report(startedAt, Outcome.SKIPPED, FailureReason.LOCKED, "held by " + lock.holder());
        }
        try (RunLock held = lock.lock()) {
            id = BackupId.next(startedAt, catalog.newestId(), new java.util.Random());
            hooked = true;
            String veto =
                    hooks.before(id, task.trigger(), preflight.databases()).orElse(null);
            if (veto != null) {
                return report(startedAt, Outcome.SKIPPED, FailureReason.VETOED, veto);
            }
            begin(startedAt);
            context.publish(new BackupEvent.DatabasesSelected(startedAt, selected(preflight)));
            for (ConfiguredStore swept : preflight.places()) {
                sweep(swept, cluster, held, place, swept == lead);
            }
            RunScope scope = new RunScope(preflight, catalog.layout(), cluster, id, sessions, cancellation, held);
            if (context.config().dump().pauseReplay() && preflight.cluster().inRecovery()) {
                takeAllPaused(scope, place);
            } else {
                takeAll(scope, place);
            }
            cancellation.check();
            Set<String> taken = new HashSet<>();
            results.stream()
                    .filter(result -> result.outcome() == Outcome.SUCCESS)
                    .forEach(result -> taken.add(result.database()));
            for (ConfiguredStore pruned : preflight.places()) {
                prune(pruned, cluster, taken, pruned == lead);
            }
            return conclude(startedAt);
        }
    }

    private List<String> selected(Preflight.Result preflight) {
        return preflight.cluster().databases().stream()
                .filter(context.config().databases()::takes)
                .toList();
    }

    private void sweep(ConfiguredStore swept, String cluster, RunLock held, RunLock.Request place, boolean lead) {
        Catalog catalog = swept.catalog(cluster);
        notes.addAll(new Sweeper(swept.context(), catalog.layout(), swept.probe(), lead)
                .sweep(database -> held.tryAnother(place, RunLock.database(database))));
    }

    private RunReport conclude(Instant startedAt) {
        List<DatabaseResult> failed = results.stream()
                .filter(result -> result.outcome() == Outcome.FAILURE || result.outcome() == Outcome.CANCELLED)
                .toList();
        List<DatabaseResult> told = failed.isEmpty()
                ? results.stream()
                        .filter(result -> result.outcome() == Outcome.SKIPPED)
                        .toList()
                : failed;
        if (told.isEmpty()) {
            return report(startedAt, Outcome.SUCCESS, null, "");
        }
        DatabaseResult first = told.get(0);
        return report(
                startedAt,
                first.outcome(),
                first.reason(),
                told.stream()
                        .map(result -> "database \"" + result.database() + "\": " + result.message())
                        .collect(Collectors.joining("; ")));
    }

    private void takeAllPaused(RunScope scope, RunLock.Request place) {
        // Sessions of its own: those of the run are cut when it is cancelled, and replay must be resumed nevertheless.
        SessionGroup own = new SessionGroup(sessions.applicationName());
        try (ReplayPause pause =
                ReplayPause.begin(context.config().source(), own, PAUSE_LIMIT, cancellation::check, notes::add)) {
            if (pause.foreign()) {
                notes.add("replay was paused already, by somebody else, and stays so");
            }
            takeAll(scope, place);
        }
    }

    private void takeAll(RunScope scope, RunLock.Request place) {
        Semaphore places = new Semaphore(context.config().dump().parallelDatabases());
        List<Future<DatabaseResult>> running = new ArrayList<>();
        for (String database : scope.preflight().databases()) {
            running.add(context.workers().submit(() -> {
                places.acquire();
                try {
                    return take(scope, place, database);
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

    private DatabaseResult take(RunScope scope, RunLock.Request place, String database) {
        long begun = System.nanoTime();
        DatabaseResult result;
        try {
            String refused = scope.preflight().refused().get(database);
            if (refused != null) {
                throw new BackupException(FailureReason.PREFLIGHT, refused);
            }
            RunLock.Attempt lock = scope.lock().tryAnother(place, RunLock.database(database));
            result = lock.lock() == null
                    ? result(database, Outcome.SKIPPED, FailureReason.LOCKED, "held by " + lock.holder(), null, begun)
                    : takeLocked(scope.under(lock.lock()), database, begun);
        } catch (RuntimeException e) {
            BackupException failure = whyEnded(e);
            Outcome outcome = failure.reason() == FailureReason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILURE;
            if (failure.reason() == FailureReason.INTERNAL) {
                LOGGER.error("Backup of \"{}\" failed inside the library", database, e);
            }
            result = result(database, outcome, failure.reason(), String.valueOf(failure.getMessage()), null, begun);
        }
        context.publish(new BackupEvent.DatabaseFinished(context.clock().instant(), id, result));
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
    private DatabaseResult takeLocked(RunScope scope, String database, long begun) {
        try (RunLock held = scope.lock()) {
            LOGGER.trace("{} is held for {}", held, database);
            List<ConfiguredStore> stores = scope.preflight().places();
            for (int i = 0; ; i++) {
                ConfiguredStore store = stores.get(i);
                try {
                    BackupManifest manifest = new DatabaseBackup(store.context(), scope, database).take();
                    stores.stream()
                            .filter(other -> other != store)
                            .forEach(other -> copy(scope, manifest, store, other));
                    return result(database, Outcome.SUCCESS, null, "", manifest, begun);
                } catch (RuntimeException e) {
                    BackupException failure = whyEnded(e);
                    if (i == stores.size() - 1 || !isStores(failure.reason()) || cancellation.cause() != null) {
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

    private void copy(RunScope scope, BackupManifest manifest, ConfiguredStore from, ConfiguredStore to) {
        try {
            new BackupCopy(from.context(), to.context(), scope).copy(manifest);
            context.publish(
                    new BackupEvent.Copied(context.clock().instant(), id, manifest.database(), to.describe(), ""));
        } catch (RuntimeException e) {
            lost(manifest.database(), to, whyEnded(e));
        }
    }

    /** One store less is no failure of the others, but it has to be told. */
    private void lost(String database, ConfiguredStore store, BackupException failure) {
        String problem = failure.reason() + ": " + failure.getMessage();
        LOGGER.warn("Backup {} of \"{}\" is not in {}: {}", id, database, store.describe(), problem);
        notes.add("backup of \"" + database + "\" is not in " + store.describe() + ": " + problem);
        context.publish(new BackupEvent.Copied(context.clock().instant(), id, database, store.describe(), problem));
    }

    private void prune(ConfiguredStore place, String cluster, Set<String> databases, boolean lead) {
        StoreReport store = place.probe();
        try {
            Map<String, RetentionPlan> plans = new Pruner(
                            place.context(), place.catalog(cluster), place.mayHaveLocks(), lead)
                    .prune(context.config()::retention, store.has(StoreFeature.DELETE), databases);
            retention = lead ? plans : retention;
        } catch (RuntimeException e) {
            // The backups of this run are good; that old ones stay for another day does not make them bad.
            LOGGER.warn("Retention failed, nothing more is deleted: {}", e.getMessage());
            notes.add("retention failed: " + e.getMessage());
        }
    }

    private RunReport report(Instant startedAt, Outcome outcome, @Nullable FailureReason reason, String message) {
        return new RunReport(
                id,
                task.trigger(),
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
