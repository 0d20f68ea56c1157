package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;

/**
 * A hash with a random key of this process, SipHash-1-3: clients can't choose names that fall into the same place of a
 * table, since they don't know the key. For tables whose keys clients choose; makes no objects.
 *
 * @see <a href="https://www.aumasson.jp/siphash/siphash.pdf">SipHash: a fast short-input PRF</a>
 */
public final class KeyedHash {
    private static final long K0;
    private static final long K1;

    static {
        SecureRandom random = new SecureRandom();
        K0 = random.nextLong();
        K1 = random.nextLong();
    }

    private KeyedHash() {}

    /** Hash of a region; equal regions have equal hashes. */
    public static int of(ByteBuf buf, int from, int to) {
        return fold(sipHash13(buf, from, to, K0, K1));
    }

    /** Hash of texts in their order. */
    public static int of(String[] one, String[] other) {
        long v0 = K0 ^ 0x736f6d6570736575L;
        long v1 = K1 ^ 0x646f72616e646f6dL;
        long v2 = K0 ^ 0x6c7967656e657261L;
        long v3 = K1 ^ 0x7465646279746573L;
        int strings = one.length + other.length;
        for (int s = 0; s < strings; s++) {
            String text = s < one.length ? one[s] : other[s - one.length];
            int length = text.length();
            // the length first, so that texts can't be cut in other places
            long word = length;
            int i = 0;
            while (true) {
                v3 ^= word;
                v0 += v1;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v3;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 += v3;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 += v1;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v2 = Long.rotateLeft(v2, 32);
                v0 ^= word;
                if (i >= length) {
                    break;
                }
                word = 0;
                for (int k = 0; k < 4 && i < length; k++, i++) {
                    word |= (long) text.charAt(i) << (16 * k);
                }
            }
        }
        return fold(end(v0, v1, v2, v3, (long) strings << 56));
    }

    /** With a key that is given, for tests. */
    static long sipHash13(ByteBuf buf, int from, int to, long k0, long k1) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = buf.getLongLE(i);
            v3 ^= word;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
        }
        long last = (long) (to - from) << 56;
        for (int k = 0; i < to; i++, k += 8) {
            last |= (buf.getByte(i) & 0xffL) << k;
        }
        return end(v0, v1, v2, v3, last);
    }

    /** The last word, and the three rounds that end it. */
    private static long end(long w0, long w1, long w2, long w3, long last) {
        long v0 = w0;
        long v1 = w1;
        long v2 = w2;
        long v3 = w3 ^ last;
        for (int round = 0; round < 4; round++) {
            if (round == 1) {
                v0 ^= last;
                v2 ^= 0xff;
            }
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static int fold(long hash) {
        return (int) (hash ^ hash >>> 32);
    }
}
