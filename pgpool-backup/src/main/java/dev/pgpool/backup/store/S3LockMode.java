package dev.pgpool.backup.store;

/** How an object is locked while its retention period lasts. */
public enum S3LockMode {
    /** Only a credential with a special permission can delete it. The engine never uses that permission. */
    GOVERNANCE,
    /** No credential can delete it, not even that of the account's owner. */
    COMPLIANCE
}
