package dev.pgpool.core.internal.pool;

import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** How many connections PostgreSQL lets a pool have, as it has said itself. Thread-safe. */
final class ServerLimit {
    private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(10);

    private volatile OptionalInt value = OptionalInt.empty();
    private volatile long askedNanos = System.nanoTime() - FRESH_NANOS;

    /** Whether it was not asked for lately. */
    boolean isDue() {
        return System.nanoTime() - askedNanos >= FRESH_NANOS;
    }

    void asked() {
        askedNanos = System.nanoTime();
    }

    void learned(OptionalInt now) {
        value = now;
    }

    /** Empty while it is not known. */
    OptionalInt value() {
        return value;
    }
}
