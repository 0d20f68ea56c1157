package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.RowCounts;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts what a database holds, in the same way before the dump and after a restore, so that the two can be compared. */
public final class ContentsReader {

    private ContentsReader() {}

    /** Rows of each table by {@code schema.table}. */
    public static Map<String, Long> rowCounts(Connection connection, RowCounts how) throws SQLException {
        if (how != RowCounts.EXACT) {
            String count = how == RowCounts.ESTIMATED ? "greatest(c.reltuples, -1)::bigint" : "-1::bigint";
            return DatabaseFacts.longs(
                    connection, "SELECT n.nspname || '.' || c.relname, " + count + " " + DatabaseFacts.TABLES);
        }
        Map<String, Long> counts = new TreeMap<>();
        for (List<@Nullable String> table :
                Sessions.rows(connection, "SELECT n.nspname, c.relname " + DatabaseFacts.TABLES)) {
            String schema = Objects.requireNonNull(table.get(0));
            String name = Objects.requireNonNull(table.get(1));
            String count = Sessions.value(
                    connection,
                    "SELECT count(*) FROM ONLY " + Sessions.identifier(schema) + "." + Sessions.identifier(name));
            counts.put(schema + "." + name, Long.parseLong(String.valueOf(count)));
        }
        return counts;
    }

    /** Where each sequence stands; one that was never used stands at the value before its first. */
    public static Map<String, Long> sequences(Connection connection) throws SQLException {
        Map<String, Long> values = new TreeMap<>();
        for (List<@Nullable String> sequence : Sessions.rows(
                connection,
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE"
                        + " c.relkind = 'S' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_depend d WHERE"
                        + " d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')")) {
            String schema = Objects.requireNonNull(sequence.get(0));
            String name = Objects.requireNonNull(sequence.get(1));
            String value = Sessions.value(
                    connection,
                    "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM "
                            + Sessions.identifier(schema) + "." + Sessions.identifier(name));
            values.put(schema + "." + name, Long.parseLong(String.valueOf(value)));
        }
        return values;
    }

    /** Number of large objects. */
    public static long largeObjects(Connection connection) throws SQLException {
        return Long.parseLong(
                String.valueOf(Sessions.value(connection, "SELECT count(*) FROM pg_largeobject_metadata")));
    }

    /** Extensions with their versions. */
    public static Map<String, String> extensions(Connection connection) throws SQLException {
        return DatabaseFacts.map(connection, "SELECT extname, extversion FROM pg_extension");
    }
}
