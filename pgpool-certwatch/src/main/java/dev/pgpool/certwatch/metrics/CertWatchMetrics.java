package dev.pgpool.certwatch.metrics;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * Binds the results of a watch to a registry; {@link CertWatchMeters} lists the meters. A scrape never causes a probe. Thread-safe.
 *
 * <p>In a {@code PrometheusMeterRegistry} the series of targets are made when it is scraped, from a snapshot of the watch: ten thousand
 * targets cost no meter. Its common tags and filters count; {@code registry.find} does not know them. Any other registry gets a meter
 * for each figure, which is too much for thousands of targets.
 *
 * <pre>{@code
 * try (CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) { ... }
 * }</pre>
 */
public final class CertWatchMetrics implements AutoCloseable {

    private static final String PROMETHEUS = "io.micrometer.prometheusmetrics.PrometheusMeterRegistry";

    private final MeterRegistry registry;
    private final Tags extra;
    private final TargetMeters targets;
    private final Set<Meter> shared = ConcurrentHashMap.newKeySet();
    private boolean closed;

    private CertWatchMetrics(MeterRegistry registry, Tags extra, TargetMeters targets) {
        this.registry = registry;
        this.extra = extra;
        this.targets = targets;
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
        Tags tags = Tags.of(extra);
        if (registry.find(CertWatchMeters.TARGETS.meterName()).tags(tags).meter() != null) {
            throw new IllegalStateException("the registry has meters of a watch with tags " + tags
                    + " (expected: other tags for each watch, or the former binding closed)");
        }
        boolean series = watch.config().exposure().certificateSeries() > 0;
        if (isPrometheus(registry)) {
            CertWatchMetrics metrics =
                    new CertWatchMetrics(registry, tags, PrometheusSeries.bind(watch, registry, tags, chainInfo));
            metrics.start(watch);
            if (series) {
                metrics.gauge(CertWatchMeters.CERTIFICATES_LEFT_OUT, watch, CertWatchMetrics::leftOut);
            }
            return metrics;
        }
        RegisteredMeters registered = new RegisteredMeters(watch, registry, tags, chainInfo);
        CertWatchMetrics metrics = new CertWatchMetrics(registry, tags, registered);
        metrics.start(watch);
        if (series) {
            metrics.gauge(CertWatchMeters.CERTIFICATES_LEFT_OUT, watch, w -> registered.leftOut());
        }
        registered.catchUp();
        return metrics;
    }

    /** Told by name: the class need not be there. */
    private static boolean isPrometheus(MeterRegistry registry) {
        for (Class<?> type = registry.getClass(); type != null; type = type.getSuperclass()) {
            if (type.getName().equals(PROMETHEUS)) {
                return true;
            }
        }
        return false;
    }

    private static double leftOut(CertWatch watch) {
        return CertificateSeries.choose(
                        watch.snapshot().reports(), watch.config().exposure().certificateSeries())
                .leftOut();
    }

    private void start(CertWatch watch) {
        gauge(CertWatchMeters.IN_FLIGHT, watch, CertWatch::inFlight);
        gauge(CertWatchMeters.TARGETS, watch, CertWatch::size);
        gauge(CertWatchMeters.SCHEDULE_LAG, watch, w -> w.scheduleLag().toNanos() / 1e9);
        watch.addListener(new Listener());
    }

    private void gauge(CertWatchMeters meter, CertWatch watch, ToDoubleFunction<CertWatch> value) {
        shared.add(Gauge.builder(meter.meterName(), watch, value)
                .description(meter.description())
                .baseUnit(meter.baseUnit())
                .tags(extra)
                .strongReference(true)
                .register(registry));
    }

    private synchronized void count(Notice notice) {
        if (!closed) {
            // as Iterable: the registry's methods that take Tags are not in every Micrometer
            Iterable<Tag> tags = extra.and("kind", notice.kind().name());
            var counter = registry.counter(CertWatchMeters.NOTICES.meterName(), tags);
            counter.increment();
            shared.add(counter);
        }
    }

    private synchronized void time(CertReport report) {
        if (!closed) {
            Iterable<Tag> tags = extra.and("outcome", report.success() ? "success" : "failure");
            Timer timer = registry.timer(CertWatchMeters.PROBES.meterName(), tags);
            timer.record(report.duration());
            shared.add(timer);
        }
    }

    /** Removes all meters. */
    @Override
    public synchronized void close() {
        closed = true;
        targets.close();
        shared.forEach(registry::remove);
        shared.clear();
    }

    private final class Listener implements CertWatchListener {

        @Override
        public void onReport(CertReport report) {
            targets.onReport(report);
            time(report);
        }

        @Override
        public void onNotice(Notice notice) {
            count(notice);
        }

        @Override
        public void onRemoved(CertTarget target) {
            targets.onRemoved(target);
        }
    }
}
