package dev.pgpool.backup.config;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Keys of the encryption, by id. New backups are written with the current key; old ones are read with the key whose id is in
 * their manifest. Losing a key loses its backups: it must be kept somewhere else than the backups.
 */
public interface BackupKeys {

    /** Id of the key for new backups; it is written into manifests. */
    String currentKeyId();

    /**
     * The 32 bytes of a key, or empty if there is none of that id. Called for every object, by several threads.
     *
     * @return a copy that the caller may wipe
     */
    Optional<byte[]> key(String keyId);

    /**
     * One or several fixed keys.
     *
     * @param currentKeyId which of them encrypts
     * @param hexKeys id to 64 hex digits
     * @throws IllegalArgumentException naming the id of a key that is not 32 bytes of hex, or missing
     */
    static BackupKeys fixed(String currentKeyId, Map<String, String> hexKeys) {
        Map<String, String> keys = Map.copyOf(hexKeys);
        keys.forEach((id, hex) -> {
            if (!hex.matches("[0-9a-fA-F]{64}")) {
                throw new IllegalArgumentException(
                        "key \"" + id + "\": " + hex.length() + " characters (expected: 64 hex digits)");
            }
        });
        if (!keys.containsKey(currentKeyId)) {
            throw new IllegalArgumentException(
                    "current key \"" + currentKeyId + "\": not among the given " + keys.keySet());
        }
        return new BackupKeys() {
            @Override
            public String currentKeyId() {
                return currentKeyId;
            }

            @Override
            public Optional<byte[]> key(String keyId) {
                String hex = keys.get(keyId);
                return hex == null
                        ? Optional.empty()
                        : Optional.of(HexFormat.of().parseHex(hex)).map(bytes -> Arrays.copyOf(bytes, bytes.length));
            }

            @Override
            public String toString() {
                return "BackupKeys" + keys.keySet();
            }
        };
    }
}
