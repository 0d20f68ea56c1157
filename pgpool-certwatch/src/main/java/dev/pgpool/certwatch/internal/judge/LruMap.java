package dev.pgpool.certwatch.internal.judge;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map with a bound: past it, the entry that was used least recently is dropped. Not thread-safe. */
final class LruMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1L;

    private final int maxEntries;

    LruMap(int maxEntries) {
        super(64, 0.75f, true);
        this.maxEntries = maxEntries;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > maxEntries;
    }
}
