package dev.pgpool.certwatch.bench;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.fixture.PrometheusPage;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.trust.TrustSource;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares our figures with those of a Blackbox Exporter: {@code exporterPort caFile targetsFile}, where each line of the
 * targets file is {@code healthy|other name port serverName}. Ends with status 1 if a healthy target's figures or the labels
 * of its leaf differ, or if another has none from us. Leaves our pages of metrics beside the targets file, as Micrometer makes
 * them and as the watch does.
 */
public final class SideBySide {

    private SideBySide() {}

    private record Line(boolean healthy, String name, int port, String serverName) {
        static Line of(String text) {
            String[] parts = text.split(" ", -1);
            return new Line(parts[0].equals("healthy"), parts[1], Integer.parseInt(parts[2]), parts[3]);
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        List<Line> lines =
                Files.readAllLines(Path.of(args[2])).stream().map(Line::of).toList();
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        CertSnapshot snapshot = probe(lines, Path.of(args[1]), registry, args[2]);
        Map<String, Double> ourPage = PrometheusPage.read(Files.readString(Path.of(args[2] + ".direct")));
        boolean good = true;
        out.println(
                "| target | blackbox_exporter: success, earliest, last chain | pgpool-certwatch: level, earliest, verified | |");
        out.println("|---|---|---|---|");
        for (Line line : lines) {
            String exporter = scrape(Integer.parseInt(args[0]), line);
            CertReport report = snapshot.report(line.name()).orElseThrow();
            String theirs = value(exporter, "probe_ssl_earliest_cert_expiry").orElse("-");
            String theirLast = value(exporter, "probe_ssl_last_chain_expiry_timestamp_seconds")
                    .orElse("-");
            String ours = seconds(report.expiry().served());
            String ourLast = seconds(report.expiry().verified());
            CertificateFacts leaf = report.leaf();
            boolean equal = theirs.equals(ours)
                    && theirLast.equals(ourLast)
                    && leaf != null
                    && info(PrometheusPage.read(exporter)).equals(info(ofInstance(ourPage, line.name())));
            boolean expected = line.healthy() ? equal && report.success() : !ours.equals("-");
            good &= expected;
            out.println(String.format(
                    Locale.ROOT,
                    "| %s | %s, %s, %s | %s, %s, %s%s | %s |",
                    line.name(),
                    value(exporter, "probe_success").orElse("?"),
                    theirs,
                    theirLast,
                    report.level(),
                    ours,
                    ourLast,
                    report.findings().isEmpty()
                            ? ""
                            : " (" + report.findings().get(0).code() + ")",
                    !expected ? "WRONG" : line.healthy() ? "equal" : "only ours"));
        }
        System.exit(good ? 0 : 1);
    }

    private static Map<String, Double> ofInstance(Map<String, Double> page, String name) {
        Map<String, Double> own = new TreeMap<>(page);
        own.keySet()
                .removeIf(key -> !key.contains("instance=" + name + ",") && !key.contains("instance=" + name + "}"));
        return own;
    }

    /** Labels of the leaf; the serial number, which Debian's version of the exporter does not have, is left out. */
    private static Set<String> info(Map<String, Double> page) {
        Set<String> labels = new TreeSet<>();
        for (String key : page.keySet()) {
            if (key.startsWith("probe_ssl_last_chain_info{")) {
                labels.add(key.replaceAll(" ?(instance|serialnumber)=[^,}]*,?", ""));
            }
        }
        return labels;
    }

    private static CertSnapshot probe(List<Line> lines, Path caFile, PrometheusMeterRegistry registry, String pages)
            throws Exception {
        var builder = CertWatch.builder().trust(TrustSource.file(caFile)).deadline(Duration.ofSeconds(60));
        lines.forEach(line -> builder.target(CertTarget.tls("127.0.0.1", line.port())
                .withServerName(line.serverName())
                .named(line.name())));
        try (CertWatch watch = builder.build();
                CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
            watch.start();
            CertSnapshot snapshot = watch.checkNow().get();
            StringBuilder page = new StringBuilder();
            PrometheusText.write(watch, page);
            Files.writeString(Path.of(pages + ".direct"), page);
            Files.writeString(Path.of(pages + ".micrometer"), registry.scrape());
            metrics.close();
            return snapshot;
        }
    }

    private static String scrape(int port, Line line) throws Exception {
        URI url = URI.create(
                "http://127.0.0.1:" + port + "/probe?module=" + line.serverName() + "&target=127.0.0.1:" + line.port());
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static Optional<String> value(String exporter, String name) {
        return exporter.lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> String.valueOf((long) Double.parseDouble(line.substring(name.length() + 1))))
                .findFirst();
    }

    private static String seconds(@Nullable Instant instant) {
        return instant == null ? "-" : String.valueOf(instant.getEpochSecond());
    }
}
