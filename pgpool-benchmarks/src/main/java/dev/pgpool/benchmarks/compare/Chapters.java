package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What is compared besides plain traffic: encrypted traffic, logins, large rows, memory, and how a cold start goes on. */
final class Chapters {
    static final List<String> NAMES = List.of("traffic", "tls", "logins", "bulk", "memory", "cold");

    private static final int CLIENTS = 16;
    private static final int SECONDS = 2;
    private static final int LOGIN_CLIENTS = 4;
    private static final int COLD_TRANSACTIONS = 10_000;
    private static final int COLD_SETTLE_SECONDS = 20;
    private static final int MOST_TLS_CLIENTS = 1_000;
    private static final double MB = 1_048_576;
    private static final double KB = 1_024;

    private final CompareOptions options;
    private final Lineup lineup;
    private final Certificates certificates;
    private final Tables tables;

    Chapters(CompareOptions options, Lineup lineup, Certificates certificates, Tables tables) {
        this.options = options;
        this.lineup = lineup;
        this.certificates = certificates;
        this.tables = tables;
    }

    /** Measures what a chapter is about. */
    interface Chapter {
        /** Its tables, as markdown. */
        String measure(String name) throws IOException, InterruptedException;
    }

    /** Measures one after the other, and prints each as soon as it ends: a run that is broken off has shown what it has seen. */
    static void inTurn(Collection<String> names, Chapter chapter, PrintStream out)
            throws IOException, InterruptedException {
        for (String name : names) {
            out.print(chapter.measure(name));
            out.flush();
        }
    }

    private PgBench pgBench(Setup setup) {
        return new PgBench(options.jobs(), setup.clientEnvironment(certificates));
    }

    private static List<String> poolers(String... more) {
        List<String> all = new ArrayList<>(List.of("pgbouncer", "pgpool"));
        all.addAll(List.of(more));
        return all;
    }

    /** Medians of interleaved rounds by contender; all are running meanwhile, and warm. */
    private Map<String, Cell> rounds(List<String> names, Setup setup, Measure measure)
            throws IOException, InterruptedException {
        List<Contender> contenders = new ArrayList<>();
        Map<String, Cell> cells = new LinkedHashMap<>();
        try {
            for (String name : names) {
                contenders.add(lineup.start(name, setup));
                cells.put(name, new Cell());
            }
            for (Contender contender : contenders) {
                measure.run(contender, options.warmUpSeconds());
            }
            for (int round = 0; round < options.rounds(); round++) {
                for (Contender contender : contenders) {
                    ProcessUsage before = contender.usage();
                    PgBench.Run run = measure.run(contender, SECONDS);
                    if (run.transactions() > 0) {
                        of(cells, contender.name())
                                .add(Cell.Round.of(run, contender.usage().since(before)));
                    }
                }
            }
            return cells;
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private static Cell of(Map<String, Cell> cells, String name) {
        return Objects.requireNonNull(cells.get(name), name);
    }

    private interface Measure {
        PgBench.Run run(Contender contender, int seconds) throws IOException, InterruptedException;
    }

    void tls() throws IOException, InterruptedException {
        String title = "TLS, `pgbench -S -M simple -c 16`";
        tables.begin(title, ":encrypted", ":through", "tps", "CPU µs/tx", "tps vs PgBouncer", "CPU vs PgBouncer");
        for (Setup setup : List.of(
                new Setup(true, false, "trust"), new Setup(false, true, "trust"), new Setup(true, true, "trust"))) {
            Compare.progress("TLS: %s", setup.sides());
            PgBench pgBench = pgBench(setup);
            print(
                    title,
                    setup.sides(),
                    rounds(
                            poolers(Lineup.JDK_TLS),
                            setup,
                            (contender, seconds) -> pgBench.run(contender.port(), "simple", CLIENTS, seconds)));
        }
    }

    void logins() throws IOException, InterruptedException {
        String title = "Logins, `pgbench -C -c 4` without a query";
        tables.begin(
                title, ":proof", ":through", "logins/s", "CPU µs/login", "logins vs PgBouncer", "CPU vs PgBouncer");
        for (Setup setup :
                List.of(Setup.PLAIN, new Setup(false, false, "scram-sha-256"), new Setup(true, false, "cert"))) {
            Compare.progress("logins: %s", setup.authType());
            PgBench pgBench = pgBench(setup);
            print(
                    title,
                    setup.authType(),
                    rounds(
                            poolers(),
                            setup,
                            (contender, seconds) -> pgBench.logIns(contender.port(), LOGIN_CLIENTS, seconds)));
        }
    }

    private void print(String title, String what, Map<String, Cell> cells) {
        Cell reference = of(cells, "pgbouncer");
        cells.forEach((name, cell) -> tables.row(
                title,
                what,
                name,
                cell.median(Cell.Round::tps),
                cell.median(Cell.Round::cpuMicros),
                cell.median(Cell.Round::tps) / reference.median(Cell.Round::tps),
                cell.median(Cell.Round::cpuMicros) / reference.median(Cell.Round::cpuMicros)));
    }

    void bulk() throws IOException, InterruptedException {
        String title = "Large rows by psql";
        tables.begin(title, ":what", ":through", "MB/s", "CPU ms per GB", "CPU vs PgBouncer");
        for (Bulk bulk : Bulk.values()) {
            Compare.progress("bulk: %s", bulk.title());
            Map<String, Cell> cells = rounds(
                    poolers(),
                    Setup.PLAIN,
                    (contender, seconds) -> bulk.run(contender.port(), seconds == SECONDS ? 1 : 3));
            Cell reference = of(cells, "pgbouncer");
            cells.forEach((name, cell) -> tables.row(
                    title,
                    bulk.title(),
                    name,
                    cell.median(Cell.Round::tps),
                    cell.median(Cell.Round::cpuMicros),
                    cell.median(Cell.Round::cpuMicros) / reference.median(Cell.Round::cpuMicros)));
        }
    }

    void memory() throws IOException, InterruptedException {
        String title = "Memory of the whole process";
        tables.begin(title, ":process", ":clients", "number", "at start, MB", "with them, MB", "KB per client");
        int many = options.idleClients();
        for (String name : List.of("pgbouncer", "pgpool", Lineup.SMALL, "embedded", "relay")) {
            memory(title, name, "idle", many, Setup.PLAIN);
        }
        for (String name : poolers(Lineup.JDK_TLS)) {
            memory(title, name, "idle, TLS", Math.min(many, MOST_TLS_CLIENTS), new Setup(true, false, "trust"));
        }
    }

    private void memory(String title, String name, String kind, int clients, Setup setup)
            throws IOException, InterruptedException {
        Compare.progress("memory of %s, %s", name, kind);
        try (Contender contender = lineup.start(name, setup)) {
            long atStart = contender.residentBytes();
            IdleMemory.Reading reading = name.equals("relay")
                    ? IdleMemory.connected(contender, clients)
                    : IdleMemory.loggedIn(contender, clients, setup.clientTls());
            tables.row(
                    title, name, kind, clients, atStart / MB, reading.afterBytes() / MB, reading.bytesPerClient() / KB);
        }
    }

    void cold() throws IOException, InterruptedException {
        String title = "Just started: the first 10,000, and as many after " + COLD_SETTLE_SECONDS + " s of traffic";
        tables.begin(title, ":process", "logins/s at first", "later", "share", "tps at first", "later", "share");
        for (String name : poolers("embedded")) {
            Compare.progress("cold start of %s", name);
            double first;
            double then;
            double firstTps;
            double thenTps;
            PgBench pgBench = pgBench(Setup.PLAIN);
            try (Contender contender = lineup.start(name)) {
                first = LoginRate.of(contender.port(), LOGIN_CLIENTS, COLD_TRANSACTIONS);
                LoginRate.measure(contender.port(), LOGIN_CLIENTS, COLD_SETTLE_SECONDS / 2);
                then = LoginRate.of(contender.port(), LOGIN_CLIENTS, COLD_TRANSACTIONS);
            }
            try (Contender contender = lineup.start(name)) {
                firstTps = pgBench.perSecond(contender.port(), LOGIN_CLIENTS, COLD_TRANSACTIONS);
                pgBench.run(contender.port(), "simple", LOGIN_CLIENTS, COLD_SETTLE_SECONDS);
                thenTps = pgBench.perSecond(contender.port(), LOGIN_CLIENTS, COLD_TRANSACTIONS);
            }
            tables.row(title, name, first, then, first / then, firstTps, thenTps, firstTps / thenTps);
        }
    }
}
