package dev.pgpool.benchmarks.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tables in the order in which they were begun, as markdown. */
final class Tables {
    private final Map<String, List<String>> lines = new LinkedHashMap<>();

    /** Begins a table; names of columns that begin with a colon are of words, all others of numbers. */
    void begin(String title, String... columns) {
        StringBuilder names = new StringBuilder("|");
        StringBuilder kinds = new StringBuilder("|");
        for (String column : columns) {
            boolean words = column.startsWith(":");
            names.append(' ').append(words ? column.substring(1) : column).append(" |");
            kinds.append(words ? "---|" : "--:|");
        }
        lines.put(title, new ArrayList<>(List.of(names.toString(), kinds.toString())));
    }

    /** Adds a row; fractions have two digits, and what is not a number stays empty. */
    void row(String title, Object... cells) {
        List<String> table = lines.get(title);
        if (table == null) {
            throw new IllegalArgumentException("no table " + title);
        }
        StringBuilder row = new StringBuilder("|");
        for (Object cell : cells) {
            row.append(' ').append(text(cell)).append(" |");
        }
        table.add(row.toString());
    }

    private static String text(Object cell) {
        if (cell instanceof Double figure) {
            return Double.isNaN(figure)
                    ? ""
                    : String.format(Locale.ROOT, Math.abs(figure) >= 100 ? "%.0f" : "%.2f", figure);
        }
        return cell.toString();
    }

    /** What was begun since the last time that this was asked. */
    String take() {
        StringBuilder out = new StringBuilder();
        lines.forEach((title, table) -> out.append("\n")
                .append(title)
                .append("\n\n")
                .append(String.join("\n", table))
                .append('\n'));
        lines.clear();
        return out.toString();
    }
}
