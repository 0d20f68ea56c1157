package dev.pgpool.core.metrics;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.stats.Latency;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Where the value of a meter comes from, which also says how many series it has and what tags they carry. */
sealed interface Reading {
    /** One series, of the pooler. */
    record OfPooler(ToDoubleFunction<PgPoolSnapshot> value) implements Reading {}

    /** One series, of what else can be asked of the pooler. */
    record OfPgPool(ToDoubleFunction<PgPool> value) implements Reading {}

    /** One series, always 1, whose tag {@code version} says it. */
    record Version() implements Reading {}

    /** One series, of the configuration. */
    record OfConfig(ToDoubleFunction<PgPoolConfig> value) implements Reading {}

    /** One for each configured database, with PgBouncer's tags of SHOW DATABASES. */
    record OfDatabaseConfig(ToDoubleFunction<DatabaseConfig> value) implements Reading {}

    /** The same, from what goes on in it. */
    record OfConfiguredDatabase(ToDoubleFunction<PgPoolSnapshot.Database> value) implements Reading {}

    /** One for each database: tag {@code database}. */
    record OfTraffic(ToDoubleFunction<Traffic> value) implements Reading {}

    /** One for each pool: tags {@code database} and {@code user}. */
    record OfPool(ToDoubleFunction<PgPoolSnapshot.Pool> value) implements Reading {}

    /** One for each pool, of what is advised for it: tags {@code database} and {@code user}. */
    record OfAdvice(ToDoubleFunction<PoolAdvice> value) implements Reading {}

    /** One for each pool and state of its clients: tags {@code database}, {@code user} and {@code state}. */
    record ByState(Function<PgPoolSnapshot.Pool, Map<String, Long>> value) implements Reading {}

    /** A count, a sum, a maximum and three percentiles for each pool: tags {@code database} and {@code user}. */
    record OfLatency(Function<PgPoolSnapshot.Latencies, Latency> value) implements Reading {}

    /** One for each pool and reason: tags {@code database}, {@code user} and {@code reason}. */
    record ByReason(Function<PgPoolSnapshot.Pool, Map<String, Long>> value) implements Reading {}

    /** One for each reason: tag {@code reason}. */
    record OfPoolerByReason(Function<PgPoolSnapshot, Map<String, Long>> value) implements Reading {}

    /** As Prometheus wants durations. */
    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
