package dev.pgpool.backup.store;

/** What must hold for a write to happen; if it does not, the write fails with {@link StoreException.Kind#CONFLICT}. */
public sealed interface WriteCondition {

    /** No condition: overwrite whatever is there. */
    record Always() implements WriteCondition {}

    /** Only if no object has this key ({@code If-None-Match: *}). */
    record IfAbsent() implements WriteCondition {}

    /**
     * Only if the object's content is still this one ({@code If-Match}).
     *
     * @param etag as the store gave it
     */
    record IfMatches(String etag) implements WriteCondition {}
}
