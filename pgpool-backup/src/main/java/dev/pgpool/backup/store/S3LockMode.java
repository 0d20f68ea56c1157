package dev.pgpool.backup.store;

/** How an object is locked while its retention period lasts. */
public enum S3LockMode {
    /** Nobody without a special permission can delete it. The engine never uses that permission. */
    GOVERNANCE,
    /** Nobody can delete it, the owner of the account included. */
    COMPLIANCE
}
