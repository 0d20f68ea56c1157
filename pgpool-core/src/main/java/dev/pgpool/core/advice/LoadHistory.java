package dev.pgpool.core.advice;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The past hours of a database, or of several: what went on when. Hours in which the pooler did not run are missing.
 *
 * <p>Hours are kept in UTC and sorted into the hours of a week only when they are asked for, in the time zone of the caller: so the
 * hours before and after a change to summer time are those that people have lived through. Where a zone is not a whole number
 * of hours from UTC, an hour counts where its middle is.
 *
 * @param hours ascending
 */
public record LoadHistory(List<HourLoad> hours) {
    /** Nothing is known. */
    public static final LoadHistory NONE = new LoadHistory(List.of());

    public LoadHistory {
        hours = List.copyOf(hours);
    }

    static LoadHistory sum(Collection<LoadHistory> histories) {
        Map<Instant, HourLoad> sums = new TreeMap<>();
        for (LoadHistory history : histories) {
            history.hours.forEach(hour -> sums.merge(hour.begin(), hour, HourLoad::plus));
        }
        return new LoadHistory(List.copyOf(sums.values()));
    }

    /** The hours of the week as they were on the average. */
    public WeekLoad week(ZoneId zone) {
        return WeekLoad.of(hours, zone);
    }

    /**
     * When in the week it was quietest; empty if no stretch of such a length is known.
     *
     * @param length more than zero, at most a day; begun hours count as whole ones
     * @param zone of days and hours
     */
    public Optional<QuietTime> quietest(Duration length, ZoneId zone) {
        return week(zone).quietest(length);
    }

    /** When it was quietest on any day alike: what something that is done each day goes by. */
    public Optional<QuietTime> quietestEveryDay(Duration length, ZoneId zone) {
        return week(zone).quietestEveryDay(length);
    }

    /** As text, a line for each hour: what {@link #parse} reads, for a host that keeps it over a restart. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        for (HourLoad hour : hours) {
            text.append(hour.begin())
                    .append(' ')
                    .append(hour.observed().toSeconds())
                    .append(' ')
                    .append(String.format(Locale.ROOT, "%.4f", hour.servers()))
                    .append(' ')
                    .append(hour.transactions())
                    .append('\n');
        }
        return text.toString();
    }

    /** @throws IllegalArgumentException if the text is none that {@link #toText} has made */
    public static LoadHistory parse(String text) {
        List<HourLoad> hours = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String[] parts = line.split(" ", -1);
            try {
                if (parts.length != 4) {
                    throw new IllegalArgumentException(line);
                }
                hours.add(new HourLoad(
                        Instant.parse(parts[0]),
                        Duration.ofSeconds(Long.parseLong(parts[1])),
                        Double.parseDouble(parts[2]),
                        Long.parseLong(parts[3])));
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        "line: " + line + " (expected: an hour, seconds, servers, transactions)", e);
            }
        }
        return new LoadHistory(hours);
    }
}
