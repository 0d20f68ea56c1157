package dev.pgpool.certwatch.bench;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.trust.TrustSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Watches so many certificate files {@code 0.pem}, {@code 1.pem} and so on in a directory, with Micrometer's meters: {@code directory
 * files caFile registry...}, where a registry is {@code prometheus}, which is scraped, or {@code simple}. Prints the
 * number of targets that are well and of samples scraped. What its heap must be is for the caller to say.
 */
public final class ManyFiles {

    private ManyFiles() {}

    public static void main(String[] args) throws Exception {
        int files = Integer.parseInt(args[1]);
        List<String> registries = List.of(args).subList(3, args.length);
        PrintStream out = System.out;
        try (CertWatch watch = CertWatch.builder()
                .trust(TrustSource.file(Path.of(args[2])))
                .interval(Duration.ofHours(1))
                .firstSweep(Duration.ofHours(1))
                .deadline(Duration.ofMinutes(5))
                .build()) {
            for (int i = 0; i < files; i++) {
                watch.add(CertTarget.file(Path.of(args[0], i + ".pem")).named("service-" + i + ".example.org:443"));
            }
            PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            for (String registry : registries) {
                MeterRegistry bound = registry.equals("simple") ? new SimpleMeterRegistry() : prometheus;
                CertWatchMetrics.bind(watch, bound);
            }
            watch.start();
            for (int sweep = 0; sweep < 2; sweep++) {
                CertSnapshot seen = watch.checkNow().get();
                long well = seen.reports().stream()
                        .filter(report -> report.success() && report.expiry().verified() != null)
                        .count();
                long[] lines = {0};
                prometheus.scrape(new OutputStream() {
                    @Override
                    public void write(int one) {
                        lines[0] += one == '\n' ? 1 : 0;
                    }

                    @Override
                    public void write(byte[] bytes, int from, int count) {
                        for (int i = from; i < from + count; i++) {
                            write(bytes[i]);
                        }
                    }
                });
                out.println(well + " well, " + lines[0] + " lines");
            }
        }
    }
}
