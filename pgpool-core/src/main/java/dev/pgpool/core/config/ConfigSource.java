package dev.pgpool.core.config;

import java.util.List;

/**
 * Where a configuration comes from, and how to have it again: a file, for instance. Called on threads that may block,
 * never two calls at once.
 */
public interface ConfigSource {
    /**
     * Reads it, with everything that {@link #set} has changed since the pooler began undone.
     *
     * @throws ConfigException with every problem found; then what was read last is still in force
     */
    PgPoolConfig load();

    /**
     * What was read last, with one setting different.
     *
     * @throws ConfigException if there is no such setting, it can't be changed in a running pooler, or can't have this
     *     value
     */
    PgPoolConfig set(String key, String value);

    /**
     * The pooler can't take what was read or set last, and goes on with what it has: so does the source, which says what is
     * wrong in its own words. It may also keep what was {@link #set} until it can be taken, see {@link #pending}.
     *
     * @param why what the pooler has found
     * @throws ConfigException unless it is kept
     */
    default void refused(ConfigException why) {
        throw why;
    }

    /** Why a setting that was {@link #set} is not in force yet, but waits for what it lacks; empty if it is in force. */
    default List<String> pending(String key) {
        return List.of();
    }

    /** What is in force, by the names of the source, in alphabetical order. */
    List<Setting> settings();
}
