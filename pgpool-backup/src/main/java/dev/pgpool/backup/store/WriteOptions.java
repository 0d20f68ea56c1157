package dev.pgpool.backup.store;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an object is written.
 *
 * @param contentType MIME type
 * @param metadata user metadata, lower-case names
 * @param lockUntil object lock until then, where the store has locks; {@code null} for none
 * @param condition what must hold for the write to happen
 * @param backup true for what a backup consists of, to which the store's tags and holds apply
 */
public record WriteOptions(
        String contentType,
        Map<String, String> metadata,
        @Nullable Instant lockUntil,
        WriteCondition condition,
        boolean backup) {

    /** Copies the metadata. */
    public WriteOptions {
        metadata = Map.copyOf(metadata);
    }

    /** No metadata, no lock, no condition, and no part of a backup. */
    public static WriteOptions of(String contentType) {
        return new WriteOptions(contentType, Map.of(), null, new WriteCondition.Always(), false);
    }

    /** Part of a backup, with a lock until then; {@code null} for none. */
    public static WriteOptions ofBackup(String contentType, @Nullable Instant lockUntil) {
        return new WriteOptions(contentType, Map.of(), lockUntil, new WriteCondition.Always(), true);
    }

    /** The same under a condition. */
    public WriteOptions on(WriteCondition newCondition) {
        return new WriteOptions(contentType, metadata, lockUntil, newCondition, backup);
    }

    /** The same with user metadata. */
    public WriteOptions with(Map<String, String> newMetadata) {
        return new WriteOptions(contentType, newMetadata, lockUntil, condition, backup);
    }
}
