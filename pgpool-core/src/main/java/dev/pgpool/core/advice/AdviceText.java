package dev.pgpool.core.advice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Puts an advice into words. */
final class AdviceText {
    private AdviceText() {}

    static List<String> of(PoolAdvice advice) {
        List<String> lines = new ArrayList<>();
        lines.add(verdict(advice));
        for (Remark remark : Remark.values()) {
            if (advice.remarks().contains(remark)) {
                lines.add(remark(advice, remark));
            }
        }
        return lines;
    }

    private static String verdict(PoolAdvice advice) {
        PoolAdvice.Servers servers = advice.servers();
        PoolAdvice.Waits waits = advice.waits();
        String waited =
                waits.count() + " waits, " + millis(waits.total()) + " in all, the longest " + millis(waits.max());
        return switch (advice.verdict()) {
            case NOT_ENOUGH_SEEN ->
                "not enough seen: " + advice.work().transactions() + " transactions in "
                        + advice.observed().toSeconds() + " s";
            case SUFFICIENT ->
                "sufficient: at most " + servers.peak() + " of " + size(advice) + " servers in use at once; " + waited;
            case TOO_SMALL ->
                "too small: " + waited + "; " + size(advice) + " servers, "
                        + number(advice.sizes().for99()) + " would have spared 99 % of the waits, "
                        + number(advice.sizes().for999()) + " 99.9 %";
            case TOO_LARGE ->
                "too large: at most " + servers.peak() + " of " + size(advice)
                        + " servers in use at once, and nobody waited";
            case HELD_BY_IDLE_TRANSACTIONS ->
                "not a matter of size: " + waited + ", while "
                        + percent(advice.work().idleShare())
                        + " of the servers in use were idle in transaction; let the application end its transactions";
            case HELD_BY_LONG_TRANSACTIONS ->
                "not a matter of size: " + waited + ", while "
                        + percent(advice.work().longShare())
                        + " of the servers in use were in transactions of more than a second, and half of all take no more than "
                        + millis(advice.work().transactionMedian())
                        + "; look for locks, or give the long ones a pool of their own";
            case HELD_BY_SESSIONS ->
                "not a matter of size: " + waited + ", while "
                        + percent(advice.work().keptShare())
                        + " of the servers in use were kept by clients outside of transactions";
            case SLOW_TO_CONNECT ->
                "not a matter of size: " + waits.forConnects() + " waits for servers that were being made, "
                        + millis(waits.total()) + " in all; keep more of them (minConnections, idle timeout)";
        };
    }

    private static String remark(PoolAdvice advice, Remark remark) {
        return switch (remark) {
            case PARTLY_SEEN ->
                "seen for " + advice.observed().toMinutes() + " min of "
                        + advice.window().length().toHours() + " h only";
            case MOSTLY_SHORT ->
                "no server was idle for " + percent(advice.servers().shortShare())
                        + " of the time: see first whether PostgreSQL has processors for more";
            case CLIENTS_OVERSIZED ->
                "clients hold " + advice.clients().median() + " connections, of which no more than "
                        + advice.clients().peakDemand()
                        + " ever had something to do at once: their own pools are too large";
            case BEYOND_MAX_CONNECTIONS ->
                "PostgreSQL's max_connections leaves " + number(advice.sizes().possible());
            case BEYOND_SHARED_LIMIT ->
                "a limit that pools share leaves " + number(advice.sizes().possible());
            case PROCESSORS_UNKNOWN ->
                "PostgreSQL does not tell its processors: more servers at work than about twice as many gain nothing";
        };
    }

    private static String size(PoolAdvice advice) {
        return advice.size() == 0 ? "any number of" : String.valueOf(advice.size());
    }

    private static String number(OptionalInt value) {
        return value.isPresent() ? String.valueOf(value.getAsInt()) : "an unknown number";
    }

    private static String percent(double share) {
        return Math.round(share * 100) + " %";
    }

    private static String millis(Duration time) {
        double millis = time.toNanos() / 1e6;
        return millis < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", millis)
                : String.format(Locale.ROOT, "%.1f s", millis / 1_000);
    }
}
