package dev.pgpool.core.config;

import dev.pgpool.core.auth.Credential;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a configuration, so that the user sees everything at once. */
final class Problems {
    /** Nanoseconds of it are far from overflowing. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private final List<String> found = new ArrayList<>();

    void range(String path, int value, int min, int max) {
        if (value < min || value > max) {
            found.add(path + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }

    void positive(String path, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
            found.add(path + ": " + value + " (expected: > 0, at most 365 days)");
        }
    }

    void notNegative(String path, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            found.add(path + ": " + value + " (expected: >= 0, at most 365 days)");
        }
    }

    void require(boolean condition, String path, Object seen, String expected) {
        if (!condition) {
            found.add(path + ": " + seen + " (expected: " + expected + ")");
        }
    }

    /** @param problem with its path, what was seen and what is expected */
    void add(String problem) {
        found.add(problem);
    }

    /** The secret itself is not shown. */
    void secret(String path, String user, String secret) {
        try {
            var unused = Credential.parse(user, secret);
        } catch (IllegalArgumentException e) {
            found.add(path + ": " + e.getMessage() + " (expected: a password, md5... or SCRAM-SHA-256$...)");
        }
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigException(found);
        }
    }
}
