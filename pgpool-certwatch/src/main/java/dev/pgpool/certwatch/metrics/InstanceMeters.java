package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.report.CertChain;
import dev.pgpool.certwatch.report.CertReport;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The meters of one target in a registry of any kind. They read the last report when scraped; a report only registers what has become
 * known and removes what is known no longer. Guarded by the {@link RegisteredMeters} that made it.
 */
final class InstanceMeters {

    private static final Logger LOGGER = LoggerFactory.getLogger(InstanceMeters.class);

    private final MeterRegistry registry;
    private final Tags tags;
    private final boolean chainInfo;
    private final Clock clock;
    private final SeriesBudget budget;
    private final Duration watchInterval;
    private final Map<Key, Figure> registered = new HashMap<>();
    private final Set<Key> wanted = new HashSet<>();
    private volatile CertReport report;
    private volatile int leftOut;

    private record Key(CertWatchMeters meter, List<Tag> tags) {}

    /** What a meter reads. */
    private static final class Figure {
        private final CertWatchMeters family;
        private final InstanceMeters owner;
        private volatile double last;
        private Meter meter;

        @SuppressWarnings("NullAway.Init") // set once the meter is registered, which needs this object
        Figure(CertWatchMeters family, InstanceMeters owner, double first) {
            this.family = family;
            this.owner = owner;
            this.last = first;
        }

        double value() {
            double now = TargetSeries.ofTheMoment(family, owner.report, owner.clock.instant());
            return Double.isNaN(now) ? last : now;
        }
    }

    InstanceMeters(
            MeterRegistry registry,
            Tags tags,
            boolean chainInfo,
            Clock clock,
            Duration watchInterval,
            SeriesBudget budget,
            CertReport first) {
        this.budget = budget;
        this.registry = registry;
        this.tags = tags;
        this.chainInfo = chainInfo;
        this.clock = clock;
        this.watchInterval = watchInterval;
        this.report = first;
    }

    void onReport(CertReport latest) {
        report = latest;
        wanted.clear();
        Instant now = clock.instant();
        CertificateSeries none = CertificateSeries.choose(List.of(), 0);
        for (CertWatchMeters family : CertWatchMeters.values()) {
            if (family != CertWatchMeters.LAST_CHAIN_INFO || chainInfo) {
                TargetSeries.give(
                        family, latest, none, now, watchInterval, (value, labels) -> want(family, value, labels));
            }
        }
        Map<List<String>, CertChain.Entry> certificates = budget.allowsAny() ? CertificateSeries.all(latest) : Map.of();
        Set<Key> dates = new HashSet<>();
        certificates.forEach((labels, entry) -> {
            for (CertWatchMeters family : CertWatchMeters.OF_CERTIFICATES) {
                if (TargetSeries.time(family, entry) != null) {
                    dates.add(key(family, labels.toArray(String[]::new)));
                }
            }
        });
        registered.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey()) && !dates.contains(entry.getKey());
            if (gone) {
                registry.remove(entry.getValue().meter);
                onGone(entry.getKey());
            }
            return gone;
        });
        // After those that are gone, which may have made room.
        add(certificates);
    }

    private void add(Map<List<String>, CertChain.Entry> certificates) {
        int without = 0;
        for (Map.Entry<List<String>, CertChain.Entry> one : certificates.entrySet()) {
            String[] labels = one.getKey().toArray(String[]::new);
            boolean has = registered.containsKey(key(CertWatchMeters.CERTIFICATE_NOT_AFTER, labels));
            if (!has && !budget.take()) {
                without++;
                continue;
            }
            for (CertWatchMeters family : CertWatchMeters.OF_CERTIFICATES) {
                Instant time = TargetSeries.time(family, one.getValue());
                if (time != null) {
                    want(family, (double) time.getEpochSecond(), labels);
                }
            }
            if (!has && !registered.containsKey(key(CertWatchMeters.CERTIFICATE_NOT_AFTER, labels))) {
                budget.giveBack();
            }
        }
        leftOut = without;
    }

    private void onGone(Key key) {
        if (key.meter() == CertWatchMeters.CERTIFICATE_NOT_AFTER) {
            budget.giveBack();
        }
    }

    /** Certificates of the last report without meters. */
    int leftOut() {
        return leftOut;
    }

    CertReport report() {
        return report;
    }

    void remove() {
        registered.forEach((key, figure) -> {
            registry.remove(figure.meter);
            onGone(key);
        });
        registered.clear();
    }

    private static Key key(CertWatchMeters family, String[] labels) {
        return new Key(family, Tags.of(labels).stream().toList());
    }

    private void want(CertWatchMeters family, double value, String[] labels) {
        Key key = key(family, labels);
        wanted.add(key);
        Figure known = registered.get(key);
        if (known == null) {
            register(key, value, labels);
        } else {
            known.last = value;
        }
    }

    private void register(Key key, double value, String[] labels) {
        CertWatchMeters family = key.meter();
        Figure figure = new Figure(family, this, value);
        Tags all = labels.length == 0 ? tags : tags.and(Arrays.copyOf(labels, labels.length));
        try {
            figure.meter = family == CertWatchMeters.RENEWALS
                    ? FunctionCounter.builder(family.meterName(), figure, Figure::value)
                            .description(family.description())
                            .tags(all)
                            .register(registry)
                    : Gauge.builder(family.meterName(), figure, Figure::value)
                            .description(family.description())
                            .baseUnit(family.baseUnit())
                            .tags(all)
                            .strongReference(true)
                            .register(registry);
            registered.put(key, figure);
        } catch (IllegalArgumentException e) {
            // Another library has this name with other tag keys; one lost meter must not cost the others.
            LOGGER.warn("meter {} cannot be registered: {}", family.meterName(), e.getMessage());
        }
    }
}
