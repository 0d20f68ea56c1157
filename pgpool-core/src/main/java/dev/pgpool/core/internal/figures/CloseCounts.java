package dev.pgpool.core.internal.figures;

import dev.pgpool.core.stats.CloseReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** How many connections have ended, by reason. Thread-safe. */
public final class CloseCounts {
    private final AtomicLongArray counts = new AtomicLongArray(CloseReason.values().length);

    public void count(CloseReason reason) {
        counts.incrementAndGet(reason.ordinal());
    }

    /** Those that have happened. */
    public Map<CloseReason, Long> toMap() {
        Map<CloseReason, Long> map = new EnumMap<>(CloseReason.class);
        for (CloseReason reason : CloseReason.values()) {
            long count = counts.get(reason.ordinal());
            if (count > 0) {
                map.put(reason, count);
            }
        }
        return map;
    }
}
