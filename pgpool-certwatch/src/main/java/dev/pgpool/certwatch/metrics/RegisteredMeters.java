package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A meter for each figure of each target, in a registry of any kind. */
final class RegisteredMeters implements TargetMeters {

    private final CertWatch watch;
    private final MeterRegistry registry;
    private final Tags extra;
    private final boolean chainInfo;
    private final SeriesBudget budget;
    private final Map<String, InstanceMeters> instances = new HashMap<>();
    private final Set<String> labelNames = new TreeSet<>();
    private boolean closed;

    RegisteredMeters(CertWatch watch, MeterRegistry registry, Tags extra, boolean chainInfo) {
        this.watch = watch;
        this.registry = registry;
        this.extra = extra;
        this.chainInfo = chainInfo;
        this.budget = new SeriesBudget(watch.config().exposure().certificateSeries());
    }

    /** What was known before we listened; events that come meanwhile know better. */
    synchronized void catchUp() {
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

    @Override
    public synchronized void onReport(CertReport report) {
        if (!closed) {
            if (labelNames.addAll(report.target().labels().keySet())) {
                registerAgain();
            }
            instances
                    .computeIfAbsent(report.target().name(), name -> meters(report))
                    .onReport(report);
        }
    }

    @Override
    public synchronized void onRemoved(CertTarget target) {
        InstanceMeters meters = instances.remove(target.name());
        if (meters != null) {
            meters.remove();
        }
    }

    synchronized int leftOut() {
        return instances.values().stream().mapToInt(InstanceMeters::leftOut).sum();
    }

    private InstanceMeters meters(CertReport report) {
        return new InstanceMeters(
                registry,
                tags(report.target()),
                chainInfo,
                watch.clock(),
                watch.config().schedule().interval(),
                budget,
                report);
    }

    /** Some registries want the same tags at all meters of a name: a label that a target does not have is empty. */
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

    @Override
    public synchronized void close() {
        closed = true;
        instances.values().forEach(InstanceMeters::remove);
        instances.clear();
    }
}
