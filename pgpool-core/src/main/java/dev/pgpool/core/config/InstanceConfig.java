package dev.pgpool.core.config;

import java.time.Duration;

/**
 * What a pooler is in its process.
 *
 * @param name tells it from other poolers of the process: in the names of threads, in the log, and in meters
 * @param daemonThreads whether the process may end although the pooler runs
 * @param initializationFailTimeout how long the start waits until the databases answer; zero asks them once, negative not at all
 */
public record InstanceConfig(String name, boolean daemonThreads, Duration initializationFailTimeout) {
    /** Of a pooler that has not been given one. */
    public static final String DEFAULT_NAME = "pgpool";

    /** What holds if nothing is said. */
    public static final InstanceConfig DEFAULT = new InstanceConfig(DEFAULT_NAME, true, Duration.ofMillis(-1));

    void check(Problems problems) {
        problems.require(
                name.matches("[A-Za-z0-9._-]{1,64}"),
                "name",
                "\"" + name + "\"",
                "1 to 64 letters, digits and the signs . _ -");
    }

    /** Whether the start asks the databases at all. */
    public boolean asksDatabases() {
        return !initializationFailTimeout.isNegative();
    }
}
