package dev.pgpool.backup.internal.stream;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/*
 * The framing is that of the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: "Online Authenticated-Encryption and
 * its Nonce-Reuse Misuse-Resistance"): chunks are sealed one by one with a nonce of a counter and a flag for the last chunk,
 * so that chunks can be neither changed, swapped, left out nor cut off at the end. Each object has a key of its own, derived
 * from the master key and a random salt, so counters may start at 0 in each.
 */

/**
 * Seals and opens the chunks of one object: AES-256-GCM. An object is a header of 40 bytes (magic, version, chunk size, salt)
 * and then chunks of 64 KiB of plain text, each with a tag of 16 bytes; the last one is shorter, possibly empty.
 */
final class ChunkCipher {

    static final String ALGORITHM = "AES-256-GCM-STREAM-64K";
    static final int CHUNK = 64 * 1024;
    static final int TAG = 16;
    static final int SALT = 32;
    static final int HEADER = 40;

    private static final byte[] MAGIC = "PGB1".getBytes(StandardCharsets.US_ASCII);
    private static final int TAG_BITS = 128;
    private static final int NONCE = 12;

    private final SecretKeySpec key;
    private final byte[] header;
    private final Cipher cipher;
    private long counter;

    private ChunkCipher(byte[] masterKey, byte[] header) {
        this.header = header;
        byte[] salt = Arrays.copyOfRange(header, HEADER - SALT, HEADER);
        this.key = new SecretKeySpec(hmac(masterKey, "pgpool-backup object key", salt), "AES");
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no AES/GCM", e);
        }
    }

    static ChunkCipher create(byte[] masterKey, byte[] salt) {
        byte[] header =
                ByteBuffer.allocate(HEADER).put(MAGIC).putInt(CHUNK).put(salt).array();
        return new ChunkCipher(masterKey, header);
    }

    static ChunkCipher open(byte[] masterKey, byte[] header) throws GeneralSecurityException {
        ByteBuffer fields = ByteBuffer.wrap(header);
        byte[] magic = new byte[MAGIC.length];
        fields.get(magic);
        if (!Arrays.equals(magic, MAGIC) || fields.getInt() != CHUNK) {
            throw new GeneralSecurityException("not an encrypted object of this library");
        }
        return new ChunkCipher(masterKey, header);
    }

    byte[] header() {
        return header.clone();
    }

    int seal(byte[] plain, int length, boolean last, byte[] target) throws GeneralSecurityException {
        init(Cipher.ENCRYPT_MODE, last);
        return cipher.doFinal(plain, 0, length, target, 0);
    }

    int open(byte[] sealed, int length, boolean last, byte[] target) throws GeneralSecurityException {
        init(Cipher.DECRYPT_MODE, last);
        return cipher.doFinal(sealed, 0, length, target, 0);
    }

    private void init(int mode, boolean last) throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(NONCE)
                .put(new byte[3])
                .putLong(counter++)
                .put((byte) (last ? 1 : 0))
                .array();
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(header);
    }

    /** A value that tells whether a key is the right one, and nothing else about it. */
    static String keyCheck(byte[] masterKey) {
        byte[] mac = hmac(masterKey, "pgpool-backup key check", new byte[0]);
        return HexFormat.of().formatHex(mac, 0, 8);
    }

    /** A code that only who has the key can make for a document. */
    static String documentCode(byte[] masterKey, byte[] document) {
        return HexFormat.of().formatHex(hmac(masterKey, "pgpool-backup manifest", document));
    }

    private static byte[] hmac(byte[] key, String purpose, byte[] data) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(purpose.getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) 0);
            return mac.doFinal(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HmacSHA256", e);
        }
    }
}
