package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.RowCounts;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Counts what a database holds, in the same way before the dump and after a restore, so that the two can be compared. */
public final class ContentsReader {

    /** Stands for a number that is not known. */
    public static final long UNKNOWN = -1;

    // Nothing lies before the smallest number, so a sequence that begins there stands at it.
    private static final String POSITION =
            "CASE WHEN is_called OR last_value = -9223372036854775808 THEN last_value ELSE last_value - 1 END";
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");

    private ContentsReader() {}

    /** Asks about one relation; {@code null} for an answer that cannot be had. */
    interface Asking {
        @Nullable
        String value(String sql) throws SQLException;
    }

    /** Rows of each table by {@code schema.table}, names in quotes where SQL would need them. */
    public static Map<String, Long> rowCounts(Connection connection, RowCounts how) throws SQLException {
        return rowCounts(connection, how, TableFilter.EVERYTHING, sql -> Sessions.value(connection, sql));
    }

    static Map<String, Long> rowCounts(Connection connection, RowCounts how, TableFilter filter, Asking asking)
            throws SQLException {
        Sessions.readTablesOnly(connection);
        Map<String, Long> counts = new TreeMap<>();
        for (List<@Nullable String> table : Sessions.rows(
                connection,
                "SELECT n.nspname, c.relname, " + filter.withoutData() + ", greatest(c.reltuples, -1)::bigint, c.oid "
                        + filter.tables("'r'"))) {
            String schema = Objects.requireNonNull(table.get(0));
            String name = Objects.requireNonNull(table.get(1));
            String count = "t".equals(table.get(2))
                    ? "0"
                    : switch (how) {
                        case NONE -> null;
                        case ESTIMATED -> table.get(3);
                        case EXACT ->
                            asking.value(
                                    question(connection, "pg_catalog.count(*)", "ONLY ", schema, name, table.get(4)));
                    };
            counts.put(qualified(schema, name), count == null ? UNKNOWN : Long.parseLong(count));
        }
        return counts;
    }

    /** Where each sequence stands; one that was never used stands at the value before its first. */
    public static Map<String, Long> sequences(Connection connection) throws SQLException {
        return sequences(connection, TableFilter.EVERYTHING, sql -> Sessions.value(connection, sql));
    }

    static Map<String, Long> sequences(Connection connection, TableFilter filter, Asking asking) throws SQLException {
        Sessions.readTablesOnly(connection);
        Map<String, Long> values = new TreeMap<>();
        for (List<@Nullable String> sequence :
                Sessions.rows(connection, "SELECT n.nspname, c.relname, c.oid " + filter.sequences())) {
            String schema = Objects.requireNonNull(sequence.get(0));
            String name = Objects.requireNonNull(sequence.get(1));
            String value = asking.value(question(connection, POSITION, "", schema, name, sequence.get(2)));
            if (value != null) {
                values.put(qualified(schema, name), Long.parseLong(value));
            }
        }
        return values;
    }

    /** The value of an expression in a relation. A name that cannot be sent is put in by the server. */
    private static String question(
            Connection connection, String expression, String only, String schema, String name, @Nullable String oid)
            throws SQLException {
        if (Sessions.canName(connection, schema + name)) {
            return "SELECT " + expression + " FROM " + only + Sessions.identifier(schema) + "."
                    + Sessions.identifier(name);
        }
        return "SELECT substring(pg_catalog.query_to_xml(pg_catalog.format('SELECT " + expression + " AS n FROM " + only
                + "%s', " + oid
                + "::pg_catalog.regclass), false, false, '')::pg_catalog.text FROM '<n>(-?[0-9]+)</n>')";
    }

    /** A name that is no other's: with quotes where SQL would need them. */
    static String qualified(String schema, String name) {
        return quoted(schema) + "." + quoted(name);
    }

    private static String quoted(String name) {
        return PLAIN.matcher(name).matches() ? name : Sessions.identifier(name);
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
