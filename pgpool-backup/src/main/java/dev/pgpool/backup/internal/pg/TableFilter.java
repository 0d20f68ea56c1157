package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.DumpFilter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which tables and sequences pg_dump takes under a filter, as conditions for the catalog: its own rules, in its own order.
 * Pure.
 */
public final class TableFilter {

    /** Takes everything. */
    public static final TableFilter EVERYTHING = new TableFilter(DumpFilter.everything());

    private static final String FROM =
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE "
                    + "c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT"
                    + " FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND"
                    + " d.deptype = 'e')";
    // What is unlogged cannot be read on a standby, and pg_dump does not try.
    private static final String UNREADABLE = "(c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())";

    private final DumpFilter filter;

    private TableFilter(DumpFilter filter) {
        this.filter = filter;
    }

    /** The tables and sequences that a filter leaves. */
    public static TableFilter of(DumpFilter filter) {
        return new TableFilter(filter);
    }

    /** From where to where for the tables ({@code c}, in schema {@code n}) whose definition is dumped. */
    String tables(String kinds) {
        return FROM + " AND c.relkind IN (" + kinds + ") AND " + included("c", "n");
    }

    /** A condition for the tables of which no rows are dumped. */
    String withoutData() {
        return "(" + UNREADABLE + " OR " + any(filter.excludeTableData(), "c", "n") + ")";
    }

    /** From where to where for the sequences whose position is dumped; those of a dumped table go with it. */
    String sequences() {
        return FROM + " AND c.relkind = 'S' AND NOT " + withoutData()
                + " AND (CASE (SELECT d.deptype FROM pg_catalog.pg_depend d"
                + " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0 AND"
                + " d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') LIMIT 1) WHEN 'i' THEN "
                + owner() + " WHEN 'a' THEN " + owner() + " OR " + included("c", "n") + " ELSE " + included("c", "n")
                + " END)";
    }

    private String owner() {
        return "EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN"
                + " pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace WHERE d.classid ="
                + " 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.refclassid ="
                + " 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') AND " + included("t", "tn")
                + ")";
    }

    /** A question that has a row if the schema public is asked for by a pattern: then pg_dump creates it. */
    String schemaPublic() {
        return "SELECT 1 FROM pg_catalog.pg_namespace n WHERE n.nspname = 'public' AND "
                + schemas(filter.schemas(), "n") + " AND NOT " + schemas(filter.excludeSchemas(), "n");
    }

    /** From where to where for relations of the system's that a pattern would draw in. */
    String systemRelations() {
        String patterns = filter.tables().isEmpty() ? schemas(filter.schemas(), "n") : any(filter.tables(), "c", "n");
        return "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE (n.nspname ="
                + " 'information_schema' OR n.nspname ~ '^pg_') AND n.nspname !~ '^pg_(temp|toast)' AND c.relkind IN ('r', 'v',"
                + " 'S') AND " + patterns;
    }

    private String included(String relation, String namespace) {
        String chosen;
        if (!filter.tables().isEmpty()) {
            chosen = any(filter.tables(), relation, namespace);
        } else {
            chosen = (filter.schemas().isEmpty() ? "true" : schemas(filter.schemas(), namespace)) + " AND NOT "
                    + schemas(filter.excludeSchemas(), namespace);
        }
        return "(" + chosen + " AND NOT " + any(filter.excludeTables(), relation, namespace) + ")";
    }

    private static String any(List<String> patterns, String relation, String namespace) {
        return patterns.isEmpty()
                ? "false"
                : patterns.stream()
                        .map(pattern ->
                                NamePattern.table(pattern).condition(namespace + ".nspname", relation + ".relname"))
                        .collect(Collectors.joining(" OR ", "(", ")"));
    }

    private static String schemas(List<String> patterns, String namespace) {
        return patterns.isEmpty()
                ? "false"
                : patterns.stream()
                        .map(pattern -> NamePattern.table(pattern).condition("''", namespace + ".nspname"))
                        .collect(Collectors.joining(" OR ", "(", ")"));
    }
}
