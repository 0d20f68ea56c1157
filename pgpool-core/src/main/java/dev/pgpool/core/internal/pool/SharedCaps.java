package dev.pgpool.core.internal.pool;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

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

    /** The cap for one more pool of this name, null if there is none. */
    @Nullable
    SharedCap enter(String name, int max) {
        if (max == 0) {
            return null;
        }
        Entry entry = entries.compute(name, (n, known) -> {
            Entry kept = known == null ? new Entry(new SharedCap(max)) : known;
            kept.pools++;
            return kept;
        });
        return entry.cap;
    }

    /** A pool is gone, and so are its servers. */
    void leave(String name, List<? extends PoolLane<?>> lanes) {
        entries.computeIfPresent(name, (n, known) -> {
            known.cap.leave(lanes);
            return --known.pools == 0 ? null : known;
        });
    }
}
