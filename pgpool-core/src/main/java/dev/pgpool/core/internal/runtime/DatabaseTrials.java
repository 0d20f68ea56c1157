package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.internal.log.LogLine;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the databases at start until each has answered, time is up, or one refuses for good; then those that have not been asked yet
 * are asked once, so that everything is told together. Confined to an event loop, but for what says otherwise.
 */
final class DatabaseTrials {
    private static final Logger LOGGER = LoggerFactory.getLogger(DatabaseTrials.class);

    /** A server must not run out of connections because of them. */
    private static final int AT_ONCE = 8;

    private static final long SHORTEST_PAUSE_NANOS = 100_000_000;

    private final EventLoop loop;
    private final List<DatabaseTrial> all;
    private final long timeoutNanos;
    private final Deque<DatabaseTrial> due;
    private final List<DatabaseTrial> pausing = new ArrayList<>();
    private final Map<String, String> told = new LinkedHashMap<>();
    private final CompletableFuture<Map<String, String>> outcome = new CompletableFuture<>();
    private long deadlineNanos;
    private int asking;
    private boolean hopeless;

    DatabaseTrials(List<DatabaseTrial> all, long timeoutNanos, EventLoop loop) {
        this.all = all;
        this.timeoutNanos = timeoutNanos;
        this.loop = loop;
        this.due = new ArrayDeque<>(all);
    }

    /**
     * Begins; from any thread.
     *
     * @return why databases must keep the pooler from running, by their names; empty if they need not. Cancelled by {@link
     *     #cancel}
     */
    CompletableFuture<Map<String, String>> begin() {
        loop.execute(() -> {
            deadlineNanos = System.nanoTime() + timeoutNanos;
            // a store or a server that keeps silent must not hold the start up for ever
            long longest =
                    all.stream().mapToLong(DatabaseTrial::patienceNanos).max().orElse(0);
            loop.schedule(this::finish, timeoutNanos + 2 * longest, TimeUnit.NANOSECONDS);
            askDue();
        });
        return outcome;
    }

    /** Ends it; from any thread. */
    void cancel() {
        outcome.cancel(false);
        loop.execute(() -> all.forEach(DatabaseTrial::close));
    }

    private void askDue() {
        while (asking < AT_ONCE && !due.isEmpty() && !outcome.isDone()) {
            DatabaseTrial next = due.remove();
            asking++;
            next.ask(() -> {
                asking--;
                answered(next);
            });
        }
        if (asking == 0 && due.isEmpty() && (hopeless || pausing.isEmpty())) {
            finish();
        }
    }

    private void answered(DatabaseTrial trial) {
        String problem = trial.problem();
        if (problem != null) {
            tell(trial.name(), problem);
            hopeless |= !trial.mayPass();
            long left = deadlineNanos - System.nanoTime();
            if (!hopeless && left > 0 && timeoutNanos > 0) {
                pausing.add(trial);
                // the last time is at the end of the time
                long pause = Math.min(left, Math.max(SHORTEST_PAUSE_NANOS, trial.retryDelayNanos()));
                loop.schedule(() -> again(trial), pause, TimeUnit.NANOSECONDS);
            }
        }
        askDue();
    }

    private void again(DatabaseTrial trial) {
        if (pausing.remove(trial) && !outcome.isDone()) {
            due.add(trial);
            askDue();
        }
    }

    /** Once for each reason. */
    private void tell(String database, String problem) {
        if (!problem.equals(told.put(database, problem))) {
            LogLine.warn(LOGGER, "database not available at start")
                    .with("database", database)
                    .with("error", problem)
                    .write();
        }
    }

    private void finish() {
        if (outcome.isDone()) {
            return;
        }
        Map<String, String> problems = new LinkedHashMap<>();
        boolean countsAll = timeoutNanos > 0;
        for (DatabaseTrial trial : all) {
            String problem = trial.problem();
            if (problem != null && (countsAll || hopeless)) {
                problems.put(trial.name(), problem);
            }
            trial.close();
        }
        outcome.complete(problems);
    }
}
