package dev.pgpool.certwatch.internal.text;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table for people: each row is one line, and each column as wide as its longest cell. Confined to one thread. */
public final class TextTable {

    private static final int MAX_CELL = 100;

    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a row. Cells hold what peers sent: it is escaped, so that it stays on one line, and shortened. */
    public TextTable row(@Nullable Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(PeerText.shortened(PeerText.escape(String.valueOf(cell)), MAX_CELL));
        }
        rows.add(row);
        return this;
    }

    /** The lines, each with its end; the last cell of a row takes no part in the width of its column. */
    @Override
    public String toString() {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size() - 1; i++) {
                if (i == widths.size()) {
                    widths.add(0);
                }
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        StringBuilder table = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(row.get(i));
                if (i < row.size() - 1) {
                    line.append(" ".repeat(widths.get(i) - row.get(i).length() + 2));
                }
            }
            table.append(line.toString().stripTrailing()).append('\n');
        }
        return table.toString();
    }
}
