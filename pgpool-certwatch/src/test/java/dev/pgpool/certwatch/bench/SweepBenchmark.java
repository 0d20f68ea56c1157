package dev.pgpool.certwatch.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.trust.TrustSource;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Sweeps over many addresses of one TLS server: {@code port targets sweeps caFile [option...]}. Prints time,
 * CPU and memory of each sweep. Options: {@code java} for Java's own TLS, {@code names} to ask for another name at each
 * address, {@code warm} to measure in a JVM that has probed before, {@code meters} to bind a registry of Micrometer and scrape it after each sweep, {@code page} to write the watch's own page.
 */
public final class SweepBenchmark {

    private static final int WARMING = 12;

    private SweepBenchmark() {}

    public static void main(String[] args) throws Exception {
        List<String> options = List.of(args).subList(4, args.length);
        if (options.contains("warm")) {
            // What a host that has run for a while has compiled, by a watch that knows nothing of the one that is
            // measured.
            sweep(args, options, WARMING, false);
        }
        sweep(args, options, Integer.parseInt(args[2]), true);
    }

    private static void sweep(String[] args, List<String> options, int sweeps, boolean measured) throws Exception {
        int port = Integer.parseInt(args[0]);
        int targets = Integer.parseInt(args[1]);
        boolean names = options.contains("names");
        PrintStream out = System.out;
        OperatingSystemMXBean os = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long empty = retained();
        try (CertWatch watch = CertWatch.builder()
                .trust(TrustSource.file(Path.of(args[3])))
                .interval(Duration.ofHours(1))
                .firstSweep(Duration.ofHours(1))
                .maxInFlight(64)
                .nativeTls(!options.contains("java"))
                .deadline(Duration.ofSeconds(60))
                .handshakeTimeout(Duration.ofSeconds(30))
                .build()) {
            for (int i = 0; i < targets; i++) {
                String address = "127." + (1 + i / 62_500) + "." + (i / 250 % 250) + "." + (1 + i % 250);
                String name = names ? "service-" + i + ".example.org" : "localhost";
                watch.add(CertTarget.tls(address, port).withServerName(name));
            }
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            if (options.contains("meters")) {
                CertWatchMetrics.bind(watch, registry);
            }
            watch.start();
            for (int sweep = 1; sweep <= sweeps; sweep++) {
                long cpu = os.getProcessCpuTime();
                long started = System.nanoTime();
                CertSnapshot snapshot = watch.checkNow().get();
                double seconds = (System.nanoTime() - started) / 1e9;
                double cpuSeconds = (os.getProcessCpuTime() - cpu) / 1e9;
                long page = options.contains("page") ? page(watch) : options.contains("meters") ? scrape(registry) : 0;
                long well = snapshot.reports().stream()
                        .filter(report -> report.level() == Level.OK && report.success())
                        .count();
                if (measured) {
                    out.println(String.format(
                            Locale.ROOT,
                            "pgpool-certwatch sweep %d: %d targets, %d well, %.2f s, %.2f CPU s, %.2f CPU ms/probe, %.0f probes/CPU s,"
                                    + " retained %.1f MB, page %.1f MB",
                            sweep,
                            targets,
                            well,
                            seconds,
                            cpuSeconds,
                            cpuSeconds * 1000 / targets,
                            targets / cpuSeconds,
                            (retained() - empty) / 1e6,
                            page / 1e6));
                }
            }
        }
    }

    /** Length of Micrometer's page, written and dropped. */
    private static long scrape(PrometheusMeterRegistry registry) throws IOException {
        long[] length = {0};
        registry.scrape(new OutputStream() {
            @Override
            public void write(int one) {
                length[0]++;
            }

            @Override
            public void write(byte[] bytes, int from, int count) {
                length[0] += count;
            }
        });
        return length[0];
    }

    /** Length of the page, written and dropped. */
    private static long page(CertWatch watch) throws IOException {
        long[] length = {0};
        PrometheusText.write(watch, new Writer() {
            @Override
            public void write(char[] chars, int from, int count) {
                length[0] += count;
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
        return length[0];
    }

    private static long retained() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
