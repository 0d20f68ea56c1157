package dev.pgpool.certwatch.internal.render;

import dev.pgpool.certwatch.AddressResult;
import dev.pgpool.certwatch.CertChain;
import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertSnapshot;
import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.metrics.CertWatchMeters;
import dev.pgpool.certwatch.metrics.CertificateSeries;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The meters of targets in Prometheus' text format, straight from a snapshot: nothing is kept between two scrapes, where a
 * registry keeps an object of most of a kilobyte for each of nearly twenty meters of each target.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Exposition formats</a>
 */
public final class Exposition {

    /** Certificates with a thousand names would make a line that no one can read. */
    private static final int MAX_NAMES_LENGTH = 512;

    private final Map<CertWatchMeters, Double> shared;
    private final Appendable out;
    private final CertSnapshot snapshot;

    private final boolean instances;
    /** Series of certificates by target, with the ends of validity. */
    private Map<String, Map<String, CertificateFacts>> certificates = Map.of();

    private int leftOut;

    private Exposition(Map<CertWatchMeters, Double> shared, Appendable out, CertSnapshot snapshot, boolean instances) {
        this.shared = shared;
        this.out = out;
        this.snapshot = snapshot;
        this.instances = instances;
    }

    /** Writes the families of one target, as of the end of its look and without its name. */
    public static void write(CertReport report, Appendable out) throws IOException {
        Exposition page =
                new Exposition(Map.of(), out, new CertSnapshot(report.checkedAt(), List.of(report), List.of()), false);
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            page.family(meter, null);
        }
    }

    /**
     * Writes all families of targets, and those given of the watch.
     *
     * @param shared values without an instance
     * @param certificateSeries at most so many certificates have series of their own
     */
    public static void write(
            CertSnapshot snapshot, Map<CertWatchMeters, Double> shared, int certificateSeries, Appendable out)
            throws IOException {
        Exposition page = new Exposition(shared, out, snapshot, true);
        page.choose(certificateSeries);
        Map<CertWatchMeters, Double> all = new EnumMap<>(shared);
        if (certificateSeries > 0) {
            all.put(CertWatchMeters.CERTIFICATES_LEFT_OUT, (double) page.leftOut);
        }
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            page.family(meter, all.get(meter));
        }
    }

    /** The certificates that have series: of the worst targets first, which come first here. */
    private void choose(int max) {
        if (max == 0) {
            return;
        }
        certificates = new HashMap<>();
        int left = max;
        for (CertReport report : snapshot.reports()) {
            Map<String, CertificateFacts> own = new LinkedHashMap<>();
            for (CertChain chain : report.chains()) {
                for (CertChain.Entry entry : chain.entries()) {
                    String labels = text(CertificateSeries.labels(chain, entry));
                    if (own.containsKey(labels)) {
                        continue;
                    }
                    if (left > 0) {
                        left--;
                        own.put(labels, entry.certificate());
                    } else {
                        leftOut++;
                    }
                }
            }
            certificates.put(report.target().name(), own);
        }
    }

    private Map<String, CertificateFacts> certificates(CertReport report) {
        return certificates.getOrDefault(report.target().name(), Map.of());
    }

    private static String text(Map<String, String> labels) {
        StringBuilder text = new StringBuilder();
        labels.forEach((name, value) -> text.append(text.isEmpty() ? "" : ",")
                .append(name)
                .append("=\"")
                .append(escaped(value))
                .append('"'));
        return text.toString();
    }

    private void family(CertWatchMeters meter, @Nullable Double shared) throws IOException {
        boolean begun = false;
        if (shared != null && meter != CertWatchMeters.INTERVAL) {
            head(meter);
            line(meter, "", shared);
            return;
        }
        for (CertReport report : snapshot.reports()) {
            // Labels are a set: what occurs twice, such as one finding at two addresses, must be one line.
            Set<String> labels = labels(meter, report);
            for (String more : labels) {
                Double value = value(meter, report, more);
                if (value != null) {
                    if (!begun) {
                        head(meter);
                        begun = true;
                    }
                    line(meter, join(instance(report), more), value);
                }
            }
        }
    }

    private String instance(CertReport report) {
        StringBuilder labels = new StringBuilder();
        if (instances) {
            labels.append("instance=\"").append(escaped(report.target().name())).append('"');
        }
        report.target()
                .labels()
                .forEach((name, value) -> labels.append(labels.isEmpty() ? "" : ",")
                        .append(name)
                        .append("=\"")
                        .append(escaped(value))
                        .append('"'));
        return labels.toString();
    }

    private void head(CertWatchMeters meter) throws IOException {
        String name = meter.prometheusName();
        out.append("# HELP ")
                .append(name)
                .append(' ')
                .append(meter.description())
                .append('\n');
        out.append("# TYPE ").append(name).append(meter == CertWatchMeters.RENEWALS ? " counter\n" : " gauge\n");
    }

    private void line(CertWatchMeters meter, String labels, double value) throws IOException {
        out.append(meter.prometheusName());
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ').append(number(value)).append('\n');
    }

    private static String join(String instance, String more) {
        return more.isEmpty() || instance.isEmpty() ? instance + more : instance + "," + more;
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    /** Label sets besides the instance; one empty text if there are none. */
    private Set<String> labels(CertWatchMeters meter, CertReport report) {
        Set<String> labels = new LinkedHashSet<>();
        switch (meter) {
            case EXPIRY -> {
                for (Kind kind : Kind.values()) {
                    labels.add("kind=\"" + kind.name() + '"');
                }
            }
            case FINDING -> {
                for (Finding finding : report.findings()) {
                    labels.add("code=\"" + finding.code().name() + '"');
                }
            }
            case MUTED -> {
                for (Finding finding : report.muted()) {
                    labels.add("code=\"" + finding.code().name() + '"');
                }
            }
            case TLS_VERSION -> {
                for (AddressResult address : report.addresses()) {
                    if (address.tlsVersion() != null) {
                        labels.add("version=\"" + escaped(address.tlsVersion()) + '"');
                    }
                }
            }
            case CERTIFICATE_NOT_AFTER, CERTIFICATE_NOT_BEFORE ->
                labels.addAll(certificates(report).keySet());
            case LAST_CHAIN_INFO -> {
                CertificateFacts leaf = report.leaf();
                if (leaf != null) {
                    labels.add(info(leaf));
                }
            }
            default -> labels.add("");
        }
        return labels;
    }

    /** Names of the tag {@code kind}. */
    private enum Kind {
        effective,
        leaf,
        served,
        verified,
        anchor,
        staple
    }

    private @Nullable Double value(CertWatchMeters meter, CertReport report, String labels) {
        return switch (meter) {
            case SUCCESS -> report.success() ? 1.0 : 0.0;
            case DURATION -> report.duration().toNanos() / 1e9;
            case EARLIEST_EXPIRY -> seconds(report.expiry().served());
            case LAST_CHAIN_EXPIRY -> seconds(report.expiry().verified());
            case LAST_CHAIN_INFO, TLS_VERSION, FINDING, MUTED -> 1.0;
            case EXPIRY -> seconds(expiry(report, Kind.valueOf(labels.substring(6, labels.length() - 1))));
            case NOT_BEFORE -> seconds(report.expiry().notBefore());
            case REMAINING_RATIO -> ratio(report);
            case PASSED_RATIO ->
                report.leaf() == null ? null : (Double) report.leaf().lifetimePassed(snapshot.at());
            case RENEWAL -> report.leaf() == null ? null : seconds(report.leaf().renewalTime());
            case CERTIFICATE_NOT_AFTER -> seconds(certificate(report, labels).notAfter());
            case CERTIFICATE_NOT_BEFORE -> seconds(certificate(report, labels).notBefore());
            case LEVEL -> (double) report.level().ordinal();
            case LAST_PROBE -> seconds(report.checkedAt());
            case LAST_GOOD -> seconds(report.chainSeenAt());
            case LAST_GOOD_AGE -> age(report);
            case RENEWALS -> (double) report.renewals();
            case INTERVAL -> interval(report);
            case PROBES, NOTICES, IN_FLIGHT, TARGETS, SCHEDULE_LAG, CERTIFICATES_LEFT_OUT -> null;
        };
    }

    private CertificateFacts certificate(CertReport report, String labels) {
        CertificateFacts certificate = certificates(report).get(labels);
        if (certificate == null) {
            throw new IllegalStateException("labels without a certificate: " + labels);
        }
        return certificate;
    }

    private static @Nullable Instant expiry(CertReport report, Kind kind) {
        return switch (kind) {
            case effective -> report.expiry().effective();
            case leaf -> report.expiry().leaf();
            case served -> report.expiry().served();
            case verified -> report.expiry().verified();
            case anchor -> report.expiry().anchor();
            case staple ->
                report.expiry().staple() == null
                        ? null
                        : report.expiry().staple().nextUpdate();
        };
    }

    private @Nullable Double interval(CertReport report) {
        Duration own = report.target().policy().interval();
        return own == null ? shared.get(CertWatchMeters.INTERVAL) : (Double) (own.toNanos() / 1e9);
    }

    private @Nullable Double age(CertReport report) {
        Instant seen = report.chainSeenAt();
        return seen == null ? null : Duration.between(seen, snapshot.at()).toMillis() / 1e3;
    }

    private @Nullable Double ratio(CertReport report) {
        CertificateFacts leaf = report.leaf();
        return leaf == null || leaf.lifetime().isZero()
                ? null
                : Math.max(0, leaf.remaining(snapshot.at()).toMillis())
                        / (double) leaf.lifetime().toMillis();
    }

    private static @Nullable Double seconds(@Nullable Instant instant) {
        return instant == null ? null : (double) instant.getEpochSecond();
    }

    private static String info(CertificateFacts leaf) {
        return "fingerprint_sha256=\"" + leaf.sha256() + "\",issuer=\"" + escaped(leaf.issuer()) + "\",serialnumber=\""
                + leaf.serial() + "\",subject=\"" + escaped(leaf.subject()) + "\",subjectalternative=\""
                + escaped(names(leaf)) + '"';
    }

    private static String names(CertificateFacts leaf) {
        String names = String.join(",", leaf.dnsNames());
        return names.length() <= MAX_NAMES_LENGTH ? names : names.substring(0, MAX_NAMES_LENGTH);
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
