package dev.pgpool.certwatch.internal.probe;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The time limit of the present phase of a probe: setting one ends the one before it. Confined to the event loop. */
final class PhaseLimit {

    private @Nullable ScheduledFuture<?> timer;

    /** Runs a task after a time unless the phase ends first. */
    void set(EventLoop loop, Duration after, Runnable onOver) {
        end();
        timer = loop.schedule(onOver, after.toNanos(), TimeUnit.NANOSECONDS);
    }

    void end() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
