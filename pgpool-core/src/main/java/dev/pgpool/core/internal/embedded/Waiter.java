package dev.pgpool.core.internal.embedded;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The place of a thread that waits for the event loop. All but {@link #await} is called under the lock of the crossing. The
 * thread parks without that lock and in no native call, so that a virtual one leaves its carrier.
 */
final class Waiter {
    /** For ever. */
    static final long NO_DEADLINE = Long.MAX_VALUE;

    /** How a wait ends. */
    enum Woken {
        DONE,
        TIMED_OUT,
        INTERRUPTED
    }

    private @Nullable Thread thread;
    private volatile boolean done;

    /** The current thread is about to wait. */
    void begin() {
        done = false;
        thread = Thread.currentThread();
    }

    /** The current thread does not wait any more. */
    void end() {
        thread = null;
    }

    boolean isWaiting() {
        return thread != null && !done;
    }

    /** What the thread waits for is there. Gives the thread, to be unparked. */
    @Nullable
    Thread finish() {
        done = true;
        return thread;
    }

    /**
     * Waits. A thread whose interrupt flag is set does not park, so the flag is cleared for the time of the wait and set
     * again behind it.
     *
     * @param deadlineNanos by {@link System#nanoTime()}, or {@link #NO_DEADLINE}
     * @param flagged whether a flag that is set already is from before, and no reason to give up
     */
    Woken await(Object blocker, long deadlineNanos, boolean flagged) {
        boolean interrupted = flagged && Thread.interrupted();
        try {
            while (!done) {
                if (Thread.interrupted()) {
                    interrupted = true;
                    return Woken.INTERRUPTED;
                }
                if (deadlineNanos == NO_DEADLINE) {
                    LockSupport.park(blocker);
                    continue;
                }
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return Woken.TIMED_OUT;
                }
                LockSupport.parkNanos(blocker, left);
            }
            return Woken.DONE;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
