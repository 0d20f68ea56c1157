package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts what goes to the store and decrypts what comes back, or leaves it as it is if there are no keys. With keys the store
 * is not trusted: manifests carry a code that only who has the key can make, and what is not encrypted is refused.
 */
public final class Encryption {

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Beginning of what is said about a key that is missing or another one. */
    private static final String KEY_PROBLEM = "encryption key ";

    private final @Nullable BackupKeys keys;
    private final boolean trustsUnencrypted;

    /**
     * With these keys; {@code null} for none.
     *
     * @param trustsUnencrypted whether backups without encryption, or from before manifests had a code, are accepted in spite of
     *     the keys
     */
    public Encryption(@Nullable BackupKeys keys, boolean trustsUnencrypted) {
        this.keys = keys;
        this.trustsUnencrypted = trustsUnencrypted;
    }

    /**
     * What makes a document authentic.
     *
     * @param keyId whose key
     * @param keyCheck tells a wrong key from a wrong document
     * @param code of the document
     */
    public record Seal(String keyId, String keyCheck, String code) {}

    /** The seal of a document, or {@code null} without keys. */
    public @Nullable Seal sealOf(byte[] document) {
        byte[] key = currentKey();
        return key == null || keys == null
                ? null
                : new Seal(keys.currentKeyId(), ChunkCipher.keyCheck(key), ChunkCipher.documentCode(key, document));
    }

    /** Why a manifest is refused, or {@code null} if it is accepted. Without keys every seal is accepted. */
    public @Nullable String distrust(byte[] document, @Nullable Seal seal, boolean encrypted) {
        if (keys == null) {
            return null;
        }
        if (seal == null) {
            return trustsUnencrypted
                    ? null
                    : "it is not authenticated by an encryption key, so anyone who can write to the store may have written it"
                            + " (expected: a backup made with the keys; or trustUnencrypted(true), as long as there are older"
                            + " ones)";
        }
        byte[] key = keys.key(seal.keyId()).orElse(null);
        if (key == null) {
            return KEY_PROBLEM + "\"" + seal.keyId() + "\" was not given, by which it is authenticated";
        }
        if (!equal(ChunkCipher.keyCheck(key), seal.keyCheck())) {
            return KEY_PROBLEM + "\"" + seal.keyId() + "\" is another one than that by which it is authenticated";
        }
        if (!equal(ChunkCipher.documentCode(key, document), seal.code())) {
            return "it was not written with encryption key \"" + seal.keyId() + "\": it has been changed";
        }
        return encrypted || trustsUnencrypted ? null : "it is of a backup that is not encrypted";
    }

    /** The exception for a backup whose manifest cannot be read or is refused. */
    public BackupException unreadable(CatalogEntry entry, FailureReason otherwise) {
        return new BackupException(
                entry.problem().startsWith(KEY_PROBLEM) ? FailureReason.KEY : otherwise,
                "backup " + entry.id() + " of \"" + entry.database() + "\": manifest: " + entry.problem());
    }

    private static boolean equal(String expected, String found) {
        return MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.US_ASCII), found.getBytes(StandardCharsets.UTF_8));
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
            if (keys != null && !trustsUnencrypted) {
                throw new BackupException(
                        FailureReason.KEY,
                        "backup " + manifest.id() + " of \"" + manifest.database()
                                + "\" is not encrypted, and encryption keys are given (expected: an encrypted one)");
            }
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
        if (!equal(ChunkCipher.keyCheck(key), encryption.keyCheck())) {
            throw new BackupException(FailureReason.KEY, what + "; the key given under that id is another one");
        }
        return key;
    }
}
