package dev.pgpool.core.metrics;

import static java.util.Objects.requireNonNull;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.stats.Latency;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Binds the figures of a pooler to a registry; {@link PgPoolMeters} lists the meters. All meters read one snapshot, which
 * is taken when one of them is read and the last is a second old: the event loops notice no scrape. Thread-safe.
 *
 * <p>The meters of a pool come with the first scrape after the pool has and go with the first after it is gone. {@link
 * #close} removes all.
 *
 * <pre>{@code
 * try (PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
 *     metrics.bindTo(registry);
 * }
 * }</pre>
 */
public final class PgPoolMetrics implements MeterBinder, AutoCloseable {
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final String STATS = "pgbouncer.stats.";
    /** What the console says it is. */
    private static final String VERSION = "1.25.2";
    /** Whose the meters are that are neither of a pool nor of a database. */
    private static final Object POOLER = new Object();

    private static final double[] PERCENTILES = {0.5, 0.9, 0.99};

    private final PgPool pool;
    private final Tags extra;
    private final boolean bothFamilies;
    private final List<Binding> bindings = new ArrayList<>();
    private PgPoolSnapshot snapshot = PgPoolSnapshot.EMPTY;
    private Map<PoolKey, PgPoolSnapshot.Pool> pools = Map.of();
    private Map<String, PgPoolSnapshot.Database> databases = Map.of();
    private long takenNanos = System.nanoTime() - FRESH_NANOS;

    /** The meters of one registry. */
    private static final class Binding {
        final MeterRegistry registry;
        final List<Meter> lasting = new ArrayList<>();
        /** By what they are of: a pool's name, or a database's. */
        final Map<Object, Map<String, Meter>> passing = new HashMap<>();

        Binding(MeterRegistry registry) {
            this.registry = registry;
        }
    }

    private PgPoolMetrics(PgPool pool, Tags extra, boolean bothFamilies) {
        this.pool = requireNonNull(pool, "pool");
        this.extra = extra;
        this.bothFamilies = bothFamilies;
    }

    /** All meters, {@code pgbouncer_stats} and {@code pgbouncer_stats_totals} both, without further tags. */
    public static PgPoolMetrics of(PgPool pool) {
        return new PgPoolMetrics(pool, Tags.empty(), true);
    }

    /**
     * All meters.
     *
     * @param extra tags for all of them, to tell apart two poolers of one registry
     * @param bothFamilies whether the figures of SHOW STATS also have the names {@code pgbouncer_stats_totals}, as exporters
     *     since 0.11 call them
     */
    public static PgPoolMetrics of(PgPool pool, Iterable<Tag> extra, boolean bothFamilies) {
        return new PgPoolMetrics(pool, Tags.of(extra), bothFamilies);
    }

    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        Binding binding = new Binding(registry);
        for (PgPoolMeters meter : PgPoolMeters.values()) {
            bindLasting(binding, meter);
        }
        bindings.add(binding);
        takenNanos = System.nanoTime() - FRESH_NANOS;
        refresh();
        bindPassing(binding);
    }

    private void bindLasting(Binding binding, PgPoolMeters meter) {
        Reading reading = meter.reading();
        if (reading instanceof Reading.OfPooler of) {
            binding.lasting.add(
                    gauge(binding, meter, Tags.empty(), m -> of.value().applyAsDouble(m.fresh())));
        } else if (reading instanceof Reading.OfConfig of) {
            binding.lasting.add(
                    gauge(binding, meter, Tags.empty(), m -> of.value().applyAsDouble(m.pool.config())));
        } else if (reading instanceof Reading.OfPgPool of) {
            binding.lasting.add(gauge(binding, meter, Tags.empty(), m -> m.asked(of)));
        } else if (reading instanceof Reading.Version) {
            binding.lasting.add(gauge(binding, meter, Tags.of("version", VERSION), m -> 1));
        }
    }

    private double asked(Reading.OfPgPool of) {
        try {
            return of.value().applyAsDouble(pool);
        } catch (IllegalStateException notRunning) {
            return 0;
        }
    }

    /** As the exporter has them. */
    private Tags tagsOf(DatabaseConfig database) {
        List<HostConfig> hosts = database.hosts().hosts();
        return Tags.of(
                "name", database.name(),
                "host", hosts.get(0).host(),
                "port", Integer.toString(hosts.get(0).port()),
                "database", database.databaseName().orElse(database.name()),
                "force_user", database.user().orElse(""),
                "pool_mode",
                        database.pool()
                                .mode()
                                .orElse(pool.config().poolMode())
                                .name()
                                .toLowerCase(Locale.ROOT));
    }

    /** Brings the meters of pools and databases in line with those that are there. */
    private void bindPassing(Binding binding) {
        Set<Object> present = new HashSet<>(pools.keySet());
        present.addAll(databases.keySet());
        present.add(POOLER);
        // the configuration may have changed
        Map<Tags, DatabaseConfig> configured = new HashMap<>();
        pool.config().databases().values().forEach(database -> configured.put(tagsOf(database), database));
        present.addAll(configured.keySet());
        binding.passing.entrySet().removeIf(entry -> {
            boolean gone = !present.contains(entry.getKey());
            if (gone) {
                entry.getValue().values().forEach(binding.registry::remove);
            }
            return gone;
        });
        for (PgPoolMeters meter : PgPoolMeters.values()) {
            Reading reading = meter.reading();
            if (reading instanceof Reading.OfDatabaseConfig of) {
                configured.forEach((tags, database) -> once(
                        binding,
                        tags,
                        meter.meterName(),
                        () -> gauge(binding, meter, tags, m -> m.configured(of, database.name()))));
            } else if (reading instanceof Reading.OfConfiguredDatabase of) {
                configured.forEach((tags, database) -> once(
                        binding,
                        tags,
                        meter.meterName(),
                        () -> gauge(binding, meter, tags, m -> m.observed(of, database.name()))));
            } else if (reading instanceof Reading.ByState of) {
                pools.values().forEach(known -> bindStates(binding, meter, of, known));
            } else if (reading instanceof Reading.OfTraffic of) {
                databases.keySet().forEach(name -> bindTraffic(binding, meter, of, name));
            } else if (reading instanceof Reading.OfPool of) {
                pools.keySet().forEach(key -> bindPool(binding, meter, of, key));
            } else if (reading instanceof Reading.OfLatency of) {
                pools.keySet().forEach(key -> bindLatency(binding, meter, of, key));
            } else if (reading instanceof Reading.OfPoolerByReason of) {
                of.value().apply(snapshot).keySet().forEach(reason -> bindReason(binding, meter, of, reason));
            } else if (reading instanceof Reading.ByReason of) {
                pools.values().forEach(known -> bindReasons(binding, meter, of, known));
            }
        }
    }

    private double configured(Reading.OfDatabaseConfig of, String name) {
        DatabaseConfig database = pool.config().databases().get(name);
        return database == null ? 0 : of.value().applyAsDouble(database);
    }

    private double observed(Reading.OfConfiguredDatabase of, String name) {
        PgPoolSnapshot.Database database = database(name);
        return database == null ? 0 : of.value().applyAsDouble(database);
    }

    private void bindStates(Binding binding, PgPoolMeters meter, Reading.ByState of, PgPoolSnapshot.Pool known) {
        PoolKey key = known.key();
        for (String state : of.value().apply(known).keySet()) {
            once(
                    binding,
                    key,
                    meter.meterName() + ' ' + state,
                    () -> gauge(binding, meter, tagsOf(key).and("state", state), m -> {
                        PgPoolSnapshot.Pool now = m.pool(key);
                        return now == null ? 0 : of.value().apply(now).getOrDefault(state, 0L);
                    }));
        }
    }

    private void bindTraffic(Binding binding, PgPoolMeters meter, Reading.OfTraffic of, String name) {
        Tags tags = Tags.of("database", name);
        ToDoubleFunction<PgPoolMetrics> value = m -> {
            PgPoolSnapshot.Database database = m.database(name);
            return database == null ? 0 : of.value().applyAsDouble(database.traffic());
        };
        once(binding, name, meter.meterName(), () -> counter(binding, meter, meter.meterName(), tags, value));
        if (bothFamilies && meter.meterName().startsWith(STATS)) {
            String other = STATS + "totals." + meter.meterName().substring(STATS.length());
            once(binding, name, other, () -> counter(binding, meter, other, tags, value));
        }
    }

    private void bindPool(Binding binding, PgPoolMeters meter, Reading.OfPool of, PoolKey key) {
        ToDoubleFunction<PgPoolMetrics> value = m -> {
            PgPoolSnapshot.Pool known = m.pool(key);
            return known == null ? 0 : of.value().applyAsDouble(known);
        };
        once(
                binding,
                key,
                meter.meterName(),
                () -> meter.isCounter()
                        ? counter(binding, meter, meter.meterName(), tagsOf(key), value)
                        : gauge(binding, meter, tagsOf(key), value));
    }

    private void bindReason(Binding binding, PgPoolMeters meter, Reading.OfPoolerByReason of, String reason) {
        once(
                binding,
                POOLER,
                meter.meterName() + ' ' + reason,
                () -> counter(
                        binding,
                        meter,
                        meter.meterName(),
                        Tags.of("reason", reason),
                        m -> of.value().apply(m.fresh()).getOrDefault(reason, 0L)));
    }

    private void bindReasons(Binding binding, PgPoolMeters meter, Reading.ByReason of, PgPoolSnapshot.Pool known) {
        PoolKey key = known.key();
        for (String reason : of.value().apply(known).keySet()) {
            once(
                    binding,
                    key,
                    meter.meterName() + ' ' + reason,
                    () -> counter(binding, meter, meter.meterName(), tagsOf(key).and("reason", reason), m -> {
                        PgPoolSnapshot.Pool now = m.pool(key);
                        return now == null ? 0 : of.value().apply(now).getOrDefault(reason, 0L);
                    }));
        }
    }

    private void bindLatency(Binding binding, PgPoolMeters meter, Reading.OfLatency of, PoolKey key) {
        ToLongFunction<PgPoolMetrics> count = m -> m.latency(of, key, Latency::count);
        ToDoubleFunction<PgPoolMetrics> total =
                m -> m.latency(of, key, latency -> latency.total().toNanos());
        once(
                binding,
                key,
                meter.meterName(),
                () -> FunctionTimer.builder(meter.meterName(), this, count, total, TimeUnit.NANOSECONDS)
                        .description(meter.description())
                        .tags(extra.and(tagsOf(key)))
                        .register(binding.registry));
        List<Function<Latency, Duration>> percentiles = List.of(Latency::p50, Latency::p90, Latency::p99);
        for (int i = 0; i < PERCENTILES.length; i++) {
            Function<Latency, Duration> percentile = percentiles.get(i);
            String phi = Double.toString(PERCENTILES[i]);
            once(
                    binding,
                    key,
                    meter.meterName() + ' ' + phi,
                    () -> Gauge.builder(
                                    meter.meterName() + ".percentile",
                                    this,
                                    m -> m.latency(
                                                    of,
                                                    key,
                                                    latency -> percentile
                                                            .apply(latency)
                                                            .toNanos())
                                            / 1e9)
                            .description(meter.description() + ": so many took no longer")
                            .baseUnit("seconds")
                            .tags(extra.and(tagsOf(key)).and("phi", phi))
                            .strongReference(true)
                            .register(binding.registry));
        }
    }

    private long latency(Reading.OfLatency of, PoolKey key, ToLongFunction<Latency> value) {
        PgPoolSnapshot.Pool known = pool(key);
        return known == null ? 0 : value.applyAsLong(of.value().apply(known.latencies()));
    }

    private static Tags tagsOf(PoolKey key) {
        return Tags.of("database", key.database(), "user", key.user());
    }

    private static void once(Binding binding, Object owner, String name, Supplier<Meter> make) {
        binding.passing.computeIfAbsent(owner, o -> new HashMap<>()).computeIfAbsent(name, n -> make.get());
    }

    private Gauge gauge(Binding binding, PgPoolMeters meter, Tags tags, ToDoubleFunction<PgPoolMetrics> value) {
        return Gauge.builder(meter.meterName(), this, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(extra.and(tags))
                .strongReference(true)
                .register(binding.registry);
    }

    private FunctionCounter counter(
            Binding binding, PgPoolMeters meter, String name, Tags tags, ToDoubleFunction<PgPoolMetrics> value) {
        return FunctionCounter.builder(name, this, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(extra.and(tags))
                .register(binding.registry);
    }

    // ---- the snapshot that all of them read

    private synchronized PgPoolSnapshot fresh() {
        refresh();
        return snapshot;
    }

    private synchronized PgPoolSnapshot.@Nullable Pool pool(PoolKey key) {
        refresh();
        return pools.get(key);
    }

    private synchronized PgPoolSnapshot.@Nullable Database database(String name) {
        refresh();
        return databases.get(name);
    }

    private void refresh() {
        long now = System.nanoTime();
        if (now - takenNanos < FRESH_NANOS) {
            return;
        }
        takenNanos = now;
        try {
            snapshot = pool.snapshot();
        } catch (IllegalStateException notRunning) {
            snapshot = PgPoolSnapshot.EMPTY;
        }
        Map<PoolKey, PgPoolSnapshot.Pool> byKey = new HashMap<>();
        snapshot.pools().forEach(known -> byKey.put(known.key(), known));
        pools = byKey;
        Map<String, PgPoolSnapshot.Database> byName = new HashMap<>();
        snapshot.databases().forEach(known -> byName.put(known.name(), known));
        databases = byName;
        bindings.forEach(this::bindPassing);
    }

    /** Removes all meters. Idempotent. */
    @Override
    public synchronized void close() {
        for (Binding binding : bindings) {
            binding.lasting.forEach(binding.registry::remove);
            binding.passing.values().forEach(meters -> meters.values().forEach(binding.registry::remove));
        }
        bindings.clear();
    }
}
