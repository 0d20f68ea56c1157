package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.figures.CloseCounts;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.util.concurrent.atomic.AtomicInteger;

/** The clients of a pool that have logged in: how many, how they ended, and for how long there are none. Thread-safe. */
final class PoolClients {
    private final PoolKey key;
    private final AtomicInteger present = new AtomicInteger();
    private final CloseCounts closes = new CloseCounts();
    /** Meaningful while there are none. */
    private volatile long noneSinceNanos = System.nanoTime();

    PoolClients(PoolKey key) {
        this.key = key;
    }

    int count() {
        return present.get();
    }

    /** How many clients have ended, by reason. */
    CloseCounts closes() {
        return closes;
    }

    /** A client has logged in. */
    void entered() {
        present.incrementAndGet();
    }

    /** A client that had logged in is gone. */
    void left(CloseReason reason) {
        closes.count(reason);
        FlightEvents.clientClose(key, reason);
        withdrew();
    }

    /** A client that had entered does not come in after all. */
    void withdrew() {
        noneSinceNanos = System.nanoTime();
        present.decrementAndGet();
    }

    /** Whether there are none, and have been none since then. */
    boolean areGoneSince(long nanos) {
        return present.get() == 0 && noneSinceNanos - nanos <= 0;
    }
}
