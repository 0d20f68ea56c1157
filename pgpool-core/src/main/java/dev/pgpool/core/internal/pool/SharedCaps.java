package dev.pgpool.core.internal.pool;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The caps of all databases, or of all users, by name; each lives as long as it has pools. Thread-safe. */
final class SharedCaps {
    private static final class Entry {
        final SharedCap cap;
        /** Guarded by the map. */
        int pools;

        Entry(SharedCap cap) {
            this.cap = cap;
        }
    }

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    /** The cap for one more pool of this name; 0 for no limit. */
    SharedCap enter(String name, int max) {
        Entry entry = entries.compute(name, (n, known) -> {
            Entry kept = known == null ? new Entry(new SharedCap(max)) : known;
            kept.pools++;
            return kept;
        });
        return entry.cap;
    }

    /** Changes the limit of what has this name; 0 for none. */
    void limit(String name, int max) {
        entries.computeIfPresent(name, (n, known) -> {
            known.cap.limit(max);
            return known;
        });
    }

    /** A pool is gone, and so are its servers. */
    void leave(String name, List<? extends PoolLane<?>> lanes) {
        entries.computeIfPresent(name, (n, known) -> {
            known.cap.leave(lanes);
            return --known.pools == 0 ? null : known;
        });
    }
}
