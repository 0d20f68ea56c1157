package dev.pgpool.examples.quickstart;

import dev.pgpool.core.stats.PgPoolSnapshot;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What came of it, as a table and as a verdict.
 *
 * @param work what the clients did
 * @param clients JDBC connections
 * @param figures of the pooler while the clients were still connected
 * @param recorded transfers that PostgreSQL has on record
 * @param total the sum of all balances now
 */
public record Outcome(Crowd.Work work, int clients, PgPoolSnapshot figures, long recorded, long total) {

    /** Whether each transaction was done exactly once and no money was made or lost. */
    public boolean isRight() {
        return work.latencies().length > 0 && recorded == work.latencies().length && total == Bank.openingTotal();
    }

    public void print(PrintStream out) {
        row(out, "transactions", "%,d", work.latencies().length);
        row(out, "per second", "%,.0f", work.latencies().length / work.seconds());
        row(out, "latency p50", "%.1f ms", percentileMillis(0.50));
        row(out, "latency p95", "%.1f ms", percentileMillis(0.95));
        row(out, "latency p99", "%.1f ms", percentileMillis(0.99));
        row(out, "clients", "%,d", clients);
        row(out, "servers used", "%,d", sum(PgPoolSnapshot.Pool::servers));
        row(
                out,
                "statements prepared by clients",
                "%,d",
                sum(pool -> pool.traffic().clientParses()));
        row(
                out,
                "statements prepared on servers",
                "%,d",
                sum(pool -> pool.traffic().serverParses()));
        row(out, "transfers recorded by PostgreSQL", "%,d", recorded);
        row(out, "sum of balances, before", "%,d", Bank.openingTotal());
        row(out, "sum of balances, after", "%,d", total);
        out.printf("%n  %s%n", isRight() ? "OK: every transaction counted once" : "WRONG: the figures do not agree");
    }

    private static void row(PrintStream out, String name, String format, Object figure) {
        out.printf(Locale.ROOT, "  %-34s %14s%n", name, String.format(Locale.ROOT, format, figure));
    }

    private double percentileMillis(double share) {
        long[] latencies = work.latencies();
        if (latencies.length == 0) {
            return 0;
        }
        return latencies[(int) Math.ceil(share * latencies.length) - 1] / 1e6;
    }

    private long sum(ToLongFunction<PgPoolSnapshot.Pool> figure) {
        return figures.pools().stream().mapToLong(figure).sum();
    }
}
