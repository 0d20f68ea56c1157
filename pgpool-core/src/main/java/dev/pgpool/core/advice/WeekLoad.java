package dev.pgpool.core.advice;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The hours of a week as they were on the average.
 *
 * @param zone of days and hours
 * @param hours 168 of them, the first is that after the midnight to Monday: servers in use at once on the average; empty where
 *     less than half an hour was seen
 */
public record WeekLoad(ZoneId zone, List<OptionalDouble> hours) {
    private static final int DAY = 24;
    private static final int WEEK = 7 * DAY;
    private static final long ENOUGH_SECONDS = 1_800;
    private static final long HALF_HOUR = 1_800;

    public WeekLoad {
        hours = List.copyOf(hours);
        if (hours.size() != WEEK) {
            throw new IllegalArgumentException("hours: " + hours.size() + " (expected: 168)");
        }
    }

    static WeekLoad of(List<HourLoad> past, ZoneId zone) {
        double[] served = new double[WEEK];
        double[] seen = new double[WEEK];
        for (HourLoad hour : past) {
            ZonedDateTime middle = hour.begin().plusSeconds(HALF_HOUR).atZone(zone);
            int place = place(middle.getDayOfWeek(), middle.getHour());
            double seconds = hour.observed().toNanos() / 1e9;
            served[place] += hour.servers() * seconds;
            seen[place] += seconds;
        }
        return new WeekLoad(
                zone,
                IntStream.range(0, WEEK)
                        .mapToObj(i -> seen[i] < ENOUGH_SECONDS
                                ? OptionalDouble.empty()
                                : OptionalDouble.of(served[i] / seen[i]))
                        .toList());
    }

    private static int place(DayOfWeek day, int hour) {
        return (day.getValue() - 1) * DAY + hour;
    }

    /** The load of an hour of the week; empty where it was not seen. */
    public OptionalDouble at(DayOfWeek day, int hour) {
        return hours.get(place(day, hour));
    }

    /** The part of the week that was seen, 0 to 1. */
    public double known() {
        return hours.stream().filter(OptionalDouble::isPresent).count() / (double) WEEK;
    }

    /** As {@link LoadHistory#quietest}. */
    public Optional<QuietTime> quietest(Duration length) {
        return quietest(hours, length)
                .map(stretch -> new QuietTime(
                        Optional.of(DayOfWeek.of(stretch.begin / DAY + 1)),
                        LocalTime.of(stretch.begin % DAY, 0),
                        length,
                        zone,
                        stretch.load));
    }

    /** As {@link LoadHistory#quietestEveryDay}. */
    public Optional<QuietTime> quietestEveryDay(Duration length) {
        List<OptionalDouble> day = new ArrayList<>();
        for (int hour = 0; hour < DAY; hour++) {
            int first = hour;
            day.add(IntStream.range(0, 7)
                    .mapToObj(i -> hours.get(i * DAY + first))
                    .filter(OptionalDouble::isPresent)
                    .mapToDouble(OptionalDouble::getAsDouble)
                    .average());
        }
        return quietest(day, length)
                .map(stretch ->
                        new QuietTime(Optional.empty(), LocalTime.of(stretch.begin, 0), length, zone, stretch.load));
    }

    private record Stretch(int begin, double load, double around) {
        boolean isQuieterThan(@Nullable Stretch other) {
            return other == null || load < other.load || (load == other.load && around < other.around);
        }
    }

    /** Goes round: after the last hour comes the first. */
    private static Optional<Stretch> quietest(List<OptionalDouble> hours, Duration length) {
        if (length.isNegative() || length.isZero() || length.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("length: " + length + " (expected: more than zero, at most a day)");
        }
        int whole = (int) ((length.toSeconds() + 3_599) / 3_600);
        int count = Math.max(1, whole);
        Stretch best = null;
        for (int begin = 0; begin < hours.size(); begin++) {
            OptionalDouble load = mean(hours, begin, count, false);
            // where several are alike, the one with quiet hours before and after it
            Stretch stretch = new Stretch(
                    begin,
                    load.orElse(0),
                    mean(hours, begin - 2, count + 4, true).orElse(0));
            if (load.isPresent() && stretch.isQuieterThan(best)) {
                best = stretch;
            }
        }
        return Optional.ofNullable(best);
    }

    private static OptionalDouble mean(List<OptionalDouble> hours, int begin, int count, boolean despiteGaps) {
        double sum = 0;
        int seen = 0;
        for (int i = 0; i < count; i++) {
            OptionalDouble hour = hours.get(Math.floorMod(begin + i, hours.size()));
            if (hour.isPresent()) {
                sum += hour.getAsDouble();
                seen++;
            }
        }
        return seen == 0 || (seen < count && !despiteGaps) ? OptionalDouble.empty() : OptionalDouble.of(sum / seen);
    }
}
