package dev.pgpool.core.metrics;

import dev.pgpool.core.stats.Latency;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one distribution, with the names that Micrometer itself gives to those of a {@code Timer} in registries without
 * histograms: {@code name}, {@code name.percentile} with {@code phi}, and {@code name.histogram} with {@code le}.
 *
 * <p>They are no {@code Timer}: a timer would have to be told each duration, on the event loops, and a registry takes no histogram
 * that was made elsewhere. The pooler's own costs one addition.
 */
final class LatencyMeters {
    private static final Map<String, Function<Latency, Duration>> PERCENTILES =
            Map.of("0.5", Latency::p50, "0.9", Latency::p90, "0.99", Latency::p99);

    private static final double NANOS = 1e9;

    private final PgPoolMetrics owner;
    private final String name;
    private final String description;
    private final Tags tags;
    private final MeterRegistry registry;
    private final Function<PgPoolMetrics, @Nullable Latency> source;

    /**
     * Makes nothing yet.
     *
     * @param owner lives as long as the meters; they refer to it weakly
     * @param source the distribution of the moment; null if there is none any more
     */
    LatencyMeters(
            PgPoolMetrics owner,
            String name,
            String description,
            Tags tags,
            MeterRegistry registry,
            Function<PgPoolMetrics, @Nullable Latency> source) {
        this.owner = owner;
        this.name = name;
        this.description = description;
        this.tags = tags;
        this.registry = registry;
        this.source = source;
    }

    Meter timer() {
        return FunctionTimer.builder(
                        name,
                        owner,
                        m -> read(m, Latency::count),
                        m -> read(m, latency -> latency.total().toNanos()),
                        TimeUnit.NANOSECONDS)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    /** What makes them, by phi. */
    Map<String, Supplier<Meter>> percentiles() {
        Map<String, Supplier<Meter>> makers = new LinkedHashMap<>();
        PERCENTILES.forEach((phi, percentile) -> makers.put(
                phi,
                () -> Gauge.builder(
                                name + ".percentile",
                                owner,
                                m -> read(
                                                m,
                                                latency -> percentile
                                                        .apply(latency)
                                                        .toNanos())
                                        / NANOS)
                        .description(description + ": so many took no longer")
                        .baseUnit("seconds")
                        .tags(tags.and("phi", phi))
                        .strongReference(true)
                        .register(registry)));
        return makers;
    }

    /** What makes the counters of a histogram, by boundary. */
    Map<String, Supplier<Meter>> histogram() {
        Map<String, Supplier<Meter>> makers = new LinkedHashMap<>();
        List<Duration> boundaries = Latency.BOUNDARIES;
        for (int i = 0; i < boundaries.size(); i++) {
            int index = i;
            String le = Double.toString(boundaries.get(i).toNanos() / NANOS);
            makers.put(le, () -> bucket(le, latency -> latency.atMost().get(index)));
        }
        makers.put("+Inf", () -> bucket("+Inf", Latency::count));
        return makers;
    }

    private Meter bucket(String le, Function<Latency, Long> value) {
        return FunctionCounter.builder(name + ".histogram", owner, m -> read(m, value))
                .description(description + ": how many took no longer")
                .tags(tags.and("le", le))
                .register(registry);
    }

    private long read(PgPoolMetrics from, Function<Latency, Long> value) {
        Latency known = source.apply(from);
        return known == null ? 0 : value.apply(known);
    }
}
