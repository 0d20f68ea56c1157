package dev.pgpool.certwatch.internal.x509;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * UTCTime and GeneralizedTime, also in the forms of BER that RFC 5280 forbids: without seconds or minutes, with fractions, with an
 * offset, at 24 o'clock or in a leap second.
 */
final class DerTime {

    private static final String BEHIND_YEAR =
            "(\\d{2})(\\d{2})(\\d{2})(?:(\\d{2})(\\d{2})?)?(?:[.,]\\d{1,9})?(Z|[+-]\\d{4})?";
    private static final Pattern UTC = Pattern.compile("(\\d{2})" + BEHIND_YEAR);
    private static final Pattern GENERALIZED = Pattern.compile("(\\d{4})" + BEHIND_YEAR);

    private DerTime() {}

    /** The instant in whole seconds; absent if the element is no time. */
    static @Nullable Instant of(Der element) {
        boolean shortYear = element.is(Der.UTC_TIME);
        if (!shortYear && !element.is(Der.GENERALIZED_TIME)) {
            return null;
        }
        Matcher time = (shortYear ? UTC : GENERALIZED).matcher(element.text().trim());
        if (!time.matches()) {
            return null;
        }
        int year = Integer.parseInt(time.group(1));
        if (shortYear) {
            year += year < 50 ? 2000 : 1900;
        }
        try {
            int hour = number(time.group(4));
            int minute = time.group(5) == null ? 0 : number(time.group(5));
            int second = time.group(6) == null ? 0 : number(time.group(6));
            if (hour > 24 || minute > 59 || second > 60) {
                return null;
            }
            LocalDateTime local = LocalDateTime.of(year, number(time.group(2)), number(time.group(3)), 0, 0)
                    .plusHours(hour)
                    .plusMinutes(minute)
                    .plusSeconds(second);
            String zone = time.group(7);
            return local.toInstant(zone == null || zone.equals("Z") ? ZoneOffset.UTC : ZoneOffset.of(zone));
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static int number(String digits) {
        return Integer.parseInt(digits);
    }
}
