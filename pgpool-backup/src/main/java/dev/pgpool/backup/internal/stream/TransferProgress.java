package dev.pgpool.backup.internal.stream;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How far a transfer is, and which side it waits for. Written by the transfer's threads, read by a watchdog.
 */
public final class TransferProgress {

    /** What the reading thread is doing. */
    public enum Waiting {
        /** Reading from the source: no byte comes from the database. */
        FOR_SOURCE,
        /** Waiting for a free buffer or the last parts: the store does not take them. */
        FOR_STORE
    }

    private final AtomicLong readBytes = new AtomicLong();
    private final AtomicLong storedBytes = new AtomicLong();
    private volatile long bufferBytes;
    private volatile long lastMoveNanos = System.nanoTime();
    private volatile Waiting waiting = Waiting.FOR_SOURCE;

    void read(int bytes) {
        readBytes.addAndGet(bytes);
        lastMoveNanos = System.nanoTime();
    }

    void stored(long bytes) {
        storedBytes.addAndGet(bytes);
        lastMoveNanos = System.nanoTime();
    }

    void buffers(long bytes) {
        bufferBytes = bytes;
    }

    void waiting(Waiting side) {
        waiting = side;
    }

    /** Bytes that the store has confirmed. */
    public long storedBytes() {
        return storedBytes.get();
    }

    /** Bytes that part buffers take. */
    public long bufferBytes() {
        return bufferBytes;
    }

    /** Bytes read from the source. */
    public long readBytes() {
        return readBytes.get();
    }

    /** Nanoseconds since a byte was read or a part stored. */
    public long idleNanos() {
        return System.nanoTime() - lastMoveNanos;
    }

    /** Which side it is waiting for. */
    public Waiting waiting() {
        return waiting;
    }
}
