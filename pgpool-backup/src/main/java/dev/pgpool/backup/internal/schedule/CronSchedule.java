package dev.pgpool.backup.internal.schedule;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a cron expression of five fields is due in a zone. The library works on wall-clock times; this gives each an instant:
 * a time that a daylight-saving gap leaves out is due at the end of the gap, one that occurs twice is due the first time.
 * So "daily at 02:30" is once on every day of the year.
 */
public final class CronSchedule implements Dates {

    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
    private static final int LOOK_AHEAD = 10_000;

    private final String expression;
    private final ExecutionTime times;
    private final ZoneId zone;

    /**
     * A schedule.
     *
     * @throws IllegalArgumentException if the expression cannot be read
     */
    public CronSchedule(String expression, ZoneId zone) {
        this.expression = expression;
        this.zone = zone;
        try {
            Cron cron = PARSER.parse(expression);
            this.times = ExecutionTime.forCron(cron.validate());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "schedule \"" + expression + "\": " + e.getMessage()
                            + " (expected: minute hour day-of-month month day-of-week, as 30 2 * * *)",
                    e);
        }
    }

    @Override
    public @Nullable Instant next(Instant after) {
        LocalDateTime local = after.atZone(zone).toLocalDateTime();
        ZoneOffsetTransition gap = zone.getRules().previousTransition(after.plusNanos(1));
        if (gap != null && gap.isGap() && !gap.getDateTimeAfter().isBefore(local)) {
            // What the gap left out is due now at the earliest; it lies before the wall clock's present time.
            local = gap.getDateTimeBefore().minusNanos(1);
        }
        for (int i = 0; i < LOOK_AHEAD; i++) {
            Optional<LocalDateTime> next =
                    times.nextExecution(local.atZone(ZoneOffset.UTC)).map(time -> time.toLocalDateTime());
            if (next.isEmpty()) {
                return null;
            }
            Instant instant = instant(next.get());
            if (instant.isAfter(after)) {
                return instant;
            }
            local = next.get();
        }
        return null;
    }

    private Instant instant(LocalDateTime local) {
        ZoneOffsetTransition transition = zone.getRules().getTransition(local);
        return transition != null && transition.isGap()
                ? transition.getInstant()
                : local.atZone(zone).withEarlierOffsetAtOverlap().toInstant();
    }

    @Override
    public String toString() {
        return expression + " " + zone;
    }
}
