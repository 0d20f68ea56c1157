package dev.pgpool.certwatch.bench;

import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertSnapshot;
import dev.pgpool.certwatch.CertTarget;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.TrustSource;
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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares our figures with those of a Blackbox Exporter: {@code exporterPort caFile targetsFile}, where each line of the
 * targets file is {@code healthy|other name port serverName}. Ends with status 1 if a healthy target's figures differ, or if
 * another has none from us.
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
        CertSnapshot snapshot = look(lines, Path.of(args[1]));
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
                    && exporter.contains("fingerprint_sha256=\"" + leaf.sha256() + "\"");
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

    private static CertSnapshot look(List<Line> lines, Path caFile) throws Exception {
        var builder = CertWatch.builder().trust(TrustSource.file(caFile)).deadline(Duration.ofSeconds(60));
        lines.forEach(line -> builder.target(CertTarget.tls("127.0.0.1", line.port())
                .withServerName(line.serverName())
                .named(line.name())));
        try (CertWatch watch = builder.build()) {
            watch.start();
            return watch.checkNow().get();
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
