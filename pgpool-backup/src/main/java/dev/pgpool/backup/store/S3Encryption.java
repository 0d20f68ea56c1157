package dev.pgpool.backup.store;

/**
 * Encryption by the store itself. It protects against stolen disks, not against a credential that can read the bucket;
 * for that there is the engine's own encryption. Keys supplied with each request (SSE-C) are left out for that reason.
 */
public sealed interface S3Encryption {

    /** The bucket's default, whatever that is. */
    record BucketDefault() implements S3Encryption {}

    /** Keys managed by the store (SSE-S3). */
    record StoreManaged() implements S3Encryption {}

    /**
     * A key of the store's key service (SSE-KMS).
     *
     * @param keyId as the key service names it
     */
    record KeyService(String keyId) implements S3Encryption {}
}
