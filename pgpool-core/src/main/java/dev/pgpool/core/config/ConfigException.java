package dev.pgpool.core.config;

import java.util.List;

/** A configuration with problems: all of them, each with path, value seen and value expected. */
public final class ConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    public ConfigException(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line each, like {@code databases.app.maxConnections: -1 (expected: 0 to 10000)}. */
    public List<String> problems() {
        return problems;
    }
}
