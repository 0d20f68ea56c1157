package dev.pgpool.backup.internal.schedule;

import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.log.PeerLog;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts jobs when they are due. Each job runs on a thread of its own and at most once at a time: a job that hangs stops no
 * other, and however often it was due meanwhile (or while the JVM was down), it is made up for once. Time is the injected
 * clock's; {@link #tick} is called about once a second. Safe for all threads.
 */
public final class Scheduler {

    private static final PeerLog LOGGER = PeerLog.of(Scheduler.class);

    private final Clock clock;
    private final Executor executor;
    private final Consumer<BackupEvent> events;
    private final List<Job> jobs = new ArrayList<>();

    /**
     * A scheduler without jobs.
     *
     * @param executor runs each job on a thread of its own
     */
    public Scheduler(Clock clock, Executor executor, Consumer<BackupEvent> events) {
        this.clock = clock;
        this.executor = executor;
        this.events = events;
    }

    /** What a job does. */
    interface Action {
        /**
         * Does it.
         *
         * @param again whether it is tried again at the time that the last call gave
         * @return when to try it again, or {@code null} to wait for its next date
         */
        @Nullable
        Instant run(boolean again);
    }

    private static final class Job {
        private final String name;
        private final Dates schedule;
        private final Action action;
        private @Nullable Instant due;
        private @Nullable Instant retryAt;
        private boolean running;
        private boolean missed;

        Job(String name, Dates schedule, Action action, @Nullable Instant due) {
            this.name = name;
            this.schedule = schedule;
            this.action = action;
            this.due = due;
        }
    }

    /**
     * Adds a job.
     *
     * @param lastRun when it ran last; if it was due since then, it is made up for at the next tick; {@code null} to begin now
     */
    public void add(String name, Dates schedule, @Nullable Instant lastRun, Runnable action) {
        add(name, schedule, lastRun, again -> {
            action.run();
            return null;
        });
    }

    /** Adds a job that may ask to be tried again before its next date. */
    public void add(String name, Dates schedule, @Nullable Instant lastRun, Action action) {
        Instant from = lastRun == null ? clock.instant() : lastRun;
        Job job = new Job(name, schedule, action, schedule.next(from));
        synchronized (jobs) {
            jobs.add(job);
        }
        events.accept(new BackupEvent.NextRun(clock.instant(), name, job.due));
    }

    /** Starts what is due. */
    public void tick() {
        Instant now = clock.instant();
        List<Job> starting = new ArrayList<>();
        List<Job> retrying = new ArrayList<>();
        synchronized (jobs) {
            for (Job job : jobs) {
                Instant due = job.due;
                if (due == null || now.isBefore(due)) {
                    Instant retryAt = job.retryAt;
                    if (retryAt != null && !now.isBefore(retryAt) && !job.running) {
                        job.retryAt = null;
                        job.running = true;
                        retrying.add(job);
                    }
                    continue;
                }
                job.retryAt = null;
                job.due = job.schedule.next(now);
                if (job.running) {
                    job.missed = true;
                    LOGGER.warn(
                            "Job {} was due at {} and is still running; it runs once more afterwards", job.name, due);
                } else {
                    job.running = true;
                    starting.add(job);
                }
            }
        }
        retrying.forEach(job -> executor.execute(() -> run(job, true)));
        for (Job job : starting) {
            executor.execute(() -> run(job, false));
            events.accept(new BackupEvent.NextRun(now, job.name, job.due));
        }
    }

    private void run(Job job, boolean retry) {
        boolean again = true;
        boolean retried = retry;
        while (again) {
            Instant retryAt = null;
            try {
                retryAt = job.action.run(retried);
            } catch (RuntimeException | Error e) {
                LOGGER.error("Job {} failed", job.name, e);
            }
            synchronized (jobs) {
                again = job.missed;
                job.missed = false;
                retried = false;
                job.retryAt = again ? null : retryAt;
                job.running = again;
            }
        }
    }

    /** When a job is due next, or {@code null}. */
    public @Nullable Instant due(String name) {
        synchronized (jobs) {
            return jobs.stream()
                    .filter(job -> job.name.equals(name))
                    .map(job -> job.due)
                    .findFirst()
                    .orElse(null);
        }
    }
}
