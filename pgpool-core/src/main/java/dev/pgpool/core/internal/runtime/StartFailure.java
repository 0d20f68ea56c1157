package dev.pgpool.core.internal.runtime;

import java.util.Map;

/** The pooler could not start; nothing of it is left. */
public final class StartFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** By name, and why. */
    private final transient Map<String, String> databases;

    /** @param message with the setting's path in front, as in a {@link dev.pgpool.core.config.ConfigException} */
    StartFailure(String message, Throwable cause) {
        super(message, cause);
        this.databases = Map.of();
    }

    /** @param databases those that do not answer, and why */
    StartFailure(String message, Map<String, String> databases) {
        super(message);
        this.databases = databases;
    }

    /** The databases that do not answer, in order, and why; empty if something else is the matter. */
    public Map<String, String> databases() {
        return databases;
    }
}
