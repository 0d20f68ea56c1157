package dev.pgpool.benchmarks.compare;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Compares ways for a JVM to reach PostgreSQL by JDBC: direct, HikariCP, PgBouncer, the pooler in the same JVM by TCP, and the
 * same without a socket. Prints a markdown table. Everything is measured in this one JVM, way after way, round by round.
 */
public final class JdbcLoops {
    private static final String USAGE = """
        options (defaults):
          --rounds 3              measurements per cell, interleaved; the median is printed
          --seconds 2             length of one measurement
          --warm-up 1             seconds before each, not measured
          --heat 5                seconds of each way with each load before the first round, so that all code is compiled
          --minutes 15            no round is begun that would end later, but the first
          --threads 1,8,64        platform threads
          --virtual 1000,10000    virtual threads, on Java 21 and newer
          --loads select,transaction,slow
          --servers 20            connections to PostgreSQL of all but the direct way
        """;

    private final Map<String, String> options = new TreeMap<>(Map.of(
            "--rounds", "3",
            "--seconds", "2",
            "--warm-up", "1",
            "--heat", "5",
            "--minutes", "15",
            "--threads", "1,8,64",
            "--virtual", "1000,10000",
            "--loads", "select,transaction,slow",
            "--servers", "20"));
    private final Map<String, Map<String, Cell>> cells = new LinkedHashMap<>();

    private JdbcLoops(String... args) {
        for (int i = 0; i < args.length; i += 2) {
            if (!options.containsKey(args[i]) || i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + "\n" + USAGE);
            }
            options.put(args[i], args[i + 1]);
        }
    }

    public static void main(String... args) throws Exception {
        if (args.length == 1) {
            System.out.print(USAGE);
            return;
        }
        new JdbcLoops(args).run();
    }

    private String text(String option) {
        return options.getOrDefault(option, "");
    }

    private int number(String option) {
        return Integer.parseInt(text(option));
    }

    private List<Integer> numbers(String option) {
        return Arrays.stream(text(option).split(","))
                .filter(part -> !part.isBlank())
                .map(Integer::valueOf)
                .toList();
    }

    private void run() throws Exception {
        Optional<ThreadFactory> virtual = virtualThreads();
        Certificates certificates = Certificates.make();
        try (BenchPostgres postgres = BenchPostgres.start(certificates)) {
            fill(postgres.port());
            System.out.printf(
                    "PostgreSQL %s, Java %s, %d CPUs; %s%n%n",
                    postgres.version(),
                    System.getProperty("java.runtime.version"),
                    Runtime.getRuntime().availableProcessors(),
                    options);
            try (JdbcRoads roads = new JdbcRoads(postgres.port(), number("--servers"), certificates)) {
                long begin = System.nanoTime();
                heat(roads);
                int rounds = 0;
                do {
                    round(roads, virtual);
                    rounds++;
                } while (rounds < number("--rounds") && isTimeForAnother(rounds, System.nanoTime() - begin));
                System.out.printf("%d rounds%n%n", rounds);
                print(roads);
            }
        }
    }

    private boolean isTimeForAnother(int rounds, long nanos) {
        return nanos + nanos / rounds < TimeUnit.MINUTES.toNanos(number("--minutes"));
    }

    /** Else the first cells would be those of a JVM that has just started. */
    private void heat(JdbcRoads roads) throws Exception {
        int threads = numbers("--threads").stream().max(Integer::compare).orElse(1);
        for (JdbcLoad load : loads()) {
            if (load == JdbcLoad.SLOW || number("--heat") == 0) {
                continue;
            }
            for (JdbcRoad road : roads.all()) {
                new JdbcRun(road, load, roads::cpuMicros)
                        .run(Math.min(threads, road.mostOpen()), Thread::new, 0, number("--heat") * 1_000L);
            }
        }
    }

    private List<JdbcLoad> loads() {
        return Arrays.stream(text("--loads").split(","))
                .map(name -> JdbcLoad.valueOf(name.toUpperCase(Locale.ROOT)))
                .toList();
    }

    private void round(JdbcRoads roads, Optional<ThreadFactory> virtual) throws InterruptedException {
        for (JdbcLoad load : loads()) {
            if (load != JdbcLoad.SLOW) {
                measure(roads, load, numbers("--threads"), "threads", Thread::new);
            }
            if (virtual.isPresent()) {
                measure(roads, load, numbers("--virtual"), "virtual", virtual.get());
            }
        }
    }

    private void measure(JdbcRoads roads, JdbcLoad load, List<Integer> counts, String kind, ThreadFactory threads)
            throws InterruptedException {
        for (int count : counts) {
            String row = load.name().toLowerCase(Locale.ROOT) + ", " + count + " " + kind;
            for (JdbcRoad road : roads.all()) {
                if (road.mostOpen() < count) {
                    continue;
                }
                Map<String, Cell> byRoad = cells.computeIfAbsent(row, unused -> new LinkedHashMap<>());
                try {
                    Cell.Round round = new JdbcRun(road, load, roads::cpuMicros)
                            .run(count, threads, number("--warm-up") * 1_000L, number("--seconds") * 1_000L);
                    System.err.printf("%s, %s: %.0f%n", row, road.name(), round.tps());
                    byRoad.computeIfAbsent(road.name(), unused -> new Cell()).add(round);
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    // such as too few files for so many sockets: the others go on
                    System.err.printf("%s, %s: %s%n", row, road.name(), e);
                }
            }
        }
    }

    private void print(JdbcRoads roads) {
        System.out.println("| load | by | tps | p50 ms | p99 ms | CPU µs/tx | tps vs PgBouncer | CPU vs PgBouncer |");
        System.out.println("|---|---|--:|--:|--:|--:|--:|--:|");
        cells.forEach((row, byRoad) -> {
            Cell bouncer = byRoad.entrySet().stream()
                    .filter(cell -> cell.getKey().startsWith("PgBouncer"))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(null);
            for (JdbcRoad road : roads.all()) {
                Cell cell = byRoad.get(road.name());
                if (cell == null) {
                    System.out.printf("| %s | %s | n/a | | | | | |%n", row, road.name());
                    continue;
                }
                double tps = cell.median(Cell.Round::tps);
                double cpu = cell.median(Cell.Round::cpuMicros);
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %s | %.0f | %.3f | %.3f | %.1f | %s | %s |%n",
                        row,
                        road.name(),
                        tps,
                        cell.median(Cell.Round::p50Millis),
                        cell.median(Cell.Round::p99Millis),
                        cpu,
                        bouncer == null ? "" : ratio(tps / bouncer.median(Cell.Round::tps)),
                        bouncer == null ? "" : ratio(cpu / bouncer.median(Cell.Round::cpuMicros)));
            }
        });
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }

    private static void fill(int port) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/" + BenchPostgres.DATABASE, BenchPostgres.USER, "");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE loops AS SELECT id, 0 AS balance FROM generate_series(1, " + JdbcLoad.ROWS
                    + ") AS id");
            statement.execute("ALTER TABLE loops ADD PRIMARY KEY (id), SET (fillfactor = 50)");
            statement.execute("VACUUM FULL ANALYZE loops");
        }
    }

    /** For a program that is compiled for a Java without them. */
    private static Optional<ThreadFactory> virtualThreads() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return Optional.of((ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder));
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
