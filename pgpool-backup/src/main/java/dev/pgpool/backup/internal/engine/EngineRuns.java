package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.run.BackupRun;
import dev.pgpool.backup.internal.run.RunHooks;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The runs of an engine, one at a time, and what is known of how they ended. Safe for all threads. */
final class EngineRuns {

    /** Limit for reading what an earlier process has left. */
    private static final Duration LEARNING = Duration.ofMinutes(1);

    private static final PeerLog LOGGER = PeerLog.of(EngineRuns.class);

    static final String OWN_SCHEDULE = ", backup ";

    private final EngineContext context;
    private final List<ConfiguredStore> stores;
    private final RunHooks hooks;
    private final OverdueWatch successes;
    private final CatalogRefresh refresh;
    private final EngineState state;
    private final ReentrantLock running = new ReentrantLock(true);
    private final RunningRuns runs = new RunningRuns();

    EngineRuns(
            List<ConfiguredStore> stores,
            RunHooks hooks,
            OverdueWatch successes,
            CatalogRefresh refresh,
            EngineState state) {
        this.context = stores.get(0).context();
        this.stores = stores;
        this.hooks = hooks;
        this.successes = successes;
        this.refresh = refresh;
        this.state = state;
    }

    /** Runs a backup of some of the selected databases; a scheduled one waits for another of this engine. */
    RunReport run(Trigger trigger, String partName, Predicate<String> part) {
        state.requireOpen();
        Cancellation cancellation = new Cancellation();
        Instant now = context.clock().instant();
        if (!tryBegin(trigger)) {
            RunReport skipped = new RunReport(
                    BackupId.next(now, null, new Random()),
                    trigger,
                    RunReport.Outcome.SKIPPED,
                    FailureReason.LOCKED,
                    "held by another run of this engine",
                    now,
                    now,
                    List.of(),
                    Map.of(),
                    List.of());
            context.publish(new BackupEvent.RunFinished(now, skipped));
            return skipped;
        }
        try {
            state.requireOpen();
            runs.add(cancellation);
            if (!refresh.isLoaded()) {
                learn(cancellation);
            }
            RunReport report = new BackupRun(
                            stores,
                            hooks,
                            context.newSessions(),
                            new BackupRun.Task(
                                    trigger,
                                    "run " + context.config().databases().describe() + partName,
                                    part),
                            BackupId.next(now, null, new Random()),
                            cancellation)
                    .run();
            // What has a schedule of its own may be due once a month; it says nothing about the rest.
            if (report.succeeded() && !partName.startsWith(OWN_SCHEDULE)) {
                successes.succeeded(report.finishedAt());
            }
            remember(report);
            return report;
        } finally {
            runs.remove(cancellation);
            running.unlock();
        }
    }

    /**
     * A process that runs once, from cron, learns what the one before it has left; listeners decide by that. A source that does
     * not answer must not hold up the run, which has a deadline of its own.
     */
    private void learn(Cancellation cancellation) {
        SessionGroup sessions = context.newSessions();
        Duration deadline = context.config().run().deadline();
        ScheduledFuture<?> late = context.timer()
                .schedule(sessions::cut, Math.min(deadline.toMillis(), LEARNING.toMillis()), TimeUnit.MILLISECONDS);
        try (Cancellation.Handler ended = cancellation.onCancel(why -> sessions.cut())) {
            refresh.load(sessions);
        } finally {
            late.cancel(false);
        }
    }

    private boolean tryBegin(Trigger trigger) {
        if (trigger == Trigger.MANUAL) {
            return running.tryLock();
        }
        try {
            running.lockInterruptibly();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** For other instances, and for this one after a restart. That it cannot be stored does not change the run. */
    private void remember(RunReport report) {
        if (report.outcome() == RunReport.Outcome.SKIPPED) {
            return;
        }
        Instant success = successes.lastSuccess();
        for (ConfiguredStore store : stores) {
            Catalog known = store.knownCatalog();
            if (known == null) {
                continue;
            }
            try {
                LastRun before = known.lastRun().orElse(null);
                Instant failingSince = before == null || before.outcome() == RunReport.Outcome.SUCCESS
                        ? report.finishedAt()
                        : Objects.requireNonNullElse(before.failingSince(), before.at());
                known.record(new LastRun(
                        report.finishedAt(),
                        report.outcome(),
                        report.reason(),
                        report.message(),
                        success == null && before != null ? before.successAt() : success,
                        report.succeeded() ? null : failingSince));
            } catch (RuntimeException e) {
                LOGGER.warn("How the run ended could not be stored: {}", e.getMessage());
            }
        }
    }

    /** Stops a run that is under way. */
    void cancel(String why) {
        runs.cancelAll(why);
    }

    /** Waits until no run is under way, for a bounded time; false if one is still. */
    boolean awaitIdle(Duration limit) throws InterruptedException {
        if (!running.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        running.unlock();
        return true;
    }
}
