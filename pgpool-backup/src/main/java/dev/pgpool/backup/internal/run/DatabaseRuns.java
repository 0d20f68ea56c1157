package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.pg.ReplayPause;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport.DatabaseResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Takes the databases of one run, some at once. A database that cannot be taken fails alone. Used once.
 */
final class DatabaseRuns {

    /** A replay that waits for a query itself notices a pause only then. */
    private static final Duration PAUSE_LIMIT = Duration.ofMinutes(1);

    private final EngineContext context;
    private final RunScope scope;
    private final RunLock.Request request;
    private final List<DatabaseResult> results;
    private final List<String> notes;
    private boolean interruptedWhileWaiting;

    /**
     * The databases of a run.
     *
     * @param results gets a result for each database, also if another one fails inside the library
     * @param notes gets what is worth knowing; safe for several threads
     */
    DatabaseRuns(
            EngineContext context,
            RunScope scope,
            RunLock.Request request,
            List<DatabaseResult> results,
            List<String> notes) {
        this.context = context;
        this.scope = scope;
        this.request = request;
        this.results = results;
        this.notes = notes;
    }

    /** Takes all of them. */
    void run() {
        if (context.config().dump().pauseReplay() && scope.preflight().cluster().inRecovery()) {
            takeAllPaused();
        } else {
            takeAll();
        }
    }

    /** True if the calling thread was interrupted meanwhile; it is not marked as interrupted any more. */
    boolean interruptedWhileWaiting() {
        return interruptedWhileWaiting;
    }

    private void takeAllPaused() {
        // In sessions of its own: those of the run are cut when it is cancelled, and replay must be resumed
        // nevertheless.
        SessionGroup own = new SessionGroup(scope.sessions().applicationName());
        try (ReplayPause pause = ReplayPause.begin(
                context.config().source(), own, PAUSE_LIMIT, scope.cancellation()::check, notes::add)) {
            if (pause.foreign()) {
                notes.add("replay was paused already, by another session, and stays so");
            }
            takeAll();
        }
    }

    private void takeAll() {
        Semaphore slots = new Semaphore(context.config().dump().parallelDatabases());
        List<Future<DatabaseResult>> running = new ArrayList<>();
        for (String database : scope.preflight().databases()) {
            running.add(context.workers().submit(() -> {
                slots.acquire();
                try {
                    return new DatabaseRun(context, scope, request, database, notes).take();
                } finally {
                    slots.release();
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
                    scope.cancellation().cancel(FailureReason.CANCELLED, "interrupted while databases were dumped");
                } catch (ExecutionException e) {
                    scope.cancellation()
                            .cancel(FailureReason.INTERNAL, "another database's dump failed inside the library");
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
}
