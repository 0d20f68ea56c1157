package dev.pgpool.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a configuration, so that the user sees everything at once. */
final class Problems {
    private final List<String> found = new ArrayList<>();

    void range(String path, int value, int min, int max) {
        if (value < min || value > max) {
            found.add(path + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }

    void positive(String path, Duration value) {
        if (value.isNegative() || value.isZero()) {
            found.add(path + ": " + value + " (expected: > 0)");
        }
    }

    void notNegative(String path, Duration value) {
        if (value.isNegative()) {
            found.add(path + ": " + value + " (expected: >= 0)");
        }
    }

    void require(boolean condition, String path, Object seen, String expected) {
        if (!condition) {
            found.add(path + ": " + seen + " (expected: " + expected + ")");
        }
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigException(found);
        }
    }
}
