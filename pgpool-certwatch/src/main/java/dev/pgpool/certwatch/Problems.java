package dev.pgpool.certwatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with the settings of a watch, so that the user sees everything at once. */
final class Problems {

    private final List<String> found = new ArrayList<>();

    /** Those found so far, and more. */
    Problems(List<String> found) {
        this.found.addAll(found);
    }

    void positive(String option, Duration value) {
        require(!value.isNegative() && !value.isZero(), option, value, "> 0");
    }

    void positive(String option, int value) {
        require(value > 0, option, value, "> 0");
    }

    void notNegative(String option, Duration value) {
        require(!value.isNegative(), option, value, ">= 0");
    }

    void notNegative(String option, int value) {
        require(value >= 0, option, value, ">= 0");
    }

    void require(boolean condition, String option, Object seen, String expected) {
        if (!condition) {
            found.add(option + ": " + seen + " (expected: " + expected + ")");
        }
    }

    /** A problem whose text says what was expected. */
    void add(String problem) {
        found.add(problem);
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new CertWatchException(found);
        }
    }
}
