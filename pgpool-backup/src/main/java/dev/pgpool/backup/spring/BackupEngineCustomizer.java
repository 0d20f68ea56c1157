package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngineBuilder;

/** Says to the builder what properties can't. Called for each bean of this type, in order, after the properties. */
@FunctionalInterface
public interface BackupEngineCustomizer {

    /** Changes the description. */
    void customize(BackupEngineBuilder builder);
}
