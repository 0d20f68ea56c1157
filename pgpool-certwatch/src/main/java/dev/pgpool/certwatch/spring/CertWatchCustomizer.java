package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatchBuilder;

/** Says to the builder what properties can't. Called for each bean of this type, in order, after the properties. */
@FunctionalInterface
public interface CertWatchCustomizer {

    /** Changes the description. */
    void customize(CertWatchBuilder builder);
}
