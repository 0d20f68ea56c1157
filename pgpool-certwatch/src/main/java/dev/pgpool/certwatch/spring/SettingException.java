package dev.pgpool.certwatch.spring;

import org.jspecify.annotations.Nullable;

/** What is wrong with a property, or several together, where the value is of no interest or must not be shown. */
final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String property;
    private final String problem;

    SettingException(String property, String problem, @Nullable Throwable cause) {
        super(property + ": " + problem, cause);
        this.property = property;
        this.problem = problem;
    }

    String property() {
        return property;
    }

    String problem() {
        return problem;
    }
}
