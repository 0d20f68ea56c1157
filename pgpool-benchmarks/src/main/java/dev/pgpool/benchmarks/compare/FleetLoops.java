package dev.pgpool.benchmarks.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Compares ways for the instances of a service to share what servers PostgreSQL has for them: a static share for each, one central
 * PgBouncer, a fleet. Prints a markdown table. The clients and the embedded poolers of all instances are in this one JVM.
 */
public final class FleetLoops {
    private static final String USAGE = """
        options (defaults):
          --rounds 3        measurements of each way, interleaved; the median is printed
          --instances 20    of the service; one in five is busy at a time
          --budget 40       servers of all instances
          --clients 10      of each instance
          --millis 25       that a server works for each request
          --shift 3         seconds until other instances are busy
          --shifts 8        in each measurement
        """;

    private final Map<String, Integer> options = new LinkedHashMap<>();
    private final Map<String, List<FleetRun.Seen>> seen = new LinkedHashMap<>();

    private FleetLoops(String... args) {
        options.putAll(Map.of(
                "--rounds", 3,
                "--instances", 20,
                "--budget", 40,
                "--clients", 10,
                "--millis", 25,
                "--shift", 3,
                "--shifts", 8));
        for (int i = 0; i < args.length; i += 2) {
            if (!options.containsKey(args[i]) || i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + "\n" + USAGE);
            }
            options.put(args[i], Integer.valueOf(args[i + 1]));
        }
    }

    public static void main(String... args) throws Exception {
        if (args.length == 1) {
            System.out.print(USAGE);
            return;
        }
        new FleetLoops(args).run();
    }

    private int number(String option) {
        return options.getOrDefault(option, 0);
    }

    private void run() throws Exception {
        int instances = number("--instances");
        int budget = number("--budget");
        Certificates certificates = Certificates.make();
        try (BenchPostgres postgres = BenchPostgres.start(certificates)) {
            System.out.printf(
                    "PostgreSQL %s, Java %s, %d CPUs; %s%n%n",
                    postgres.version(),
                    System.getProperty("java.runtime.version"),
                    Runtime.getRuntime().availableProcessors(),
                    options);
            for (int round = 0; round < number("--rounds"); round++) {
                measure(FleetWay.shares(postgres.port(), instances, budget), postgres.port());
                var bouncer = FleetWay.pgBouncer(postgres.port(), instances, budget, certificates);
                if (bouncer.isPresent()) {
                    measure(bouncer.get(), postgres.port());
                }
                measure(FleetWay.fleet(postgres.port(), instances, budget), postgres.port());
            }
        }
        print();
    }

    private void measure(FleetWay way, int serverPort) throws Exception {
        try (way) {
            FleetRun.Seen found = new FleetRun(way, number("--clients"), number("--millis"))
                    .run(serverPort, number("--shift") * 1_000, number("--shifts"));
            System.err.printf("%s: %s%n", way.name(), found);
            seen.computeIfAbsent(way.name(), unused -> new ArrayList<>()).add(found);
        }
    }

    private void print() {
        System.out.println(
                "| way | tps | p99 wait of busy instances, ms | p99 wait of the others, ms | servers at work | servers at most | servers made for each second |");
        System.out.println("|---|--:|--:|--:|--:|--:|--:|");
        seen.forEach((name, all) -> System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.1f | %.1f | %.1f | %.0f | %.1f |%n",
                name,
                median(all, FleetRun.Seen::tps),
                median(all, FleetRun.Seen::busyP99Millis),
                median(all, FleetRun.Seen::idleP99Millis),
                median(all, FleetRun.Seen::used),
                all.stream().mapToDouble(FleetRun.Seen::most).max().orElse(0),
                median(all, FleetRun.Seen::made)));
    }

    private static double median(List<FleetRun.Seen> all, ToDoubleFunction<FleetRun.Seen> of) {
        double[] sorted = all.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
