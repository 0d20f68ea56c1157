package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.log.PeerLog;
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
import java.util.concurrent.ScheduledFuture;
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

    private final EngineContext context;
    private final List<ConfiguredStore> stores;
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
            List<ConfiguredStore> stores,
            RunHooks hooks,
            SessionGroup sessions,
            Task task,
            BackupId provisionalId,
            Cancellation cancellation) {
        this.context = stores.get(0).context();
        this.stores = stores;
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
            BackupException failure = cancellation.explain(e);
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

    /** Published once the id is certain, so that start and end carry the same; also for a run that fails before that. */
    private void begin(Instant startedAt) {
        if (!begun) {
            begun = true;
            context.publish(new BackupEvent.RunStarted(startedAt, id, task.trigger()));
        }
    }

    private RunReport attempt(Instant startedAt) {
        Preflight.Result preflight = new Preflight(context, sessions, task.part()).run(stores);
        notes.addAll(preflight.notes());
        preflight.notes().forEach(note -> LOGGER.warn("{}", note));
        cancellation.check();
        String cluster = context.clusterName(preflight.cluster());
        ConfiguredStore lead = preflight.stores().get(0);
        Catalog catalog = lead.catalog(cluster);
        RunLock.Request request = new RunLock.Request(
                lead.context(), catalog, provisionalId, sessions, lead.leaseEnforceable(), cancellation);
        RunLock.Attempt lock = RunLock.tryAcquire(request, task.name());
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
            for (ConfiguredStore swept : preflight.stores()) {
                sweep(swept, cluster, held, request, swept == lead);
            }
            RunScope scope = new RunScope(preflight, catalog.layout(), cluster, id, sessions, cancellation, held);
            DatabaseRuns runs = new DatabaseRuns(context, scope, request, results, notes);
            try {
                runs.run();
            } finally {
                interruptedWhileWaiting = runs.interruptedWhileWaiting();
            }
            cancellation.check();
            Set<String> taken = new HashSet<>();
            results.stream()
                    .filter(result -> result.outcome() == Outcome.SUCCESS)
                    .forEach(result -> taken.add(result.database()));
            for (ConfiguredStore pruned : preflight.stores()) {
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

    private void sweep(ConfiguredStore swept, String cluster, RunLock held, RunLock.Request request, boolean lead) {
        Catalog catalog = swept.catalog(cluster);
        notes.addAll(new Sweeper(swept.context(), catalog.layout(), swept.probe(), lead)
                .sweep(database -> held.tryAnother(request, RunLock.database(database))));
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

    private void prune(ConfiguredStore store, String cluster, Set<String> databases, boolean lead) {
        StoreReport report = store.probe();
        try {
            Map<String, RetentionPlan> plans = new Pruner(
                            store.context(), store.catalog(cluster), store.mayHaveLocks(), lead)
                    .prune(context.config()::retention, report.has(StoreFeature.DELETE), databases);
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
