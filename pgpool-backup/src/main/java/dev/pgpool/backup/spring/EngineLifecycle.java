package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngine;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the schedule when the application is up, and ends it, with the run that may be under way, before anything else of the
 * application ends: a pooler or a data source that the source is reached by among it.
 */
final class EngineLifecycle implements SmartLifecycle {
    private final BackupEngine engine;
    private volatile boolean running;

    EngineLifecycle(BackupEngine engine) {
        this.engine = engine;
    }

    @Override
    public void start() {
        engine.start();
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        engine.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** An engine that was closed is not started again, so a context that pauses leaves it alone. */
    @Override
    public boolean isPauseable() {
        return false;
    }
}
