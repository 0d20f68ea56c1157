package dev.pgpool.backup.config;

import dev.pgpool.backup.internal.check.Problems;
import java.util.List;

/**
 * What of a database is dumped. Patterns are pg_dump's: {@code *} and {@code ?} stand for any text and any character, names are
 * folded to lower case unless they are in double quotes, and a dot parts schema and table. A table pattern without a schema
 * means tables of that name in every schema, whatever any {@code search_path} says.
 *
 * @param schemas the only schemas, or empty for all
 * @param excludeSchemas schemas that are left out
 * @param tables the only tables, views and sequences, or empty for all; {@code schemas} must be empty then, as pg_dump would
 *     not look at it
 * @param excludeTables tables, views and sequences that are left out
 * @param excludeTableData tables of which only the definition is dumped
 * @param largeObjects whether large objects are dumped; never with {@code schemas} or {@code tables}
 */
public record DumpFilter(
        List<String> schemas,
        List<String> excludeSchemas,
        List<String> tables,
        List<String> excludeTables,
        List<String> excludeTableData,
        boolean largeObjects) {

    /** Copies and checks. */
    public DumpFilter {
        schemas = List.copyOf(schemas);
        excludeSchemas = List.copyOf(excludeSchemas);
        tables = List.copyOf(tables);
        excludeTables = List.copyOf(excludeTables);
        excludeTableData = List.copyOf(excludeTableData);
        Problems problems = new Problems();
        schemas.forEach(pattern -> check("schemas", pattern, 1, problems));
        excludeSchemas.forEach(pattern -> check("excludeSchemas", pattern, 1, problems));
        tables.forEach(pattern -> check("tables", pattern, 2, problems));
        excludeTables.forEach(pattern -> check("excludeTables", pattern, 2, problems));
        excludeTableData.forEach(pattern -> check("excludeTableData", pattern, 2, problems));
        if (!tables.isEmpty() && !(schemas.isEmpty() && excludeSchemas.isEmpty())) {
            problems.add(
                    "tables",
                    tables + " with schemas " + schemas + excludeSchemas,
                    "one or the other; a table pattern may hold a schema, as in app.*");
        }
        problems.throwIfAny("");
    }

    /** Everything. */
    public static DumpFilter everything() {
        return new DumpFilter(List.of(), List.of(), List.of(), List.of(), List.of(), true);
    }

    /** True if nothing is left out. */
    public boolean isEverything() {
        return equals(everything());
    }

    /** True if only some schemas or tables are dumped: then neither extensions nor large objects are. */
    public boolean isPart() {
        return !schemas.isEmpty() || !tables.isEmpty();
    }

    /** Only these schemas. */
    public DumpFilter schemas(String... patterns) {
        return new DumpFilter(List.of(patterns), excludeSchemas, tables, excludeTables, excludeTableData, largeObjects);
    }

    /** Without these schemas. */
    public DumpFilter excludeSchemas(String... patterns) {
        return new DumpFilter(schemas, List.of(patterns), tables, excludeTables, excludeTableData, largeObjects);
    }

    /** Only these tables. */
    public DumpFilter tables(String... patterns) {
        return new DumpFilter(
                schemas, excludeSchemas, List.of(patterns), excludeTables, excludeTableData, largeObjects);
    }

    /** Without these tables. */
    public DumpFilter excludeTables(String... patterns) {
        return new DumpFilter(schemas, excludeSchemas, tables, List.of(patterns), excludeTableData, largeObjects);
    }

    /** Without the rows of these tables. */
    public DumpFilter excludeTableData(String... patterns) {
        return new DumpFilter(schemas, excludeSchemas, tables, excludeTables, List.of(patterns), largeObjects);
    }

    /** With or without large objects. */
    public DumpFilter largeObjects(boolean dumped) {
        return new DumpFilter(schemas, excludeSchemas, tables, excludeTables, excludeTableData, dumped);
    }

    private static void check(String name, String pattern, int parts, Problems problems) {
        int found = 1;
        int length = 0;
        boolean quoted = false;
        boolean empty = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '.' && !quoted) {
                empty |= length == 0;
                length = 0;
                found++;
            } else {
                length++;
            }
        }
        String shown = "\"" + pattern + "\"";
        if (pattern.indexOf('\0') >= 0) {
            problems.add(name, "a pattern with a zero character", "none");
        } else if (quoted) {
            problems.add(name, shown, "a closing quote");
        } else if (empty || length == 0) {
            problems.add(name, shown, "no empty name");
        } else if (found > parts) {
            problems.add(
                    name,
                    shown,
                    (parts == 1 ? "a schema, without a dot" : "schema.table or table")
                            + "; a dot inside a name goes in double quotes");
        }
    }
}
