package dev.pgpool.backup.internal.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is wrong with settings, so that the host sees everything at once: each problem with the setting, the value seen
 * and what was expected. Confined to one thread.
 */
public final class Problems {

    private final List<String> found = new ArrayList<>();

    /** A problem in words of its own. */
    public void add(String problem) {
        found.add(problem);
    }

    /** A value that is not what was expected. */
    public void add(String setting, Object seen, String expected) {
        found.add(setting + ": " + seen + " (expected: " + expected + ")");
    }

    /** A problem unless the condition holds. */
    public void require(boolean condition, String setting, Object seen, String expected) {
        if (!condition) {
            add(setting, seen, expected);
        }
    }

    /** A problem if the value is zero or less. */
    public void positive(String setting, int value) {
        require(value > 0, setting, value, "> 0");
    }

    /** A problem if the duration is zero or negative. */
    public void positive(String setting, Duration value) {
        require(!value.isNegative() && !value.isZero(), setting, value, "> 0");
    }

    /** Carries out a setting; what it refuses is a problem. */
    public void attempt(String setting, Runnable step) {
        try {
            step.run();
        } catch (IllegalArgumentException e) {
            found.add(setting + ": " + e.getMessage());
        }
    }

    /** What was found so far, to which more can be added. */
    public Problems copy() {
        Problems copy = new Problems();
        copy.found.addAll(found);
        return copy;
    }

    /** What was found, in the order it was found. */
    public List<String> found() {
        return List.copyOf(found);
    }

    /** True if nothing was found. */
    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** All of it in one line. */
    @Override
    public String toString() {
        return String.join("; ", found);
    }

    /**
     * Ends the check.
     *
     * @param subject whose settings they are, such as {@code "retention: "}; may be empty
     * @throws IllegalArgumentException if anything was found, naming all of it
     */
    public void throwIfAny(String subject) {
        if (!found.isEmpty()) {
            throw new IllegalArgumentException(subject + this);
        }
    }
}
