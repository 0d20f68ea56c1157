package dev.pgpool.backup.store;

/** What a store may or may not be able to do; {@link ObjectStore#probe} finds out by trying. */
public enum StoreFeature {
    /** Objects can be written, read, listed. */
    READ_WRITE,
    /** Objects can be deleted; without it retention is off. */
    DELETE,
    /** An object can be written in parts. */
    MULTIPART,
    /** Unfinished multipart writes can be listed, so leftovers can be swept. */
    LIST_MULTIPART,
    /** {@code If-None-Match: *} is honoured, so a lease excludes others. */
    WRITE_IF_ABSENT,
    /** {@code If-Match} is honoured, so a lease can be renewed and taken over safely. */
    WRITE_IF_MATCHES,
    /** The store checks the CRC32C that came with the bytes. */
    CHECKSUM,
    /** Objects can carry tags. */
    TAGS,
    /** Deleted and overwritten objects are kept as versions. */
    VERSIONING,
    /** Objects can be locked against deletion, and the store is set up to do so. */
    OBJECT_LOCK
}
