package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meters of {@link CertWatchMeters} in Prometheus' text format, version 0.0.4, for an endpoint of the host or a file for a
 * node's text collector; only the meters that count probes and notices are missing. Written straight from a snapshot: nothing is kept
 * between two scrapes, which is what makes thousands of targets cheap. Needs no Micrometer.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Exposition formats</a>
 */
public final class PrometheusText {

    private final Appendable out;
    private final CertSnapshot snapshot;
    private final boolean instances;
    private final CertificateSeries certificates;
    private final @Nullable Duration watchInterval;

    private PrometheusText(
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

    /**
     * Writes what a watch knows now.
     *
     * @throws IOException what {@code out} throws
     */
    public static void write(CertWatch watch, Appendable out) throws IOException {
        int certificateSeries = watch.config().exposure().certificateSeries();
        PrometheusText page = new PrometheusText(
                out,
                watch.snapshot(),
                true,
                certificateSeries,
                watch.config().schedule().interval());
        Map<CertWatchMeters, Double> shared = new EnumMap<>(CertWatchMeters.class);
        shared.put(CertWatchMeters.IN_FLIGHT, (double) watch.inFlight());
        shared.put(CertWatchMeters.TARGETS, (double) watch.size());
        shared.put(CertWatchMeters.SCHEDULE_LAG, watch.scheduleLag().toNanos() / 1e9);
        if (certificateSeries > 0) {
            shared.put(CertWatchMeters.CERTIFICATES_LEFT_OUT, (double) page.certificates.leftOut());
        }
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            Double value = shared.get(meter);
            if (value == null) {
                page.family(meter);
            } else {
                page.head(meter);
                page.line(meter, "", value);
            }
        }
    }

    /**
     * Writes one target's meters as of the end of its probe and without the label {@code instance}: as an exporter answers that
     * is asked about one target, whose identity Prometheus adds.
     *
     * @throws IOException what {@code out} throws
     */
    public static void write(CertReport report, Appendable out) throws IOException {
        CertSnapshot alone = new CertSnapshot(report.checkedAt(), List.of(report), List.of());
        PrometheusText page = new PrometheusText(out, alone, false, 0, null);
        for (CertWatchMeters meter : CertWatchMeters.values()) {
            page.family(meter);
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
