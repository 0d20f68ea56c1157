package dev.pgpool.backup.store;

/**
 * A key that could not be deleted.
 *
 * @param key the key
 * @param reason what the store said
 */
public record DeleteFailure(String key, String reason) {}
