package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Reads parts of messages in place, by absolute index: nothing is consumed and no String is made. */
public final class MessageReader {
    private MessageReader() {}

    /** Index of the zero byte that ends the string at {@code from}, or -1 if there is none before {@code limit}. */
    public static int endOfString(ByteBuf buf, int from, int limit) {
        // most names are empty or very short: the plain loop beats ByteBuf.indexOf there
        int near = Math.min(limit, from + 16);
        for (int i = from; i < near; i++) {
            if (buf.getByte(i) == 0) {
                return i;
            }
        }
        return near < limit ? buf.indexOf(near, limit, (byte) 0) : -1;
    }

    /**
     * As {@link #endOfString(ByteBuf, int, int)}, for messages that must have the string.
     *
     * @throws WireViolation if the string does not end within the message
     */
    public static int requireEndOfString(ByteBuf buf, int from, int limit, String what) {
        int end = endOfString(buf, from, limit);
        if (end < 0) {
            throw new WireViolation(PoolerError.CLIENT_PROTOCOL_VIOLATION, what + " is not terminated");
        }
        return end;
    }

    /** Hash of a region, see {@link KeyedHash}; equal regions have equal hashes, here and in {@link #hash(byte[])}. */
    public static int hash(ByteBuf buf, int from, int to) {
        return KeyedHash.of(buf, from, to);
    }

    /** Hash of an array, see {@link #hash(ByteBuf, int, int)}. */
    public static int hash(byte[] bytes) {
        return KeyedHash.of(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    }

    /** Whether a region holds exactly these bytes. */
    public static boolean equal(ByteBuf buf, int from, int to, byte[] bytes) {
        if (to - from != bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (buf.getByte(from + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** A copy of a region. */
    public static byte[] bytes(ByteBuf buf, int from, int to) {
        byte[] copy = new byte[to - from];
        buf.getBytes(from, copy);
        return copy;
    }

    /** A region as text, for rare messages and for people. */
    public static String text(ByteBuf buf, int from, int to) {
        return buf.toString(from, to - from, StandardCharsets.UTF_8);
    }
}
