package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.core.instrument.noop.NoopGauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A Micrometer gauge is an Id, an array of tags, a holder of a weak reference, entries in two maps of the registry and one of the
 * collector of its name, and a list of its tag values: half a kilobyte, twenty times for each target. So in a registry of Prometheus the
 * series of targets are no meters: one collector makes them from a snapshot of the watch when it is scraped, and nothing is kept in
 * between. What the host has told its registry counts all the same: names, common tags and filters are learnt by registering a gauge of
 * each family for a moment, and taking it away again.
 */
/**
 * The series of all targets in a {@link PrometheusMeterRegistry}, those of several watches in one collector: a registry takes each name
 * once. Thread-safe.
 */
final class PrometheusSeries implements MultiCollector {

    private static final Logger LOGGER = LoggerFactory.getLogger(PrometheusSeries.class);
    private static final String INFO = "_info";
    private static final Map<PrometheusMeterRegistry, PrometheusSeries> BY_REGISTRY = new WeakHashMap<>();

    private final List<Bound> bound = new CopyOnWriteArrayList<>();
    private final Set<String> names = new LinkedHashSet<>();

    private PrometheusSeries() {}

    /**
     * A family as the registry has it.
     *
     * @param name without the suffix that the type gives it
     * @param tags of all its series
     */
    private record Family(CertWatchMeters meter, String name, Map<String, String> tags) {}

    /** A watch in a registry. */
    private record Bound(CertWatch watch, Map<CertWatchMeters, Family> families, NamingConvention naming) {}

    /**
     * Binds the targets of a watch.
     *
     * @throws ClassCastException if the registry is of another kind
     */
    static TargetMeters bind(CertWatch watch, MeterRegistry any, Tags extra, boolean chainInfo) {
        PrometheusMeterRegistry registry = (PrometheusMeterRegistry) any;
        synchronized (BY_REGISTRY) {
            PrometheusSeries series = BY_REGISTRY.get(registry);
            PrometheusSeries own = series == null ? new PrometheusSeries() : series;
            Map<CertWatchMeters, Family> families = new EnumMap<>(CertWatchMeters.class);
            for (CertWatchMeters meter : CertWatchMeters.values()) {
                if (meter.ofTarget() && (meter != CertWatchMeters.LAST_CHAIN_INFO || chainInfo)) {
                    Family family = own.family(registry, meter, extra);
                    if (family != null) {
                        families.put(meter, family);
                    }
                }
            }
            Bound one = new Bound(watch, families, registry.config().namingConvention());
            // Registered anew, as it is asked for its names only then.
            if (series != null) {
                registry.getPrometheusRegistry().unregister(series);
            }
            own.bound.add(one);
            own.rename();
            BY_REGISTRY.put(registry, own);
            registry.getPrometheusRegistry().register(own);
            return () -> own.unbind(registry, one);
        }
    }

    private void unbind(PrometheusMeterRegistry registry, Bound one) {
        synchronized (BY_REGISTRY) {
            if (!bound.contains(one)) {
                return;
            }
            PrometheusRegistry target = registry.getPrometheusRegistry();
            target.unregister(this);
            bound.remove(one);
            rename();
            if (bound.isEmpty()) {
                BY_REGISTRY.remove(registry);
            } else {
                target.register(this);
            }
        }
    }

    private void rename() {
        names.clear();
        bound.forEach(one -> one.families().values().forEach(family -> names.add(family.name())));
    }

    /** What a registry makes of a family; absent if it wants none of it, or has the name from another library. */
    private @Nullable Family family(PrometheusMeterRegistry registry, CertWatchMeters meter, Tags extra) {
        Gauge learnt;
        try {
            learnt = Gauge.builder(meter.meterName(), () -> Double.NaN)
                    .description(meter.description())
                    .baseUnit(meter.baseUnit())
                    .tags(extra)
                    .tag("instance", "")
                    .register(registry);
        } catch (IllegalArgumentException e) {
            // One lost family must not cost the others.
            LOGGER.warn("meter {} cannot be registered: {}", meter.meterName(), e.getMessage());
            return null;
        }
        if (learnt instanceof NoopGauge) {
            return null;
        }
        registry.remove(learnt);
        NamingConvention naming = registry.config().namingConvention();
        String name = learnt.getId().getConventionName(naming);
        String base = name.endsWith(INFO) ? name.substring(0, name.length() - INFO.length()) : name;
        if (!names.contains(base)
                && registry.getPrometheusRegistry()
                                .scrape(other -> other.equals(name) || other.equals(base))
                                .size()
                        > 0) {
            LOGGER.warn("meter {} cannot be registered: the registry has {} already", meter.meterName(), name);
            return null;
        }
        Map<String, String> tags = new TreeMap<>();
        for (Tag tag : learnt.getId().getConventionTags(naming)) {
            if (!tag.getKey().equals("instance")) {
                tags.put(tag.getKey(), tag.getValue());
            }
        }
        return new Family(meter, base, tags);
    }

    /** Names without suffixes. What replaces this method is in the newest releases of the client only. */
    @Override
    @SuppressWarnings("deprecation")
    public List<String> getPrometheusNames() {
        return List.copyOf(names);
    }

    @Override
    public MetricSnapshots collect() {
        Map<String, Points> points = new LinkedHashMap<>();
        for (Bound one : bound) {
            collect(one, points);
        }
        List<MetricSnapshot> snapshots = new ArrayList<>(points.size());
        points.forEach((name, family) -> {
            if (!family.points.isEmpty()) {
                snapshots.add(family.snapshot(name));
            }
        });
        return new MetricSnapshots(snapshots);
    }

    private static void collect(Bound one, Map<String, Points> all) {
        CertSnapshot snapshot = one.watch().snapshot();
        List<CertReport> reports = snapshot.reports();
        CertificateSeries certificates = CertificateSeries.choose(
                reports, one.watch().config().exposure().certificateSeries());
        Duration interval = one.watch().config().schedule().interval();
        Set<String> labelNames = new TreeSet<>();
        for (CertReport report : reports) {
            labelNames.addAll(report.target().labels().keySet());
        }
        Base base = new Base(one.naming(), labelNames);
        for (CertReport report : reports) {
            for (Family family : one.families().values()) {
                Points points = all.computeIfAbsent(family.name(), name -> new Points(family.meter(), reports.size()));
                Labels target = base.of(family, report.target());
                TargetSeries.give(
                        family.meter(),
                        report,
                        certificates,
                        snapshot.at(),
                        interval,
                        (value, labels) -> points.add(value, with(target, labels)));
            }
            base.next();
        }
    }

    /** What a series says of itself comes before what is common to all: common tags may have a {@code version}, too. */
    private static Labels with(Labels target, String[] own) {
        if (own.length == 0) {
            return target;
        }
        Labels labels = Labels.of(own);
        for (int i = 0; i < own.length; i += 2) {
            if (target.contains(own[i])) {
                Map<String, String> merged = new TreeMap<>();
                target.forEach(label -> merged.put(label.getName(), label.getValue()));
                labels.forEach(label -> merged.put(label.getName(), label.getValue()));
                return labels(merged);
            }
        }
        return target.merge(labels);
    }

    private static Labels labels(Map<String, String> sorted) {
        return Labels.of(sorted.keySet().toArray(String[]::new), sorted.values().toArray(String[]::new));
    }

    /** The labels that tell a target: one object for all families that have the same tags, which is all of them as a rule. */
    private static final class Base {
        private final NamingConvention naming;
        private final Set<String> labelNames;
        private Map<String, String> lastTags = Map.of();
        private Labels last = Labels.EMPTY;

        Base(NamingConvention naming, Set<String> labelNames) {
            this.naming = naming;
            this.labelNames = labelNames;
        }

        Labels of(Family family, CertTarget target) {
            if (last.isEmpty() || !lastTags.equals(family.tags())) {
                Map<String, String> all = new TreeMap<>(family.tags());
                all.put("instance", target.name());
                for (String name : labelNames) {
                    all.put(naming.tagKey(name), target.labels().getOrDefault(name, ""));
                }
                last = labels(all);
                lastTags = family.tags();
            }
            return last;
        }

        void next() {
            last = Labels.EMPTY;
        }
    }

    /** The data points of a family. */
    private static final class Points {
        private final CertWatchMeters meter;
        private final List<DataPointSnapshot> points;

        Points(CertWatchMeters meter, int expected) {
            this.meter = meter;
            this.points = new ArrayList<>(expected);
        }

        void add(double value, Labels labels) {
            points.add(
                    meter.isInfo()
                            ? new InfoDataPointSnapshot(labels)
                            : meter == CertWatchMeters.RENEWALS
                                    ? new CounterDataPointSnapshot(value, labels, null, 0)
                                    : new GaugeDataPointSnapshot(value, labels, null));
        }

        @SuppressWarnings("unchecked") // all points are of the meter's kind
        MetricSnapshot snapshot(String name) {
            MetricMetadata metadata = new MetricMetadata(name, meter.description());
            List<?> all = points;
            if (meter.isInfo()) {
                return new InfoSnapshot(metadata, (List<InfoDataPointSnapshot>) all);
            }
            return meter == CertWatchMeters.RENEWALS
                    ? new CounterSnapshot(metadata, (List<CounterDataPointSnapshot>) all)
                    : new GaugeSnapshot(metadata, (List<GaugeDataPointSnapshot>) all);
        }
    }
}
