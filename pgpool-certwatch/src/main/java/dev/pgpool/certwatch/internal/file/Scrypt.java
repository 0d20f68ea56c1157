package dev.pgpool.certwatch.internal.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * The key derivation scrypt, which Java does not have and {@code openssl pkcs8 -scrypt} uses.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7914">RFC 7914</a>
 */
final class Scrypt {

    /** A file could ask for all of the memory; OpenSSL's own limit is half of this. */
    private static final long MAX_BYTES = 64L << 20;

    private static final int MAX_PARALLEL = 16;
    private static final int BLOCK = 16;

    private Scrypt() {}

    /**
     * Derives a key.
     *
     * @param cost a power of two: N
     * @param blockSize r
     * @param parallel p
     * @throws GeneralSecurityException if the parameters are out of range
     */
    static byte[] derive(char[] password, byte[] salt, long cost, long blockSize, long parallel, int length)
            throws GeneralSecurityException {
        if (cost < 2
                || Long.bitCount(cost) != 1
                || blockSize < 1
                || parallel < 1
                || parallel > MAX_PARALLEL
                || cost > MAX_BYTES
                || blockSize > MAX_BYTES
                || 128 * blockSize * (cost + parallel) > MAX_BYTES) {
            throw new GeneralSecurityException("scrypt with N=" + cost + ", r=" + blockSize + ", p=" + parallel);
        }
        int words = 2 * BLOCK * (int) blockSize;
        byte[] mixed = once(password, salt, 4 * words * (int) parallel);
        for (int i = 0; i < parallel; i++) {
            mix(ByteBuffer.wrap(mixed, 4 * words * i, 4 * words).slice().order(ByteOrder.LITTLE_ENDIAN), (int) cost);
        }
        return once(password, mixed, length);
    }

    private static byte[] once(char[] password, byte[] salt, int length) throws GeneralSecurityException {
        return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec(password, salt, 1, 8 * length))
                .getEncoded();
    }

    /** scryptROMix. */
    private static void mix(ByteBuffer bytes, int cost) {
        int[] x = new int[bytes.capacity() / 4];
        for (int i = 0; i < x.length; i++) {
            x[i] = bytes.getInt(4 * i);
        }
        int[] kept = new int[x.length * cost];
        int[] next = new int[x.length];
        for (int i = 0; i < cost; i++) {
            System.arraycopy(x, 0, kept, i * x.length, x.length);
            blocks(x, next);
        }
        for (int i = 0; i < cost; i++) {
            int from = (x[x.length - BLOCK] & (cost - 1)) * x.length;
            for (int j = 0; j < x.length; j++) {
                x[j] ^= kept[from + j];
            }
            blocks(x, next);
        }
        for (int i = 0; i < x.length; i++) {
            bytes.putInt(4 * i, x[i]);
        }
    }

    /** scryptBlockMix: blocks of even number go to the first half, the others to the second. */
    private static void blocks(int[] x, int[] next) {
        int[] last = new int[BLOCK];
        System.arraycopy(x, x.length - BLOCK, last, 0, BLOCK);
        int count = x.length / BLOCK;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < BLOCK; j++) {
                last[j] ^= x[i * BLOCK + j];
            }
            salsa(last);
            System.arraycopy(last, 0, next, (i / 2 + (i % 2 == 0 ? 0 : count / 2)) * BLOCK, BLOCK);
        }
        System.arraycopy(next, 0, x, 0, x.length);
    }

    /** Salsa20/8. */
    private static void salsa(int[] b) {
        int[] x = b.clone();
        for (int round = 0; round < 8; round += 2) {
            for (int i = 0; i < 4; i++) {
                quarter(x, 5 * i % 16, (5 * i + 4) % 16, (5 * i + 8) % 16, (5 * i + 12) % 16);
            }
            for (int i = 0; i < 4; i++) {
                quarter(x, 5 * i, 4 * i + (i + 1) % 4, 4 * i + (i + 2) % 4, 4 * i + (i + 3) % 4);
            }
        }
        for (int i = 0; i < BLOCK; i++) {
            b[i] += x[i];
        }
    }

    private static void quarter(int[] x, int a, int b, int c, int d) {
        x[b] ^= Integer.rotateLeft(x[a] + x[d], 7);
        x[c] ^= Integer.rotateLeft(x[b] + x[a], 9);
        x[d] ^= Integer.rotateLeft(x[c] + x[b], 13);
        x[a] ^= Integer.rotateLeft(x[d] + x[c], 18);
    }
}
