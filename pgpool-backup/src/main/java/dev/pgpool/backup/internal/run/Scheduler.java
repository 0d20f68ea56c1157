package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts jobs when they are due. Each job runs on a thread of its own and at most once at a time: a job that hangs stops no
 * other, and however often it was due meanwhile (or while the JVM was down), it is made up for once. Time is the injected
 * clock's; {@link #tick} is called about once a second. Safe for all threads.
 */
public final class Scheduler {

    private static final Logger LOGGER = LoggerFactory.getLogger(Scheduler.class);

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

    private static final class Job {
        private final String name;
        private final CronSchedule schedule;
        private final Runnable action;
        private @Nullable Instant due;
        private boolean running;
        private boolean missed;

        Job(String name, CronSchedule schedule, Runnable action, @Nullable Instant due) {
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
    public void add(String name, CronSchedule schedule, @Nullable Instant lastRun, Runnable action) {
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
        synchronized (jobs) {
            for (Job job : jobs) {
                Instant due = job.due;
                if (due == null || now.isBefore(due)) {
                    continue;
                }
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
        for (Job job : starting) {
            executor.execute(() -> run(job));
            events.accept(new BackupEvent.NextRun(now, job.name, job.due));
        }
    }

    private void run(Job job) {
        boolean again = true;
        while (again) {
            try {
                job.action.run();
            } catch (RuntimeException | Error e) {
                LOGGER.error("Job {} failed", job.name, e);
            }
            synchronized (jobs) {
                again = job.missed;
                job.missed = false;
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
