package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Holds the start up until the databases answer, if that is wanted, before anything listens. Thread-safe. */
final class FirstAnswers {
    private boolean cancelled;
    private @Nullable DatabaseTrials running;

    /**
     * Waits.
     *
     * @throws StartFailure if a database does not answer in time, the thread is interrupted, or the pooler is closed meanwhile
     */
    void await(PgPoolConfig config, DatabaseDestination.Means means, EventLoop loop) throws StartFailure {
        if (!config.instance().asksDatabases()) {
            return;
        }
        List<DatabaseTrial> databases = config.databases().values().stream()
                .filter(database -> !database.name().equals(DatabaseConfig.FALLBACK))
                .map(database -> new DatabaseTrial(database, TrialUser.of(database, config), means, loop))
                .toList();
        Duration timeout = config.instance().initializationFailTimeout();
        DatabaseTrials trials = new DatabaseTrials(databases, timeout.toNanos(), loop);
        begun(trials);
        try {
            Map<String, String> problems = trials.begin().get();
            if (!problems.isEmpty()) {
                throw new StartFailure(described(problems, timeout), problems);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            trials.cancel();
            throw new StartFailure("interrupted while it waited for its databases", e);
        } catch (CancellationException e) {
            throw new StartFailure("closed while it waited for its databases", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static String described(Map<String, String> problems, Duration timeout) {
        String text = problems.entrySet().stream()
                .map(problem -> problem.getKey() + ": " + problem.getValue())
                .collect(Collectors.joining("; "));
        return "databases not available (initializationFailTimeout " + timeout.toMillis() + " ms): " + text;
    }

    private synchronized void begun(DatabaseTrials trials) throws StartFailure {
        if (cancelled) {
            throw new StartFailure("closed before it asked its databases", new CancellationException());
        }
        running = trials;
    }

    /** Callers that wait do so no longer. */
    synchronized void cancel() {
        cancelled = true;
        DatabaseTrials known = running;
        running = null;
        if (known != null) {
            known.cancel();
        }
    }
}
