package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupKeys;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Encrypts what goes to the store and decrypts what comes back, or leaves it as it is if there are no keys. */
public final class Encryption {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final @Nullable BackupKeys keys;

    /** With these keys; {@code null} for none. */
    public Encryption(@Nullable BackupKeys keys) {
        this.keys = keys;
    }

    /**
     * A stream for the store.
     *
     * @param stream to be stored
     * @param plainBytes how much of the plain stream was read so far
     */
    public record Sealed(InputStream stream, LongSupplier plainBytes) {}

    /** The stream as it is to be stored. */
    public Sealed seal(InputStream plain) {
        byte[] key = currentKey();
        if (key == null) {
            CountingInputStream counting = new CountingInputStream(plain);
            return new Sealed(counting, counting::count);
        }
        byte[] salt = new byte[ChunkCipher.SALT];
        RANDOM.nextBytes(salt);
        EncryptingInputStream sealed = new EncryptingInputStream(plain, ChunkCipher.create(key, salt));
        return new Sealed(sealed, sealed::plainBytes);
    }

    /** What the manifest says about it, or {@code null} without encryption. */
    public BackupManifest.@Nullable Encryption describe() {
        byte[] key = currentKey();
        return key == null || keys == null
                ? null
                : new BackupManifest.Encryption(ChunkCipher.ALGORITHM, keys.currentKeyId(), ChunkCipher.keyCheck(key));
    }

    private byte @Nullable [] currentKey() {
        if (keys == null) {
            return null;
        }
        byte[] key = keys.key(keys.currentKeyId()).orElse(null);
        if (key == null || key.length != 32) {
            throw new BackupException(
                    FailureReason.KEY,
                    "encryption key \"" + keys.currentKeyId() + "\": "
                            + (key == null ? "not found" : key.length + " bytes") + " (expected: 32 bytes)");
        }
        return key;
    }

    /**
     * Makes sure that a backup can be decrypted, before anything of it is read.
     *
     * @throws BackupException with KEY
     */
    public void requireKey(BackupManifest manifest) {
        keyFor(manifest);
    }

    /** The plain stream of a stored one. */
    public InputStream open(InputStream stored, BackupManifest manifest) throws IOException {
        byte[] key = keyFor(manifest);
        return key == null ? stored : new DecryptingInputStream(stored, key);
    }

    private byte @Nullable [] keyFor(BackupManifest manifest) {
        BackupManifest.Encryption encryption = manifest.encryption();
        if (encryption == null) {
            return null;
        }
        String what = "backup " + manifest.id() + " of \"" + manifest.database() + "\" is encrypted with key \""
                + encryption.keyId() + "\"";
        if (!encryption.algorithm().equals(ChunkCipher.ALGORITHM)) {
            throw new BackupException(
                    FailureReason.KEY,
                    what + " by " + encryption.algorithm() + " (expected: " + ChunkCipher.ALGORITHM + ")");
        }
        byte[] key = keys == null ? null : keys.key(encryption.keyId()).orElse(null);
        if (key == null) {
            throw new BackupException(FailureReason.KEY, what + ", which was not given");
        }
        if (!MessageDigest.isEqual(
                ChunkCipher.keyCheck(key).getBytes(StandardCharsets.US_ASCII),
                encryption.keyCheck().getBytes(StandardCharsets.US_ASCII))) {
            throw new BackupException(FailureReason.KEY, what + "; the key given under that id is another one");
        }
        return key;
    }
}
