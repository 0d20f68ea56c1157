package dev.pgpool.backup.config;

import java.util.List;

/** Settings with problems: all of them, each with the setting, the value seen and the value expected. */
public final class ConfigException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    /** Of at least one problem. */
    public ConfigException(List<String> problems) {
        super("backup engine: " + String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line each, such as {@code partSize: 0 (expected: > 0)}. */
    public List<String> problems() {
        return problems;
    }
}
