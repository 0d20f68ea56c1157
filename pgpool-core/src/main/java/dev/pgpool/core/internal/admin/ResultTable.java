package dev.pgpool.core.internal.admin;

import dev.pgpool.core.internal.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rows as a client gets them, all in text format.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">Message Formats</a>
 */
final class ResultTable {
    private static final byte ROW_DESCRIPTION = 'T';
    private static final byte DATA_ROW = 'D';
    private static final int NULL = -1;

    private record Column(String name, Type type) {}

    /** Types of PostgreSQL, by the letters that PgBouncer's source has for them. */
    private enum Type {
        /** text */
        S(25, -1),
        /** int4 */
        I(23, 4),
        /** int8 */
        Q(20, 8),
        /** numeric */
        N(1700, -1);

        private final int oid;
        private final int size;

        Type(int oid, int size) {
            this.oid = oid;
            this.size = size;
        }
    }

    private final List<Column> columns = new ArrayList<>();
    private final List<@Nullable Object[]> rows = new ArrayList<>();

    /** @param columns names, each followed by the letter of its type: {@code "database s, cl_active i"} */
    ResultTable(String columns) {
        for (String column : columns.split(",", -1)) {
            String[] parts = column.strip().split(" ", 2);
            this.columns.add(new Column(parts[0], Type.valueOf(parts[1].strip().toUpperCase(Locale.ROOT))));
        }
    }

    /** Adds a row: as many values as columns, null for NULL. */
    ResultTable row(@Nullable Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(values.length + " values for " + columns.size() + " columns");
        }
        rows.add(values);
        return this;
    }

    List<String> names() {
        return columns.stream().map(Column::name).toList();
    }

    void writeTo(ByteBuf out) {
        int start = MessageWriter.begin(out, ROW_DESCRIPTION);
        out.writeShort(columns.size());
        for (Column column : columns) {
            MessageWriter.string(out, column.name);
            // table, attribute, type, its size, its modifier, format
            out.writeInt(0).writeShort(0).writeInt(column.type.oid).writeShort(column.type.size);
            out.writeInt(-1).writeShort(0);
        }
        MessageWriter.end(out, start);
        for (@Nullable Object[] row : rows) {
            writeRow(out, row);
        }
    }

    private static void writeRow(ByteBuf out, @Nullable Object[] row) {
        int start = MessageWriter.begin(out, DATA_ROW);
        out.writeShort(row.length);
        for (Object value : row) {
            if (value == null) {
                out.writeInt(NULL);
            } else {
                byte[] text = value.toString().getBytes(StandardCharsets.UTF_8);
                out.writeInt(text.length).writeBytes(text);
            }
        }
        MessageWriter.end(out, start);
    }
}
