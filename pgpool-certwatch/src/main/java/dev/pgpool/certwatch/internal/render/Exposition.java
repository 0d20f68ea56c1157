package dev.pgpool.certwatch.internal.render;

import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertSnapshot;
import dev.pgpool.certwatch.metrics.CertWatchMeters;
import dev.pgpool.certwatch.metrics.CertificateSeries;
import dev.pgpool.certwatch.metrics.TargetSeries;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meters of targets in Prometheus' text format, straight from a snapshot: nothing is kept between two scrapes.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Exposition formats</a>
 */
public final class Exposition {

    private final Appendable out;
    private final CertSnapshot snapshot;
    private final boolean instances;
    private final CertificateSeries certificates;
    private final @Nullable Duration watchInterval;

    private Exposition(
            Appendable out,
            CertSnapshot snapshot,
            boolean instances,
            int certificateSeries,
            @Nullable Duration watchInterval) {
        this.out = out;
        this.snapshot = snapshot;
        this.instances = instances;
        this.certificates = CertificateSeries.choose(snapshot.reports(), certificateSeries);
        this.watchInterval = watchInterval;
    }

    /** Writes the families of one target, as of the end of its look and without its name. */
    public static void write(CertReport report, Appendable out) throws IOException {
        CertSnapshot alone = new CertSnapshot(report.checkedAt(), List.of(report), List.of());
        Exposition page = new Exposition(out, alone, false, 0, null);
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            page.family(meter);
        }
    }

    /**
     * Writes all families of targets, and those given of the watch.
     *
     * @param shared values without an instance
     * @param certificateSeries at most so many certificates have series of their own
     * @param watchInterval of targets that have none of their own
     */
    public static void write(
            CertSnapshot snapshot,
            Map<CertWatchMeters, Double> shared,
            int certificateSeries,
            Duration watchInterval,
            Appendable out)
            throws IOException {
        Exposition page = new Exposition(out, snapshot, true, certificateSeries, watchInterval);
        Map<CertWatchMeters, Double> all = new EnumMap<>(shared);
        if (certificateSeries > 0) {
            all.put(CertWatchMeters.CERTIFICATES_LEFT_OUT, (double) page.certificates.leftOut());
        }
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            Double value = all.get(meter);
            if (value == null) {
                page.family(meter);
            } else {
                page.head(meter);
                page.line(meter, "", value);
            }
        }
    }

    private void family(CertWatchMeters meter) throws IOException {
        boolean[] begun = {false};
        for (CertReport report : snapshot.reports()) {
            TargetSeries.<IOException>give(
                    meter, report, certificates, snapshot.at(), watchInterval, (value, labels) -> {
                        if (!begun[0]) {
                            begun[0] = true;
                            head(meter);
                        }
                        line(meter, labels(report, labels), value);
                    });
        }
    }

    private String labels(CertReport report, String[] own) {
        StringBuilder labels = new StringBuilder();
        if (instances) {
            label(labels, "instance", report.target().name());
        }
        report.target().labels().forEach((name, value) -> label(labels, name, value));
        for (int i = 0; i < own.length; i += 2) {
            label(labels, own[i], own[i + 1]);
        }
        return labels.toString();
    }

    private static void label(StringBuilder labels, String name, String value) {
        labels.append(labels.isEmpty() ? "" : ",")
                .append(name)
                .append("=\"")
                .append(escaped(value))
                .append('"');
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

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
