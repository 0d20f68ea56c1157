package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Runs pgbench's read-only script against a port and reads what it says and logs. */
final class PgBench {
    private static final Pattern TRANSACTIONS = Pattern.compile("actually processed: (\\d+)");
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");
    private static final int SCALE = 5;

    /** One transaction in ten is logged: enough for a p99, and pgbench spends its time on the clients. */
    private static final String LOGGED_SHARE = "0.1";

    private final String program;
    private final int jobs;
    private final Map<String, String> environment;

    PgBench(int jobs, Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
        this.program = Programs.find("pgbench")
                .orElseThrow(() -> new IllegalStateException(
                        "pgbench not found on PATH or in /usr/lib/postgresql (Debian: apt-get install"
                                + " postgresql-client postgresql-contrib)"));
        this.jobs = jobs;
    }

    /**
     * What one run showed.
     *
     * @param latenciesMicros sorted latencies of the logged transactions
     */
    record Run(long transactions, double tps, long[] latenciesMicros) {
        /** The machine was so busy that no transaction ended in time. */
        static final Run NOTHING = new Run(0, 0, new long[0]);

        double percentileMillis(double share) {
            if (latenciesMicros.length == 0) {
                return Double.NaN;
            }
            int index = (int) Math.ceil(share * latenciesMicros.length) - 1;
            return latenciesMicros[Math.max(index, 0)] / 1000.0;
        }
    }

    void createTables(int port) throws IOException, InterruptedException {
        execute(List.of(program, "-i", "-q", "-s", Integer.toString(SCALE)), port);
    }

    Run run(int port, String mode, int clients, int seconds) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("pgbench");
        try {
            String output = execute(
                    List.of(
                            program,
                            "--no-vacuum",
                            "--select-only",
                            "--protocol=" + mode,
                            "--client=" + clients,
                            "--jobs=" + Math.min(jobs, clients),
                            "--time=" + seconds,
                            "--log",
                            "--sampling-rate=" + LOGGED_SHARE,
                            "--log-prefix=" + directory.resolve("log")),
                    port);
            long transactions = Long.parseLong(find(TRANSACTIONS, output));
            if (transactions == 0) {
                return Run.NOTHING;
            }
            return new Run(transactions, Double.parseDouble(find(TPS, output)), latencies(directory));
        } finally {
            deleteAll(directory);
        }
    }

    /** So many transactions, and how many of them there were in a second. */
    double perSecond(int port, int clients, int transactions) throws IOException, InterruptedException {
        String output = execute(
                List.of(
                        program,
                        "--no-vacuum",
                        "--select-only",
                        "--client=" + clients,
                        "--transactions=" + transactions / clients),
                port);
        return Double.parseDouble(find(TPS, output));
    }

    /** Logs in again and again, and asks for nothing. */
    Run logIns(int port, int clients, int seconds) throws IOException, InterruptedException {
        Path script = Files.createTempFile("nothing", ".sql");
        try {
            Files.writeString(script, "\\set nothing 0\n");
            String output = execute(
                    List.of(
                            program,
                            "--no-vacuum",
                            "--connect",
                            "--file=" + script,
                            "--client=" + clients,
                            "--jobs=" + Math.min(jobs, clients),
                            "--time=" + seconds),
                    port);
            return new Run(
                    Long.parseLong(find(TRANSACTIONS, output)), Double.parseDouble(find(TPS, output)), new long[0]);
        } finally {
            Files.delete(script);
        }
    }

    private String execute(List<String> command, int port) throws IOException, InterruptedException {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(port), "-U", BenchPostgres.USER));
        full.add(BenchPostgres.DATABASE);
        ProcessBuilder builder = new ProcessBuilder(full).redirectErrorStream(true);
        builder.environment().putAll(environment);
        builder.environment().put("PGGSSENCMODE", "disable");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", full) + " failed:\n" + output);
        }
        return output;
    }

    private static String find(Pattern pattern, String output) {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IllegalStateException("pgbench did not say " + pattern + ":\n" + output);
        }
        return matcher.group(1);
    }

    /** Latency is the third word of a log line. */
    private static long[] latencies(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            long[] micros = files.flatMapToLong(PgBench::latenciesOf).toArray();
            Arrays.sort(micros);
            return micros;
        }
    }

    private static LongStream latenciesOf(Path log) {
        try {
            return Files.readAllLines(log).stream().mapToLong(line -> Long.parseLong(line.split(" ", 4)[2]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
