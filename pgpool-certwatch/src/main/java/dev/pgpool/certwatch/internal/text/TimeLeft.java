package dev.pgpool.certwatch.internal.text;

import java.time.Duration;

/** A duration as text for people: its two largest units. */
public final class TimeLeft {

    private TimeLeft() {}

    /** For example {@code 29 d}, {@code 6 d 4 h}, {@code 3 h 20 min} or {@code -2 d}. */
    public static String text(Duration duration) {
        if (duration.isNegative()) {
            return "-" + text(duration.negated());
        }
        if (duration.toDays() >= 10) {
            return duration.toDays() + " d";
        }
        if (duration.toDays() >= 1) {
            return duration.toDays() + " d " + duration.toHoursPart() + " h";
        }
        return duration.toHours() >= 1
                ? duration.toHours() + " h " + duration.toMinutesPart() + " min"
                : duration.toMinutes() + " min";
    }
}
