package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A fixed number of part buffers. One thread takes, the senders give back. A buffer that has become too small for a grown
 * part is replaced, and the old one is left to the collector before the new one is made.
 */
final class BufferRing {

    private static final long RETURN_SECONDS = 90;

    private final Semaphore free;
    private final Deque<byte[]> returned = new ArrayDeque<>();
    private long allocated;
    private int busy;
    private boolean closed;

    BufferRing(int count) {
        this.free = new Semaphore(count);
    }

    byte[] take(int size, TransferProgress progress) {
        progress.waiting(TransferProgress.Waiting.FOR_STORE);
        try {
            free.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while waiting for the store", e);
        }
        byte[] buffer;
        synchronized (returned) {
            buffer = returned.pollLast();
        }
        if (buffer != null && buffer.length >= size) {
            return buffer;
        }
        allocated += size - (buffer == null ? 0 : buffer.length);
        progress.buffers(allocated);
        return new byte[size];
    }

    /** Says that a sender begins to use a buffer; refused once the ring is closed. */
    void begin() {
        synchronized (returned) {
            if (closed) {
                throw new CancellationException("the upload was given up");
            }
            busy++;
        }
    }

    void give(byte[] buffer) {
        synchronized (returned) {
            busy--;
            returned.addLast(buffer);
            returned.notifyAll();
        }
        free.release();
    }

    /** Lets no sender begin any more and waits until none is busy, so that an abort does not race with a part. */
    void close() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(RETURN_SECONDS);
        synchronized (returned) {
            closed = true;
            try {
                long left = deadline - System.nanoTime();
                while (busy > 0 && left > 0) {
                    returned.wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
                    left = deadline - System.nanoTime();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
