package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.internal.check.Problems;
import dev.pgpool.backup.internal.schedule.CronSchedule;
import dev.pgpool.backup.internal.schedule.Dates;
import dev.pgpool.backup.internal.schedule.SuppliedSchedule;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** When backups are taken and verified, and what is otherwise for some databases. Confined to one thread. */
public final class ScheduleSettings {

    private final Problems problems;
    private final List<DatabaseSettings.Rule> rules = new ArrayList<>();
    private @Nullable CronSchedule backups;
    private String cron = "";
    private @Nullable ZoneId zone;
    private @Nullable Supplier<Optional<String>> source;
    private @Nullable CronSchedule verifications;
    private boolean catchUp = true;

    ScheduleSettings(Problems problems) {
        this.problems = problems;
    }

    public void rule(String pattern, DatabaseSettings settings) {
        problems.require(!pattern.isEmpty(), "forDatabases", "an empty pattern", "a name, * or ?");
        String cron = settings.cron();
        ZoneId zone = settings.zone();
        if (cron != null && zone == null) {
            problems.add("forDatabases " + pattern, "a schedule without a zone", "both");
        } else if (cron != null && zone != null) {
            problems.attempt("forDatabases " + pattern + ": schedule", () -> due(new CronSchedule(cron, zone)));
        }
        rules.add(new DatabaseSettings.Rule(pattern, settings));
    }

    public void backups(String expression, ZoneId in) {
        problems.attempt("schedule", () -> backups = due(new CronSchedule(expression, in)));
        cron = expression;
        zone = in;
    }

    public void source(Supplier<Optional<String>> of) {
        source = of;
    }

    public void verifications(String cron, ZoneId zone) {
        problems.attempt("verifySchedule", () -> verifications = due(new CronSchedule(cron, zone)));
    }

    private static CronSchedule due(CronSchedule of) {
        if (of.next(Instant.now()) == null) {
            throw new IllegalArgumentException("\"" + of + "\" is never due (expected: a date that comes)");
        }
        return of;
    }

    public void catchUp(boolean on) {
        catchUp = on;
    }

    List<DatabaseSettings.Rule> rules() {
        return List.copyOf(rules);
    }

    void check(Problems found) {
        found.require(
                source == null || zone != null,
                "scheduleFrom",
                "no schedule",
                "schedule(...), for as long as the supplier has none");
    }

    CheckedSettings.Schedules checked() {
        Supplier<Optional<String>> supplier = source;
        ZoneId in = zone;
        Dates dates =
                supplier == null || in == null || backups == null ? backups : new SuppliedSchedule(supplier, cron, in);
        return new CheckedSettings.Schedules(dates, verifications, catchUp);
    }
}
