package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.AddressResult;
import dev.pgpool.certwatch.CertChain;
import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.Expiry;
import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.OcspStaple;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The meters of one target. They read the last report when scraped; a report only registers what has become known and
 * removes what is known no longer. Guarded by the {@link CertWatchMetrics} that made it.
 */
final class InstanceMeters {

    private static final Logger LOGGER = LoggerFactory.getLogger(InstanceMeters.class);
    /** Certificates with a thousand names would make a line that no one can read. */
    private static final int MAX_NAMES_LENGTH = 512;

    private final MeterRegistry registry;
    private final Tags tags;
    private final boolean chainInfo;
    private final Clock clock;
    private final SeriesBudget budget;
    private final Duration watchInterval;
    private final Map<Key, Meter> registered = new HashMap<>();
    private final Set<Key> wanted = new HashSet<>();
    private volatile CertReport report;
    private volatile int leftOut;

    private record Key(CertWatchMeters meter, List<Tag> tags) {}

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
        wantRenewals();
        want(CertWatchMeters.SUCCESS, Tags.empty(), r -> r.success() ? 1 : 0);
        want(CertWatchMeters.DURATION, Tags.empty(), r -> r.duration().toNanos() / 1e9);
        want(CertWatchMeters.LEVEL, Tags.empty(), r -> r.level().ordinal());
        want(CertWatchMeters.LAST_PROBE, Tags.empty(), r -> seconds(r.checkedAt()));
        want(CertWatchMeters.INTERVAL, Tags.empty(), this::interval);
        Expiry expiry = latest.expiry();
        wantTime(
                CertWatchMeters.EARLIEST_EXPIRY,
                expiry.served(),
                Tags.empty(),
                r -> r.expiry().served());
        wantTime(
                CertWatchMeters.LAST_CHAIN_EXPIRY,
                expiry.verified(),
                Tags.empty(),
                r -> r.expiry().verified());
        wantTime(
                CertWatchMeters.EXPIRY,
                expiry.effective(),
                kind("effective"),
                r -> r.expiry().effective());
        wantTime(
                CertWatchMeters.EXPIRY,
                expiry.leaf(),
                kind("leaf"),
                r -> r.expiry().leaf());
        wantTime(
                CertWatchMeters.EXPIRY,
                expiry.served(),
                kind("served"),
                r -> r.expiry().served());
        wantTime(
                CertWatchMeters.EXPIRY,
                expiry.verified(),
                kind("verified"),
                r -> r.expiry().verified());
        wantTime(
                CertWatchMeters.EXPIRY,
                expiry.anchor(),
                kind("anchor"),
                r -> r.expiry().anchor());
        wantTime(CertWatchMeters.EXPIRY, nextUpdate(latest), kind("staple"), InstanceMeters::nextUpdate);
        wantTime(
                CertWatchMeters.NOT_BEFORE,
                expiry.notBefore(),
                Tags.empty(),
                r -> r.expiry().notBefore());
        wantTime(CertWatchMeters.LAST_GOOD, latest.chainSeenAt(), Tags.empty(), CertReport::chainSeenAt);
        if (latest.chainSeenAt() != null) {
            want(CertWatchMeters.LAST_GOOD_AGE, Tags.empty(), this::age);
        }
        CertificateFacts leaf = latest.leaf();
        if (leaf != null) {
            want(CertWatchMeters.REMAINING_RATIO, Tags.empty(), this::ratio);
            if (chainInfo) {
                want(CertWatchMeters.LAST_CHAIN_INFO, info(leaf), r -> 1);
            }
        }
        if (leaf != null) {
            want(CertWatchMeters.PASSED_RATIO, Tags.empty(), this::passed);
            wantTime(CertWatchMeters.RENEWAL, leaf.renewalTime(), Tags.empty(), r -> {
                CertificateFacts now = r.leaf();
                return now == null ? null : now.renewalTime();
            });
        }
        Map<Tags, CertificateFacts> certificates = certificates(latest);
        keep(certificates.keySet());
        for (AddressResult address : latest.addresses()) {
            if (address.tlsVersion() != null) {
                want(CertWatchMeters.TLS_VERSION, Tags.of("version", address.tlsVersion()), r -> 1);
            }
        }
        for (Finding finding : latest.findings()) {
            want(CertWatchMeters.FINDING, Tags.of("code", finding.code().name()), r -> 1);
        }
        for (Finding finding : latest.muted()) {
            want(CertWatchMeters.MUTED, Tags.of("code", finding.code().name()), r -> 1);
        }
        registered.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey());
            if (gone) {
                registry.remove(entry.getValue());
                onGone(entry.getKey());
            }
            return gone;
        });
        // After those that are gone, which may have made room.
        add(certificates);
    }

    /** The tags of each certificate of a report; none if they are to have no meters. */
    private Map<Tags, CertificateFacts> certificates(CertReport latest) {
        Map<Tags, CertificateFacts> certificates = new LinkedHashMap<>();
        if (budget.allowsAny()) {
            for (CertChain chain : latest.chains()) {
                for (CertChain.Entry entry : chain.entries()) {
                    certificates.put(tags(CertificateSeries.labels(chain, entry)), entry.certificate());
                }
            }
        }
        return certificates;
    }

    private void keep(Set<Tags> certificates) {
        for (Tags own : certificates) {
            wanted.add(
                    new Key(CertWatchMeters.CERTIFICATE_NOT_AFTER, own.stream().toList()));
            wanted.add(
                    new Key(CertWatchMeters.CERTIFICATE_NOT_BEFORE, own.stream().toList()));
        }
    }

    /** A certificate's figures never change: its meters need no report. */
    private void add(Map<Tags, CertificateFacts> certificates) {
        int without = 0;
        for (Map.Entry<Tags, CertificateFacts> one : certificates.entrySet()) {
            Tags own = one.getKey();
            CertificateFacts certificate = one.getValue();
            Key key =
                    new Key(CertWatchMeters.CERTIFICATE_NOT_AFTER, own.stream().toList());
            if (registered.containsKey(key)) {
                continue;
            }
            if (!budget.take()) {
                without++;
                continue;
            }
            register(key, own, r -> seconds(certificate.notAfter()));
            if (registered.containsKey(key)) {
                register(
                        new Key(CertWatchMeters.CERTIFICATE_NOT_BEFORE, key.tags()),
                        own,
                        r -> seconds(certificate.notBefore()));
            } else {
                budget.giveBack();
            }
        }
        leftOut = without;
    }

    private static Tags tags(Map<String, String> labels) {
        Tags tags = Tags.empty();
        for (Map.Entry<String, String> label : labels.entrySet()) {
            tags = tags.and(label.getKey(), label.getValue());
        }
        return tags;
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

    private static @Nullable Instant nextUpdate(CertReport report) {
        OcspStaple staple = report.expiry().staple();
        return staple == null ? null : staple.nextUpdate();
    }

    private double interval(CertReport report) {
        Duration own = report.target().policy().interval();
        return (own == null ? watchInterval : own).toNanos() / 1e9;
    }

    void remove() {
        registered.forEach((key, meter) -> {
            registry.remove(meter);
            onGone(key);
        });
        registered.clear();
    }

    private interface Time {
        @Nullable
        Instant of(CertReport report);
    }

    private void wantTime(CertWatchMeters meter, @Nullable Instant known, Tags more, Time time) {
        if (known != null) {
            want(meter, more, r -> {
                Instant value = time.of(r);
                return value == null ? Double.NaN : seconds(value);
            });
        }
    }

    private void want(CertWatchMeters meter, Tags more, ToDoubleFunction<CertReport> value) {
        Key key = new Key(meter, more.stream().toList());
        if (wanted.add(key) && !registered.containsKey(key)) {
            register(key, more, value);
        }
    }

    private void register(Key key, Tags more, ToDoubleFunction<CertReport> value) {
        CertWatchMeters meter = key.meter();
        try {
            registered.put(
                    key,
                    Gauge.builder(meter.meterName(), this, own -> value.applyAsDouble(own.report))
                            .description(meter.description())
                            .baseUnit(meter.baseUnit())
                            .tags(tags.and(more))
                            .strongReference(true)
                            .register(registry));
        } catch (IllegalArgumentException e) {
            // Another library has this name with other tag keys; one lost meter must not cost the others.
            LOGGER.warn("meter {} cannot be registered: {}", meter.meterName(), e.getMessage());
        }
    }

    private void wantRenewals() {
        Key key = new Key(CertWatchMeters.RENEWALS, List.of());
        wanted.add(key);
        registered.computeIfAbsent(
                key,
                absent -> FunctionCounter.builder(
                                CertWatchMeters.RENEWALS.meterName(), this, own -> own.report.renewals())
                        .description(CertWatchMeters.RENEWALS.description())
                        .tags(tags)
                        .register(registry));
    }

    private static Tags kind(String kind) {
        return Tags.of("kind", kind);
    }

    /** As Blackbox Exporter has it: of the alternative names only those of the DNS. */
    private static Tags info(CertificateFacts leaf) {
        String names = String.join(",", leaf.dnsNames());
        return Tags.of(
                "fingerprint_sha256",
                leaf.sha256(),
                "subject",
                leaf.subject(),
                "issuer",
                leaf.issuer(),
                "subjectalternative",
                names.length() <= MAX_NAMES_LENGTH ? names : names.substring(0, MAX_NAMES_LENGTH),
                "serialnumber",
                leaf.serial());
    }

    private static double seconds(Instant instant) {
        return instant.getEpochSecond();
    }

    private double age(CertReport report) {
        Instant seen = report.chainSeenAt();
        return seen == null ? Double.NaN : (clock.millis() - seen.toEpochMilli()) / 1e3;
    }

    private double passed(CertReport report) {
        CertificateFacts leaf = report.leaf();
        return leaf == null ? Double.NaN : leaf.lifetimePassed(clock.instant());
    }

    private double ratio(CertReport report) {
        CertificateFacts leaf = report.leaf();
        if (leaf == null || leaf.lifetime().isZero()) {
            return Double.NaN;
        }
        Duration remaining = leaf.remaining(clock.instant());
        return Math.max(0, remaining.toMillis()) / (double) leaf.lifetime().toMillis();
    }
}
