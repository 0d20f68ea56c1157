package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatch;
import org.springframework.context.SmartLifecycle;

/** Starts to probe when the application is up: its own certificate may be among the targets. Ends before the beans do. */
final class WatchLifecycle implements SmartLifecycle {
    private final CertWatch watch;
    private volatile boolean running;

    WatchLifecycle(CertWatch watch) {
        this.watch = watch;
    }

    @Override
    public void start() {
        watch.start();
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        watch.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** A watch that was closed is not started again, so a context that pauses leaves it alone. */
    @Override
    public boolean isPauseable() {
        return false;
    }
}
