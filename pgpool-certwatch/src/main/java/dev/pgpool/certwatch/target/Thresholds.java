package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long before expiry a certificate is worth a warning, and how long before it is critical. Remaining time <em>below</em>
 * a threshold alarms, equal to it does not.
 *
 * @param warning at most this long before expiry
 * @param critical at most this long before expiry
 * @param warningShare at most this share of the certificate's lifetime, 1 to switch the share off
 * @param criticalShare at most this share of the certificate's lifetime, 1 to switch the share off
 */
public record Thresholds(Duration warning, Duration critical, double warningShare, double criticalShare) {

    /**
     * 30 and 7 days, but not more than 25 % and 10 % of the lifetime: certificates of 120 days and more get the days,
     * shorter ones their share, which stays below the point where automatic renewal happens.
     */
    public static final Thresholds ADAPTIVE = new Thresholds(Duration.ofDays(30), Duration.ofDays(7), 0.25, 0.10);

    public Thresholds {
        requireNonNull(warning, "warning");
        requireNonNull(critical, "critical");
        if (critical.isNegative()) {
            throw new IllegalArgumentException("critical: " + critical + " (expected: >= 0)");
        }
        if (warning.compareTo(critical) < 0) {
            throw new IllegalArgumentException("warning: " + warning + " (expected: >= critical, " + critical + ")");
        }
        requireShare("warningShare", warningShare);
        requireShare("criticalShare", criticalShare);
        if (warningShare < criticalShare) {
            throw new IllegalArgumentException(
                    "warningShare: " + warningShare + " (expected: >= criticalShare, " + criticalShare + ")");
        }
    }

    /** Fixed times before expiry, whatever the lifetime. */
    public static Thresholds fixed(Duration warning, Duration critical) {
        return new Thresholds(warning, critical, 1, 1);
    }

    /**
     * Fixed times before expiry, read from texts such as {@code 30d} or {@code 36h}. Where one is absent its default, 30 and 7
     * days, moves along so far that it does not contradict the other.
     *
     * @throws IllegalArgumentException if a text is no time, or the warning comes after the critical time
     */
    public static Thresholds parse(@Nullable String warning, @Nullable String critical) {
        Duration warns = warning == null ? ADAPTIVE.warning() : DurationText.parse("warning", warning);
        Duration alarms = critical == null ? ADAPTIVE.critical() : DurationText.parse("critical", critical);
        if (warning == null && warns.compareTo(alarms) < 0) {
            warns = alarms;
        }
        if (critical == null && warns.compareTo(alarms) < 0) {
            alarms = warns;
        }
        return fixed(warns, alarms);
    }

    /** When a certificate of this lifetime is worth a warning. */
    public Duration warningFor(Duration lifetime) {
        return shorter(warning, lifetime, warningShare);
    }

    /** When a certificate of this lifetime is critical. */
    public Duration criticalFor(Duration lifetime) {
        return shorter(critical, lifetime, criticalShare);
    }

    private static Duration shorter(Duration limit, Duration lifetime, double share) {
        if (share >= 1) {
            return limit;
        }
        Duration part = Duration.ofMillis((long) (Math.max(0, lifetime.toMillis()) * share));
        return part.compareTo(limit) < 0 ? part : limit;
    }

    private static void requireShare(String name, double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(name + ": " + share + " (expected: above 0 and at most 1)");
        }
    }
}
