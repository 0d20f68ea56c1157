package dev.pgpool.backup.config;

/** How far a verification went; each level includes those before it. */
public enum VerifyLevel {
    /** Nothing was shown. */
    NONE,
    /** All objects are there, with the size and SHA-256 of the manifest. */
    CHECKSUM,
    /** The archive can be decrypted and read to its end by pg_restore. */
    ARCHIVE,
    /** Restored into a scratch database without an error. */
    RESTORED,
    /** Tables, rows, sequences, large objects and extensions are those of the manifest, and the host's checks agree. */
    CHECKED;

    /** True if this level includes the other. */
    public boolean includes(VerifyLevel other) {
        return compareTo(other) >= 0;
    }
}
