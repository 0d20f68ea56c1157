package dev.pgpool.backup.store;

import java.time.Instant;

/**
 * A multipart write that was started and neither completed nor aborted.
 *
 * @param key the key it would have
 * @param id the store's name for the write
 * @param startedAt by the store's clock
 */
public record PendingWrite(String key, String id, Instant startedAt) {}
