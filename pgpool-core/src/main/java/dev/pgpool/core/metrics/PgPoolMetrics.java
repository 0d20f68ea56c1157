package dev.pgpool.core.metrics;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.stats.Latency;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
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
    /** What the console says it is. */
    private static final String VERSION = "1.25.2";
    /** Whose the meters are that are neither of a pool nor of a database. */
    private static final Object POOLER = new Object();

    private final PgPool pool;
    private final MeterNames names;
    private final FreshAdvice advice;
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

    PgPoolMetrics(PgPool pool, MeterNames names) {
        this.pool = pool;
        this.names = names;
        this.advice = new FreshAdvice(pool);
    }

    /** Meters as {@link #builder} makes them if it is told nothing. */
    public static PgPoolMetrics of(PgPool pool) {
        return builder(pool).build();
    }

    /** Describes meters. */
    public static PgPoolMetricsBuilder builder(PgPool pool) {
        return new PgPoolMetricsBuilder(pool);
    }

    /**
     * Puts the meters into a registry; several may have them.
     *
     * @throws IllegalStateException if the registry has meters of these names and tags: of this pooler, or of another one without a
     *     name or tags of its own
     */
    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        Binding binding = new Binding(registry);
        requireNew(binding);
        EnumSet.complementOf(EnumSet.of(PgPoolMeters.UP)).forEach(meter -> bindLasting(binding, meter));
        bindings.add(binding);
        takenNanos = System.nanoTime() - FRESH_NANOS;
        refresh();
        bindPassing(binding);
    }

    /** Two poolers whose meters are called the same would take each other's away. */
    private void requireNew(Binding binding) {
        Collection<Meter> before =
                binding.registry.find(names.of(PgPoolMeters.UP)).meters();
        bindLasting(binding, PgPoolMeters.UP);
        if (before.containsAll(binding.lasting)) {
            throw new IllegalStateException("the registry has the meters of another pooler, or of this one already"
                    + " (expected: poolers with names of their own, or tags)");
        }
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
                        names.of(meter),
                        () -> gauge(binding, meter, tags, m -> m.configured(of, database.name()))));
            } else if (reading instanceof Reading.OfConfiguredDatabase of) {
                configured.forEach((tags, database) -> once(
                        binding,
                        tags,
                        names.of(meter),
                        () -> gauge(binding, meter, tags, m -> m.observed(of, database.name()))));
            } else if (reading instanceof Reading.ByState of) {
                pools.values().forEach(known -> bindStates(binding, meter, of, known));
            } else if (reading instanceof Reading.OfTraffic of) {
                databases.keySet().forEach(name -> bindTraffic(binding, meter, of, name));
            } else if (reading instanceof Reading.OfPool of) {
                pools.keySet().forEach(key -> bindPool(binding, meter, of, key));
            } else if (reading instanceof Reading.OfAdvice of) {
                pools.keySet().forEach(key -> bindAdvice(binding, meter, of, key));
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
                    names.of(meter) + ' ' + state,
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
        for (String called : names.allOf(meter)) {
            once(binding, name, called, () -> counter(binding, meter, called, tags, value));
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
                names.of(meter),
                () -> meter.isCounter()
                        ? counter(binding, meter, names.of(meter), tagsOf(key), value)
                        : gauge(binding, meter, tagsOf(key), value));
    }

    private void bindAdvice(Binding binding, PgPoolMeters meter, Reading.OfAdvice of, PoolKey key) {
        once(binding, key, names.of(meter), () -> gauge(binding, meter, tagsOf(key), m -> m.advised(of, key)));
    }

    private synchronized double advised(Reading.OfAdvice of, PoolKey key) {
        PoolAdvice known = advice.of(key);
        return known == null ? Double.NaN : of.value().applyAsDouble(known);
    }

    private void bindReason(Binding binding, PgPoolMeters meter, Reading.OfPoolerByReason of, String reason) {
        once(
                binding,
                POOLER,
                names.of(meter) + ' ' + reason,
                () -> counter(
                        binding,
                        meter,
                        names.of(meter),
                        Tags.of("reason", reason),
                        m -> of.value().apply(m.fresh()).getOrDefault(reason, 0L)));
    }

    private void bindReasons(Binding binding, PgPoolMeters meter, Reading.ByReason of, PgPoolSnapshot.Pool known) {
        PoolKey key = known.key();
        for (String reason : of.value().apply(known).keySet()) {
            once(
                    binding,
                    key,
                    names.of(meter) + ' ' + reason,
                    () -> counter(binding, meter, names.of(meter), tagsOf(key).and("reason", reason), m -> {
                        PgPoolSnapshot.Pool now = m.pool(key);
                        return now == null ? 0 : of.value().apply(now).getOrDefault(reason, 0L);
                    }));
        }
    }

    private void bindLatency(Binding binding, PgPoolMeters meter, Reading.OfLatency of, PoolKey key) {
        String name = names.of(meter);
        LatencyMeters meters = new LatencyMeters(
                this,
                name,
                meter.description(),
                names.extra().and(tagsOf(key)),
                binding.registry,
                m -> m.latency(of, key));
        once(binding, key, name, meters::timer);
        meters.percentiles().forEach((phi, make) -> once(binding, key, name + ' ' + phi, make));
        if (names.histograms()) {
            meters.histogram().forEach((le, make) -> once(binding, key, name + " le " + le, make));
        }
    }

    private @Nullable Latency latency(Reading.OfLatency of, PoolKey key) {
        PgPoolSnapshot.Pool known = pool(key);
        return known == null ? null : of.value().apply(known.latencies());
    }

    private static Tags tagsOf(PoolKey key) {
        return Tags.of("database", key.database(), "user", key.user());
    }

    private static void once(Binding binding, Object owner, String name, Supplier<Meter> make) {
        binding.passing.computeIfAbsent(owner, o -> new HashMap<>()).computeIfAbsent(name, n -> make.get());
    }

    private Gauge gauge(Binding binding, PgPoolMeters meter, Tags tags, ToDoubleFunction<PgPoolMetrics> value) {
        return Gauge.builder(names.of(meter), this, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(names.extra().and(tags))
                .strongReference(true)
                .register(binding.registry);
    }

    private FunctionCounter counter(
            Binding binding, PgPoolMeters meter, String name, Tags tags, ToDoubleFunction<PgPoolMetrics> value) {
        return FunctionCounter.builder(name, this, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(names.extra().and(tags))
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
