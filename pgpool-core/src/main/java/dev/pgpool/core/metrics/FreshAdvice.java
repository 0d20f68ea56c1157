package dev.pgpool.core.metrics;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.stats.PoolKey;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a pooler advises for the last day, asked of it once a minute at most. Not thread-safe. */
final class FreshAdvice {
    private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final PgPool pool;
    private List<PoolAdvice> advice = List.of();
    private long takenNanos = System.nanoTime() - FRESH_NANOS;

    FreshAdvice(PgPool pool) {
        this.pool = pool;
    }

    /** Null if there is none. */
    @Nullable
    PoolAdvice of(PoolKey key) {
        if (System.nanoTime() - takenNanos >= FRESH_NANOS) {
            try {
                advice = pool.advice().pools();
            } catch (IllegalStateException notRunning) {
                advice = List.of();
            }
            takenNanos = System.nanoTime();
        }
        return advice.stream()
                .filter(known ->
                        known.window() == AdviceWindow.DAY && known.pool().equals(key))
                .findFirst()
                .orElse(null);
    }
}
