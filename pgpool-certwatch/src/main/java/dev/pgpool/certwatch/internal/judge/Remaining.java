package dev.pgpool.certwatch.internal.judge;

import java.time.Duration;

/** Durations for people: the two largest units that matter. */
public final class Remaining {

    private Remaining() {}

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
