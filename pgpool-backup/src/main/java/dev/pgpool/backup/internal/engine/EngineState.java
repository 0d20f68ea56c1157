package dev.pgpool.backup.internal.engine;

/** Whether an engine is still open. Safe for all threads. */
final class EngineState {

    private volatile boolean closed;

    boolean isClosed() {
        return closed;
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the backup engine is closed");
        }
    }

    /** Closes it; false if it was closed already. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }
}
