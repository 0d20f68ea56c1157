package dev.pgpool.certwatch.target;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them. */
final class DurationText {

    private static final Pattern PART = Pattern.compile("(\\d{1,6})([wdhms])");

    private DurationText() {}

    /**
     * Reads {@code 30d}, {@code 36h}, {@code 1d12h}, {@code 90s}, {@code 2w}, or the form of ISO 8601.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    static Duration parse(String option, String text) {
        if (text.startsWith("P") || text.startsWith("p")) {
            try {
                return Duration.parse(text);
            } catch (DateTimeException e) {
                throw wrong(option, text);
            }
        }
        Matcher part = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int at = 0;
        while (at < text.length()) {
            if (!part.find(at) || part.start() != at) {
                throw wrong(option, text);
            }
            sum = sum.plus(Duration.ofSeconds(Long.parseLong(part.group(1)) * seconds(part.group(2))));
            at = part.end();
        }
        if (at == 0) {
            throw wrong(option, text);
        }
        return sum;
    }

    private static long seconds(String unit) {
        return switch (unit) {
            case "w" -> 7 * 86_400L;
            case "d" -> 86_400L;
            case "h" -> 3_600L;
            case "m" -> 60L;
            default -> 1L;
        };
    }

    private static IllegalArgumentException wrong(String option, String text) {
        return new IllegalArgumentException(option + "=" + text.replaceAll("\\p{Cntrl}", "?")
                + " (expected: numbers with w, d, h, m or s, such as 30d or 1d12h)");
    }
}
