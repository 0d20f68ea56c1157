package dev.pgpool.core.internal.transport;

import java.util.concurrent.atomic.AtomicInteger;

/** Numbers connections of clients and servers in one row, so that a number means one connection. Thread-safe. */
public final class ConnectionNumbers {
    private final AtomicInteger last = new AtomicInteger();

    /** The number of the next connection; the first is 1. */
    public int next() {
        return last.incrementAndGet();
    }
}
