package dev.pgpool.certwatch.metrics;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertSnapshot;
import dev.pgpool.certwatch.CertTarget;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchListener;
import dev.pgpool.certwatch.Notice;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * Binds the results of a watch to a registry; {@link CertWatchMeters} lists the meters. A scrape reads the last reports and
 * never causes a look. With thousands of targets {@link CertWatch#writePrometheus} takes a fraction of the memory.
 * Thread-safe.
 *
 * <pre>{@code
 * try (CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) { ... }
 * }</pre>
 */
public final class CertWatchMetrics implements AutoCloseable {

    private final MeterRegistry registry;
    private final Tags extra;
    private final boolean chainInfo;
    private final Clock clock;
    private final SeriesBudget budget;
    private final Duration watchInterval;
    private final Map<String, InstanceMeters> instances = new HashMap<>();
    private final Set<Meter> shared = ConcurrentHashMap.newKeySet();
    private final Set<String> labelNames = new TreeSet<>();
    private boolean closed;

    private CertWatchMetrics(
            MeterRegistry registry,
            Tags extra,
            boolean chainInfo,
            Clock clock,
            Duration watchInterval,
            int certificates) {
        this.budget = new SeriesBudget(certificates);
        this.registry = registry;
        this.extra = extra;
        this.chainInfo = chainInfo;
        this.clock = clock;
        this.watchInterval = watchInterval;
    }

    /** Registers all meters, with {@code probe_ssl_last_chain_info} and no further tags. */
    public static CertWatchMetrics bind(CertWatch watch, MeterRegistry registry) {
        return bind(watch, registry, Tags.empty(), true);
    }

    /**
     * Registers the meters.
     *
     * @param extra tags for all of them, to tell apart two watches of one registry
     * @param chainInfo whether to have {@code probe_ssl_last_chain_info}, whose tags change at each renewal
     * @throws IllegalStateException if the registry has these meters from another watch, or another binding of this one: two
     *     of them would take each other's series away
     */
    public static CertWatchMetrics bind(
            CertWatch watch, MeterRegistry registry, Iterable<Tag> extra, boolean chainInfo) {
        requireNonNull(registry, "registry");
        if (registry.find(CertWatchMeters.TARGETS.meterName()).tags(extra).meter() != null) {
            throw new IllegalStateException("the registry has meters of a watch with tags " + Tags.of(extra)
                    + " (expected: other tags for each watch, or the former binding closed)");
        }
        CertWatchMetrics metrics = new CertWatchMetrics(
                registry,
                Tags.of(extra),
                chainInfo,
                watch.clock(),
                watch.config().schedule().interval(),
                watch.config().exposure().certificateSeries());
        if (metrics.budget.allowsAny()) {
            metrics.gauge(CertWatchMeters.CERTIFICATES_LEFT_OUT, watch, w -> metrics.leftOut());
        }
        metrics.gauge(CertWatchMeters.IN_FLIGHT, watch, CertWatch::inFlight);
        metrics.gauge(CertWatchMeters.TARGETS, watch, CertWatch::size);
        metrics.gauge(CertWatchMeters.SCHEDULE_LAG, watch, w -> w.scheduleLag().toNanos() / 1e9);
        watch.addListener(metrics.new Listener());
        metrics.catchUp(watch);
        return metrics;
    }

    /** What was known before we listened; events that come meanwhile know better. */
    private synchronized void catchUp(CertWatch watch) {
        for (CertReport report : watch.snapshot().reports()) {
            if (!instances.containsKey(report.target().name())) {
                onReport(report);
            }
        }
        // A target removed between that snapshot and now told so before its meters were there.
        CertSnapshot now = watch.snapshot();
        Set<String> names = new HashSet<>(now.pending());
        now.reports().forEach(report -> names.add(report.target().name()));
        instances.entrySet().removeIf(instance -> {
            boolean gone = !names.contains(instance.getKey());
            if (gone) {
                instance.getValue().remove();
            }
            return gone;
        });
    }

    private void gauge(CertWatchMeters meter, CertWatch watch, ToDoubleFunction<CertWatch> value) {
        shared.add(Gauge.builder(meter.meterName(), watch, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(extra)
                .strongReference(true)
                .register(registry));
    }

    private synchronized void onReport(CertReport report) {
        if (!closed) {
            if (labelNames.addAll(report.target().labels().keySet())) {
                registerAgain();
            }
            instances
                    .computeIfAbsent(report.target().name(), name -> meters(report))
                    .onReport(report);
        }
    }

    private synchronized int leftOut() {
        return instances.values().stream().mapToInt(InstanceMeters::leftOut).sum();
    }

    private InstanceMeters meters(CertReport report) {
        return new InstanceMeters(registry, tags(report.target()), chainInfo, clock, watchInterval, budget, report);
    }

    /** Prometheus wants the same tags at all meters of a name: a label that a target does not have is empty. */
    private Tags tags(CertTarget target) {
        Tags tags = extra.and("instance", target.name());
        for (String label : labelNames) {
            tags = tags.and(label, target.labels().getOrDefault(label, ""));
        }
        return tags;
    }

    /** A label that no target had before changes the tags of all; a watch knows few, so this happens as often at most. */
    private void registerAgain() {
        List<CertReport> reports =
                instances.values().stream().map(InstanceMeters::report).toList();
        instances.values().forEach(InstanceMeters::remove);
        instances.clear();
        for (CertReport report : reports) {
            InstanceMeters again = meters(report);
            instances.put(report.target().name(), again);
            again.onReport(report);
        }
    }

    private synchronized void onRemoved(CertTarget target) {
        InstanceMeters meters = instances.remove(target.name());
        if (meters != null) {
            meters.remove();
        }
    }

    private synchronized void count(Notice notice) {
        if (!closed) {
            var counter = registry.counter(
                    CertWatchMeters.NOTICES.meterName(),
                    extra.and("kind", notice.kind().name()));
            counter.increment();
            shared.add(counter);
        }
    }

    private synchronized void time(CertReport report) {
        if (!closed) {
            Timer timer = registry.timer(
                    CertWatchMeters.PROBES.meterName(), extra.and("outcome", report.success() ? "success" : "failure"));
            timer.record(report.duration());
            shared.add(timer);
        }
    }

    /** Removes all meters. */
    @Override
    public synchronized void close() {
        closed = true;
        instances.values().forEach(InstanceMeters::remove);
        instances.clear();
        shared.forEach(registry::remove);
        shared.clear();
    }

    private final class Listener implements CertWatchListener {

        @Override
        public void onReport(CertReport report) {
            CertWatchMetrics.this.onReport(report);
            time(report);
        }

        @Override
        public void onNotice(Notice notice) {
            count(notice);
        }

        @Override
        public void onRemoved(CertTarget target) {
            CertWatchMetrics.this.onRemoved(target);
        }
    }
}
