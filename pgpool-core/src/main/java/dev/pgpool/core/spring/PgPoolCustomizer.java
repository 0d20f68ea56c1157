package dev.pgpool.core.spring;

import dev.pgpool.core.PgPoolBuilder;

/**
 * Says to the builder what properties can't: an authenticator, keys that the host looks after. Called for each bean of this type,
 * in order, after the properties; again at each reload.
 */
@FunctionalInterface
public interface PgPoolCustomizer {

    /** Changes the description. A listener is better given as a bean of its own: one given here replaces all those. */
    void customize(PgPoolBuilder builder);
}
