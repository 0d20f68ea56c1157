package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls the host's hooks one after another, each within a limit. */
public final class RunHooks {

    private static final PeerLog LOGGER = PeerLog.of(RunHooks.class);

    private final List<RunHook> hooks;
    private final Duration limit;
    private final ExecutorService workers;

    public RunHooks(List<RunHook> hooks, Duration limit, ExecutorService workers) {
        this.hooks = List.copyOf(hooks);
        this.limit = limit;
        this.workers = workers;
    }

    /** Why the run must not go on, or empty. */
    Optional<String> before(BackupId run, Trigger trigger, List<String> databases) {
        for (RunHook hook : hooks) {
            Optional<String> veto;
            try {
                veto = call(() -> hook.before(run, trigger, databases));
            } catch (HookFailure e) {
                veto = Optional.of(name(hook) + ": " + e.getMessage());
            }
            if (veto.isPresent()) {
                return veto;
            }
        }
        return Optional.empty();
    }

    void after(RunReport report) {
        for (RunHook hook : hooks) {
            try {
                call(() -> {
                    hook.after(report);
                    return true;
                });
            } catch (HookFailure e) {
                LOGGER.warn("Hook after the run: {}: {}", name(hook), e.getMessage());
            }
        }
    }

    private static String name(RunHook hook) {
        return hook.getClass().getName();
    }

    private static final class HookFailure extends Exception {
        private static final long serialVersionUID = 1L;

        HookFailure(String message) {
            super(message);
        }
    }

    private <T> T call(Callable<T> step) throws HookFailure {
        Future<T> answer = workers.submit(step);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new HookFailure(String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new HookFailure("no answer within " + limit);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new HookFailure("interrupted");
        }
    }
}
