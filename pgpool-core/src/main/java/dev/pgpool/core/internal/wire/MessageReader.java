package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
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

    /** Hash of a region; equal regions have equal hashes, here and in {@link #hash(byte[])}. */
    public static int hash(ByteBuf buf, int from, int to) {
        int hash = 1;
        int i = from;
        for (; i + 8 <= to; i += 8) {
            hash = mix(hash, buf.getLong(i));
        }
        for (; i < to; i++) {
            hash = 31 * hash + buf.getByte(i);
        }
        return spread(hash);
    }

    /** Hash of an array, see {@link #hash(ByteBuf, int, int)}. */
    public static int hash(byte[] bytes) {
        int hash = 1;
        int i = 0;
        for (; i + 8 <= bytes.length; i += 8) {
            long word = 0;
            for (int k = 0; k < 8; k++) {
                word = (word << 8) | (bytes[i + k] & 0xff);
            }
            hash = mix(hash, word);
        }
        for (; i < bytes.length; i++) {
            hash = 31 * hash + bytes[i];
        }
        return spread(hash);
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

    private static int mix(int hash, long word) {
        long product = (hash ^ word) * 0x9E3779B97F4A7C15L;
        return (int) (product ^ product >>> 32);
    }

    private static int spread(int hash) {
        return hash ^ hash >>> 16;
    }
}
