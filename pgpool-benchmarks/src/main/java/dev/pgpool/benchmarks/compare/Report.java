package dev.pgpool.benchmarks.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what was measured and prints it as markdown. */
final class Report {
    private final List<String> contenders;
    private final Map<String, Map<String, Cell>> cells = new LinkedHashMap<>();

    Report(List<String> contenders) {
        this.contenders = List.copyOf(contenders);
    }

    Cell cell(String mode, int clients, String contender) {
        return cells.computeIfAbsent(mode + ", " + clients + " clients", unused -> new LinkedHashMap<>())
                .computeIfAbsent(contender, unused -> new Cell());
    }

    String markdown() {
        StringBuilder out = new StringBuilder();
        if (cells.isEmpty()) {
            return "";
        }
        line(
                out,
                "| pgbench -S | through | tps | p50 ms | p99 ms | CPU µs/tx | user | system | tps vs PgBouncer | CPU"
                        + " vs PgBouncer |");
        line(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        cells.forEach((load, row) -> contenders.forEach(name -> traffic(out, load, name, row)));
        return out.toString();
    }

    private static void traffic(StringBuilder out, String load, String name, Map<String, Cell> row) {
        Cell cell = row.get(name);
        if (cell == null || cell.isEmpty()) {
            line(out, "| %s | %s | n/a | | | | | | | |", load, name);
            return;
        }
        Cell reference = row.get("pgbouncer");
        double cpu = cell.median(Cell.Round::cpuMicros);
        line(
                out,
                "| %s | %s | %.0f | %.3f | %.3f | %s | %s | %s | %s | %s |",
                load,
                name,
                cell.median(Cell.Round::tps),
                cell.median(Cell.Round::p50Millis),
                cell.median(Cell.Round::p99Millis),
                accounted(name, "%.2f", cpu),
                accounted(name, "%.2f", cell.median(Cell.Round::userMicros)),
                accounted(name, "%.2f", cell.median(Cell.Round::systemMicros)),
                ratio(cell.median(Cell.Round::tps), tps(reference)),
                accounted(name, "%s", ratio(cpu, cpu(reference))));
    }

    private static String accounted(String name, String format, Object figure) {
        return name.equals("direct") ? "" : String.format(Locale.ROOT, format, figure);
    }

    private static String ratio(double figure, double reference) {
        return Double.isNaN(reference) ? "" : String.format(Locale.ROOT, "%.2f", figure / reference);
    }

    private static double tps(@Nullable Cell cell) {
        return cell == null || cell.isEmpty() ? Double.NaN : cell.median(Cell.Round::tps);
    }

    private static double cpu(@Nullable Cell cell) {
        return cell == null || cell.isEmpty() ? Double.NaN : cell.median(Cell.Round::cpuMicros);
    }

    private static void line(StringBuilder out, String format, Object... figures) {
        out.append(String.format(Locale.ROOT, format, figures)).append('\n');
    }
}
