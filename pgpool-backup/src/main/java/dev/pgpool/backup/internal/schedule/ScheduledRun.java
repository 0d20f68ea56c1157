package dev.pgpool.backup.internal.schedule;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.RunReport.Outcome;
import dev.pgpool.backup.report.Trigger;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A scheduled run that is tried again when it failed: some times, with pauses, and only as long as its next date has not come.
 * What was taken already is not taken again. Asked by the scheduler, which keeps the time, for one attempt after another.
 */
public final class ScheduledRun implements Scheduler.Action {

    private static final PeerLog LOGGER = PeerLog.of(ScheduledRun.class);

    private final BackupConfig.Run settings;
    private final Clock clock;
    private final Run run;
    private final Predicate<String> part;
    private final Dates schedule;
    private @Nullable Set<String> taken;
    private int attempts;

    /** Runs some of the selected databases. */
    public interface Run {
        RunReport run(Trigger trigger, Predicate<String> part);
    }

    public ScheduledRun(BackupConfig.Run settings, Clock clock, Run run, Predicate<String> part, Dates schedule) {
        this.settings = settings;
        this.clock = clock;
        this.run = run;
        this.part = part;
        this.schedule = schedule;
    }

    @Override
    public @Nullable Instant run(boolean again) {
        if (!again) {
            attempts = 0;
            taken = new HashSet<>();
        }
        Set<String> before = taken == null ? Set.of() : Set.copyOf(taken);
        RunReport report = run.run(
                again ? Trigger.RETRIED : Trigger.SCHEDULED,
                database -> part.test(database) && !before.contains(database));
        Set<String> done = new HashSet<>(before);
        report.databases().stream()
                .filter(result -> result.outcome() == Outcome.SUCCESS)
                .forEach(result -> done.add(result.database()));
        taken = done;
        if (report.outcome() != Outcome.FAILURE
                || report.reason() == FailureReason.LOCKED
                || attempts >= settings.retries()) {
            return null;
        }
        attempts++;
        Instant at = clock.instant().plus(settings.retryPause());
        Instant next = schedule.next(clock.instant());
        if (next != null && !at.isBefore(next)) {
            return null;
        }
        LOGGER.info("The failed run is tried again at {}, {} of {} times", at, attempts, settings.retries());
        return at;
    }
}
