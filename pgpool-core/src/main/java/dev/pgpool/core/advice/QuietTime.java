package dev.pgpool.core.advice;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;

/**
 * When it is quietest.
 *
 * @param day of the week; empty for every day
 * @param from when it begins, by the clock of the zone
 * @param length as it was asked for
 * @param zone of day and time
 * @param servers servers in use at once, on the average of that time
 */
public record QuietTime(Optional<DayOfWeek> day, LocalTime from, Duration length, ZoneId zone, double servers) {

    /** When it begins the next time after an instant. A time that a clock skips in spring begins an hour later on that day. */
    public ZonedDateTime next(Instant after) {
        ZonedDateTime begin = after.atZone(zone).with(from);
        for (int days = 0; ; days++) {
            ZonedDateTime date = begin.plusDays(days).with(from);
            if (date.toInstant().isAfter(after) && (day.isEmpty() || day.get() == date.getDayOfWeek())) {
                return date;
            }
        }
    }

    /** As a cron expression of five fields, in the time of {@link #zone}: {@code 0 3 * * *}, or {@code 0 3 * * 7} of Sundays. */
    public String cron() {
        return from.getMinute() + " " + from.getHour() + " * * "
                + day.map(of -> String.valueOf(of.getValue())).orElse("*");
    }
}
