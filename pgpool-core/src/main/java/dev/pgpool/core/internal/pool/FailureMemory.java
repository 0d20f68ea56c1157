package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.PoolKey;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why connects of pools have failed that are gone: a pool without clients and servers is forgotten, but the next attempt to
 * connect is not due sooner because of that, and until then the next client is told from memory. Bounded, since clients choose
 * the names of users. Thread-safe.
 */
final class FailureMemory {
    private static final int MOST = 1_000;

    /**
     * What a pool would know.
     *
     * @param retryAtNanos when the next attempt is due, by {@link System#nanoTime}
     */
    record Failure(ErrorFields error, long retryAtNanos) {}

    private final Map<PoolKey, Failure> known = new LinkedHashMap<>();

    /** A pool goes; the oldest memory makes room. */
    synchronized void remember(PoolKey pool, Failure failure) {
        known.remove(pool);
        known.put(pool, failure);
        if (known.size() > MOST) {
            Iterator<PoolKey> oldest = known.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** A pool begins; what it is told here is its own to remember. */
    synchronized @Nullable Failure take(PoolKey pool) {
        return known.remove(pool);
    }

    /** What was refused may go well now. */
    synchronized void clear() {
        known.clear();
    }
}
