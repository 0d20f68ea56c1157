package dev.pgpool.benchmarks.compare;

import dev.pgpool.benchmarks.PoolerProcess;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Compares PostgreSQL alone, PgBouncer, pgpool and a bare relay under pgbench, and prints markdown tables. Progress
 * goes to the standard error stream. Linux only.
 */
public final class Compare {
    private static final int LOGIN_SECONDS = 2;

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
            options = CompareOptions.parse(args, PoolerProcess.JVM_ARGS);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        PgBench pgBench = new PgBench(options.jobs());
        PgBouncer pgBouncer = PgBouncer.find().orElse(null);
        try (BenchPostgres postgres = BenchPostgres.start()) {
            pgBench.createTables(postgres.port());
            Compare compare = new Compare(options, new Lineup(options, postgres.port(), pgBouncer), pgBench);
            compare.measureTraffic();
            compare.measureMemory();
            System.out.println(
                    environment(options, postgres, pgBouncer == null ? "no PgBouncer" : pgBouncer.version()));
            System.out.println();
            System.out.print(compare.report.markdown());
        }
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
                if (options.loginThreads() > 0) {
                    for (Contender contender : contenders) {
                        if (measuresLogins(contender)) {
                            measureLogins(contender);
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
                pgBench.run(contender.port(), mode, mostClients, options.warmUpSeconds());
            }
        }
        if (options.loginThreads() > 0 && measuresLogins(contender)) {
            LoginRate.measure(contender.port(), options.loginThreads(), LOGIN_SECONDS);
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

    private void measureLogins(Contender contender) throws IOException, InterruptedException {
        ProcessUsage before = contender.usage();
        double perSecond = LoginRate.measure(contender.port(), options.loginThreads(), LOGIN_SECONDS);
        ProcessUsage used = contender.usage().since(before);
        double logins = perSecond * LOGIN_SECONDS;
        report.addLogins(contender.name(), perSecond, used.userMicros() / logins, used.systemMicros() / logins);
    }

    /** The relay does no logins: its clients' logins are PostgreSQL's. */
    private static boolean measuresLogins(Contender contender) {
        return !contender.name().equals("relay");
    }

    private void measureMemory() throws IOException, InterruptedException {
        if (options.idleClients() == 0) {
            return;
        }
        for (String name : options.only()) {
            if (name.equals("direct")) {
                continue;
            }
            progress("memory of %s", name);
            try (Contender contender = lineup.start(name)) {
                report.addMemory(
                        name,
                        name.equals("relay")
                                ? IdleMemory.connected(contender, options.idleClients())
                                : IdleMemory.loggedIn(contender, options.idleClients()));
            }
        }
    }

    private static String environment(CompareOptions options, BenchPostgres postgres, String pgBouncerVersion)
            throws SQLException {
        return String.format(
                Locale.ROOT,
                "PostgreSQL %s, %s, Java %s (`%s`), %d CPUs, %s %s; pool of %d servers, TCP on loopback, no passwords; "
                        + "medians of %d interleaved rounds of %d s.",
                postgres.version(),
                pgBouncerVersion,
                Runtime.version(),
                String.join(" ", options.jvmArgs()),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                options.poolSize(),
                options.rounds(),
                options.seconds());
    }

    private static void progress(String format, Object... facts) {
        System.err.println(String.format(Locale.ROOT, format, facts));
    }
}
