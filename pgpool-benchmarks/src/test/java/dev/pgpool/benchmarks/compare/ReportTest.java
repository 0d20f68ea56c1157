package dev.pgpool.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Report report = new Report(List.of("direct", "pgbouncer", "pgpool"));

    @Test
    void mediansStandBesidePgBouncers() {
        add("pgbouncer", 100, 10);
        add("pgbouncer", 300, 30);
        add("pgbouncer", 200, 20);
        add("pgpool", 210, 21);

        assertThat(report.markdown().lines())
                .contains(
                        "| simple, 8 clients | pgbouncer | 200 | 0.500 | 0.900 | 20.00 | 2.00 | 18.00 | 1.00 | 1.00 |",
                        "| simple, 8 clients | pgpool | 210 | 0.500 | 0.900 | 21.00 | 2.10 | 18.90 | 1.05 | 1.05 |");
    }

    @Test
    void whatCannotBeMeasuredIsMarked() {
        report.cell("prepared", 8, "pgbouncer");
        report.cell("prepared", 8, "pgpool").add(new Cell.Round(200, 0.5, 0.9, 2, 18));

        assertThat(report.markdown().lines())
                .contains(
                        "| prepared, 8 clients | pgbouncer | n/a | | | | | | | |",
                        "| prepared, 8 clients | pgpool | 200 | 0.500 | 0.900 | 20.00 | 2.00 | 18.00 |  |  |");
    }

    @Test
    void percentilesAreOfTheSortedLatencies() {
        PgBench.Run run = new PgBench.Run(4, 4, new long[] {1000, 2000, 3000, 9000});

        assertThat(run.percentileMillis(0.50)).isEqualTo(2.0);
        assertThat(run.percentileMillis(0.99)).isEqualTo(9.0);
    }

    private void add(String contender, double tps, double cpuMicros) {
        report.cell("simple", 8, contender).add(new Cell.Round(tps, 0.5, 0.9, cpuMicros * 0.1, cpuMicros * 0.9));
    }
}
