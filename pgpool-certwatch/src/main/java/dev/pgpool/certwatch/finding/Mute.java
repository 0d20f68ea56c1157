package dev.pgpool.certwatch.finding;

import static java.util.Objects.requireNonNull;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A kind of finding that is known and accepted. It has no part in the level, in {@code success} and in notices, and is listed
 * apart, so that it is not forgotten.
 *
 * @param code the kind
 * @param until when it counts again; absent for never
 */
public record Mute(FindingCode code, @Nullable Instant until) {

    public Mute {
        requireNonNull(code, "code");
    }

    /** Muted for good. */
    public static Mute of(FindingCode code) {
        return new Mute(code, null);
    }

    /** Muted through this day, which ends in UTC. */
    public static Mute through(FindingCode code, LocalDate day) {
        return new Mute(code, day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    }

    /**
     * Reads {@code CODE} or {@code CODE:until}, several with commas between them; until is a day such as {@code 2027-01-31},
     * which is muted whole, or an instant such as {@code 2027-01-31T12:00:00Z}.
     *
     * @throws IllegalArgumentException if there is no such code or date
     */
    public static List<Mute> parse(String text) {
        List<Mute> mutes = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            int colon = one.indexOf(':');
            FindingCode code = code((colon < 0 ? one : one.substring(0, colon)).trim());
            mutes.add(
                    colon < 0 ? of(code) : until(code, one.substring(colon + 1).trim()));
        }
        return List.copyOf(mutes);
    }

    private static FindingCode code(String text) {
        try {
            return FindingCode.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "mute: \"" + text + "\" (expected: a finding code such as SELF_SIGNED)", e);
        }
    }

    private static Mute until(FindingCode code, String text) {
        try {
            return text.indexOf('T') < 0 ? through(code, LocalDate.parse(text)) : new Mute(code, Instant.parse(text));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "mute: " + code + " until \"" + text
                            + "\" (expected: a day such as 2027-01-31, or an instant such as 2027-01-31T12:00:00Z)",
                    e);
        }
    }

    /** Whether it is in force at an instant. */
    public boolean holdsAt(Instant now) {
        return until == null || now.isBefore(until);
    }

    @Override
    public String toString() {
        return until == null ? code.name() : code + ":" + until;
    }
}
