package dev.pgpool.core.internal.embedded;

import io.netty.buffer.ByteBuf;

/**
 * Bytes on their way from one side to the other, in an array that is as large as what waits in it. A small array is kept
 * when the queue is empty, so that short messages allocate nothing; a large one is not, so that a connection at rest costs
 * little. Not thread-safe.
 */
final class ByteQueue {
    /** How many bytes may wait: about as many as a socket's buffer holds. */
    static final int LIMIT = 64 * 1_024;

    private static final byte[] NONE = {};

    private final int kept;
    private byte[] bytes = NONE;
    private int start;
    private int end;

    /** @param kept how large an array may be that is kept when the queue is empty */
    ByteQueue(int kept) {
        this.kept = kept;
    }

    int size() {
        return end - start;
    }

    /** How many bytes more may be put in. */
    int room() {
        return LIMIT - size();
    }

    void put(byte[] from, int offset, int length) {
        reserve(length);
        System.arraycopy(from, offset, bytes, end, length);
        end += length;
    }

    /** Copies from the buffer, which belongs to the caller and is left as it is. */
    void put(ByteBuf from, int index, int length) {
        reserve(length);
        from.getBytes(index, bytes, end, length);
        end += length;
    }

    /** Gives at most so many bytes, and tells how many. */
    int take(byte[] to, int offset, int atMost) {
        int taken = Math.min(size(), atMost);
        System.arraycopy(bytes, start, to, offset, taken);
        start += taken;
        tidy();
        return taken;
    }

    /** Appends everything to the buffer, which belongs to the caller. */
    void takeAll(ByteBuf to) {
        to.writeBytes(bytes, start, size());
        clear();
    }

    void clear() {
        start = end;
        tidy();
    }

    private void tidy() {
        if (start == end) {
            start = 0;
            end = 0;
            if (bytes.length > kept) {
                bytes = NONE;
            }
        }
    }

    private void reserve(int length) {
        if (bytes.length - end >= length) {
            return;
        }
        int needed = size() + length;
        int capacity = Math.max(needed, Math.min(2 * bytes.length, LIMIT));
        byte[] to = needed <= bytes.length ? bytes : new byte[Math.max(capacity, kept)];
        System.arraycopy(bytes, start, to, 0, size());
        end = size();
        start = 0;
        bytes = to;
    }
}
