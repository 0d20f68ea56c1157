package dev.pgpool.certwatch.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.pgpool.certwatch.CertSnapshot;
import dev.pgpool.certwatch.CertTarget;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.Level;
import dev.pgpool.certwatch.TrustSource;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Sweeps over many addresses of one TLS server: {@code port targets sweeps caFile [java]}. Prints time, CPU and memory of each sweep.
 */
public final class SweepBenchmark {

    private SweepBenchmark() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int targets = Integer.parseInt(args[1]);
        int sweeps = Integer.parseInt(args[2]);
        PrintStream out = System.out;
        OperatingSystemMXBean os = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long empty = retained();
        try (CertWatch watch = CertWatch.builder()
                .trust(TrustSource.file(Path.of(args[3])))
                .interval(Duration.ofHours(1))
                .firstSweep(Duration.ofHours(1))
                .maxInFlight(64)
                .nativeTls(!Arrays.asList(args).contains("java"))
                .deadline(Duration.ofSeconds(60))
                .handshakeTimeout(Duration.ofSeconds(30))
                .build()) {
            for (int i = 0; i < targets; i++) {
                String address = "127." + (1 + i / 62_500) + "." + (i / 250 % 250) + "." + (1 + i % 250);
                watch.add(CertTarget.tls(address, port).withServerName("localhost"));
            }
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            if (Arrays.asList(args).contains("meters")) {
                CertWatchMetrics.bind(watch, registry);
            }
            watch.start();
            for (int sweep = 1; sweep <= sweeps; sweep++) {
                long cpu = os.getProcessCpuTime();
                long started = System.nanoTime();
                CertSnapshot snapshot = watch.checkNow().get();
                double seconds = (System.nanoTime() - started) / 1e9;
                double cpuSeconds = (os.getProcessCpuTime() - cpu) / 1e9;
                long well = snapshot.reports().stream()
                        .filter(report -> report.level() == Level.OK && report.success())
                        .count();
                out.println(String.format(
                        Locale.ROOT,
                        "pgpool-certwatch sweep %d: %d targets, %d well, %.2f s, %.2f CPU s, %.2f CPU ms/probe, %.0f probes/CPU s,"
                                + " retained %.1f MB",
                        sweep,
                        targets,
                        well,
                        seconds,
                        cpuSeconds,
                        cpuSeconds * 1000 / targets,
                        targets / cpuSeconds,
                        (retained() - empty) / 1e6));
            }
        }
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
