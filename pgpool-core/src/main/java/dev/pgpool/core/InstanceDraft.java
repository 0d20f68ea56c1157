package dev.pgpool.core;

import dev.pgpool.core.config.InstanceConfig;
import java.time.Duration;

/** What the pooler is in its process, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class InstanceDraft {
    String name = InstanceConfig.DEFAULT_NAME;
    boolean daemonThreads = true;
    int eventLoops = Runtime.getRuntime().availableProcessors();
    Duration initializationFailTimeout = InstanceConfig.DEFAULT.initializationFailTimeout();

    InstanceConfig build() {
        return new InstanceConfig(name, daemonThreads, initializationFailTimeout);
    }
}
