package dev.pgpool.core;

import dev.pgpool.core.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link PgPoolBuilder} was told that its settings do not show any more, so that the user sees everything at once.
 */
final class BuilderProblems {
    private final List<String> problems = new ArrayList<>();

    /** @param section path of the entries in the configuration */
    <K, V> void putOnce(Map<K, V> entries, String section, K key, V value) {
        if (entries.putIfAbsent(key, value) != null) {
            problems.add(section + "." + key + ": given twice (expected: once)");
        }
    }

    /** The value, or the other one if it is null, which is a problem. */
    <T> T notNull(@Nullable T value, String setting, T instead) {
        if (value == null) {
            problems.add(setting + ": null (expected: a value, or no call)");
        }
        return value == null ? instead : value;
    }

    void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }
}
