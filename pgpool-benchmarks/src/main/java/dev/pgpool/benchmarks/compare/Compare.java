package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Compares PostgreSQL alone, PgBouncer, pgpool as it is delivered and a bare relay, and prints markdown tables. Progress
 * goes to the standard error stream. Linux only.
 */
public final class Compare {
    private final CompareOptions options;
    private final Lineup lineup;
    private final PgBench pgBench;
    private final Report report;

    private Compare(CompareOptions options, Lineup lineup, PgBench pgBench) {
        this.options = options;
        this.lineup = lineup;
        this.pgBench = pgBench;
        this.report = new Report(List.copyOf(options.only()));
    }

    public static void main(String[] args) throws Exception {
        if (List.of(args).contains("--help")) {
            System.out.print(CompareOptions.USAGE);
            return;
        }
        CompareOptions options;
        try {
            options = CompareOptions.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        PgBouncer pgBouncer = PgBouncer.find().orElse(null);
        Certificates certificates = Certificates.make();
        PgBench pgBench = new PgBench(options.jobs(), Setup.PLAIN.clientEnvironment(certificates));
        try (BenchPostgres postgres = BenchPostgres.start(certificates)) {
            pgBench.createTables(postgres.port());
            Lineup lineup = new Lineup(options, postgres.port(), pgBouncer, certificates);
            Compare compare = new Compare(options, lineup, pgBench);
            Tables tables = new Tables();
            Chapters more = new Chapters(options, lineup, certificates, tables);
            System.out.println(
                    environment(options, postgres, pgBouncer == null ? "no PgBouncer" : pgBouncer.version()));
            System.out.println();
            Chapters.inTurn(options.chapters(), chapter -> compare.measure(chapter, more, tables), System.out);
        }
    }

    private String measure(String chapter, Chapters more, Tables tables) throws IOException, InterruptedException {
        switch (chapter) {
            case "traffic" -> measureTraffic();
            case "tls" -> more.tls();
            case "logins" -> more.logins();
            case "bulk" -> more.bulk();
            case "memory" -> more.memory();
            case "cold" -> more.cold();
            default -> throw new IllegalArgumentException(chapter);
        }
        return chapter.equals("traffic") ? report.markdown() : tables.take();
    }

    private void measureTraffic() throws IOException, InterruptedException {
        List<Contender> contenders = new ArrayList<>();
        try {
            for (String name : options.only()) {
                contenders.add(lineup.start(name));
            }
            for (Contender contender : contenders) {
                warmUp(contender);
            }
            for (int round = 1; round <= options.rounds(); round++) {
                progress("round %d of %d", round, options.rounds());
                for (String mode : options.modes()) {
                    for (int clients : options.clients()) {
                        for (Contender contender : contenders) {
                            measure(contender, mode, clients);
                        }
                    }
                }
                // No pooler always follows the same predecessor.
                Collections.reverse(contenders);
            }
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private void warmUp(Contender contender) throws IOException, InterruptedException {
        if (options.warmUpSeconds() == 0) {
            return;
        }
        progress("warming up %s", contender.name());
        int mostClients = Collections.max(options.clients());
        for (String mode : options.modes()) {
            if (contender.supports(mode)) {
                pgBench.run(contender.port(), mode, mostClients, contender.isJava() ? options.warmUpSeconds() : 1);
            }
        }
    }

    private void measure(Contender contender, String mode, int clients) throws IOException, InterruptedException {
        Cell cell = report.cell(mode, clients, contender.name());
        if (!contender.supports(mode)) {
            return;
        }
        ProcessUsage before = contender.usage();
        PgBench.Run run = pgBench.run(contender.port(), mode, clients, options.seconds());
        ProcessUsage used = contender.usage().since(before);
        if (run.transactions() == 0) {
            progress("%s, %s, %d clients: no transaction ended in time, not counted", contender.name(), mode, clients);
        } else {
            cell.add(Cell.Round.of(run, used));
        }
    }

    private static String environment(CompareOptions options, BenchPostgres postgres, String pgBouncerVersion)
            throws SQLException {
        return String.format(
                Locale.ROOT,
                "PostgreSQL %s, %s, Java %s, %d CPUs, %s %s; pool of %d servers, TCP on loopback; "
                        + "medians of %d interleaved rounds of %d s.",
                postgres.version(),
                pgBouncerVersion,
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                options.poolSize(),
                options.rounds(),
                options.seconds());
    }

    static void progress(String format, Object... facts) {
        System.err.println(String.format(Locale.ROOT, format, facts));
    }
}
