package dev.pgpool.core.advice;

import dev.pgpool.core.stats.PoolKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pooler advises by what it has seen since it started: nothing of it outlives the process but what the host keeps of
 * {@link #loads}. A reload changes nothing of it; what was seen of a pool goes with the pool.
 *
 * @param taken when
 * @param pools by pool, each for an hour, a day and a week
 * @param loads the past hours of databases by their names, for at most five weeks
 */
public record PgPoolAdvice(Instant taken, List<PoolAdvice> pools, Map<String, LoadHistory> loads) {
    public PgPoolAdvice {
        pools = List.copyOf(pools);
        loads = Map.copyOf(loads);
    }

    /** What is to be said of a pool; empty if there is none of this name. */
    public Optional<PoolAdvice> pool(PoolKey pool, AdviceWindow window) {
        return pools.stream()
                .filter(advice -> advice.pool().equals(pool) && advice.window() == window)
                .findFirst();
    }

    /** The past hours of one database; without any if nothing is known of it. */
    public LoadHistory load(String database) {
        return loads.getOrDefault(database, LoadHistory.NONE);
    }

    /** The past hours of all databases together. */
    public LoadHistory load() {
        return LoadHistory.sum(loads.values());
    }

    /**
     * What is to be said of all pools in a window, for a log: each line with the name of its pool, and nothing of pools of which
     * there is {@link Verdict#NOT_ENOUGH_SEEN}.
     */
    public List<String> text(AdviceWindow window) {
        return pools.stream()
                .filter(advice -> advice.window() == window && advice.verdict() != Verdict.NOT_ENOUGH_SEEN)
                .flatMap(advice -> advice.text().stream().map(line -> advice.pool() + ": " + line))
                .toList();
    }
}
