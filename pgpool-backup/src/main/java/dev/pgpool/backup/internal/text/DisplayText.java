package dev.pgpool.backup.internal.text;

import java.time.Duration;
import java.util.Locale;

/** Sizes, durations and foreign text as reports and the console show them. */
public final class DisplayText {

    private DisplayText() {}

    /** A size in the largest fitting unit, such as {@code 1.5 GiB}. */
    public static String bytes(long count) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = count;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? count + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** A duration with its unit, such as {@code 4.2 s}, {@code 3:05 min} or {@code 1:00:00 h}. */
    public static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
                : clock(duration) + " h";
    }

    /** A duration as hours, minutes and seconds, such as {@code 0:03:05}. */
    public static String clock(Duration duration) {
        long seconds = duration.toSeconds();
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    /**
     * The text without control characters: names from a database may hold line breaks, and codes that move a terminal's
     * cursor.
     */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        text.strip().codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        return line.toString();
    }
}
