package dev.pgpool.backup.restore;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A part of a backup. A table comes with its indexes, constraints, triggers, own sequences, comments and grants, and with its
 * partitions; foreign keys that lead to a table outside of the part are left out, and reported.
 *
 * @param schemas of which everything is taken
 * @param tables taken one by one
 * @param content whether definitions, rows, or both
 * @param newName what the one table or the one schema is called where it is restored, or {@code null} for its own name
 */
public record RestorePart(
        List<String> schemas,
        List<Table> tables,
        Content content,
        @Nullable NewName newName) {

    private static final int LONGEST_NAME = 63;

    /**
     * A table by its exact names, without quotes.
     *
     * @param schema of it
     * @param name of it
     */
    public record Table(String schema, String name) {
        /** Checks. */
        public Table {
            Objects.requireNonNull(schema, "schema");
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * The name that a part gets.
     *
     * @param schema of the table, or the schema's own new name
     * @param table its new name, or {@code null} for a schema
     */
    public record NewName(String schema, @Nullable String table) {
        /** Checks. */
        public NewName {
            check(schema);
            if (schema.startsWith("pg_") || schema.equals("information_schema")) {
                throw new IllegalArgumentException("as(...): schema \"" + schema
                        + "\" (expected: another name, since this one is PostgreSQL's own)");
            }
            if (table != null) {
                check(table);
            }
        }

        private static void check(String name) {
            int bytes = name.getBytes(StandardCharsets.UTF_8).length;
            if (bytes == 0 || bytes > LONGEST_NAME || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("as(...): a name of " + bytes + " bytes (expected: 1 to "
                        + LONGEST_NAME + ", which is PostgreSQL's limit, and no zero byte)");
            }
        }

        @Override
        public String toString() {
            return "\"" + schema + "\"" + (table == null ? "" : ".\"" + table + "\"");
        }
    }

    /** What is taken of it. */
    public enum Content {
        /** Definitions and rows. */
        ALL,
        /** Rows, and where sequences stand; the tables have to be there. */
        DATA,
        /** Definitions. */
        DEFINITIONS
    }

    /** Copies. */
    public RestorePart {
        schemas = List.copyOf(schemas);
        tables = List.copyOf(tables);
        if (newName != null) {
            boolean fits = newName.table() == null
                    ? schemas.size() == 1 && tables.isEmpty()
                    : schemas.isEmpty() && tables.size() == 1;
            if (!fits) {
                throw new IllegalArgumentException("as(...): " + newName + " for " + schemas.size() + " schemas and "
                        + tables.size()
                        + " tables (expected: as(schema, table) for a part of one table, as(schema) for a"
                        + " part of one schema)");
            }
            if (newName.table() == null
                    ? schemas.contains(newName.schema())
                    : tables.contains(new Table(newName.schema(), newName.table()))) {
                throw new IllegalArgumentException("as(...): " + newName + " is its own name (expected: another one)");
            }
        }
    }

    /** A schema with everything in it. */
    public static RestorePart schema(String name) {
        return new RestorePart(List.of(name), List.of(), Content.ALL, null);
    }

    /** A table. */
    public static RestorePart table(String schema, String name) {
        return new RestorePart(List.of(), List.of(new Table(schema, name)), Content.ALL, null);
    }

    /** All of it. With {@link #dataOnly} or {@link #definitionsOnly} a part, too. */
    public static RestorePart everything() {
        return new RestorePart(List.of(), List.of(), Content.ALL, null);
    }

    /** The same and another schema. */
    public RestorePart andSchema(String name) {
        return new RestorePart(plus(schemas, name), tables, content, newName);
    }

    /** The same and another table. */
    public RestorePart andTable(String schema, String name) {
        return new RestorePart(schemas, plus(tables, new Table(schema, name)), content, newName);
    }

    private static <T> List<T> plus(List<T> list, T one) {
        return java.util.stream.Stream.concat(list.stream(), java.util.stream.Stream.of(one))
                .toList();
    }

    /** The same, but rows only. */
    public RestorePart dataOnly() {
        return new RestorePart(schemas, tables, Content.DATA, newName);
    }

    /** The same, but definitions only. */
    public RestorePart definitionsOnly() {
        return new RestorePart(schemas, tables, Content.DEFINITIONS, newName);
    }

    /**
     * The same table under another name, in the same schema or in another one; into a database that has the original, too. What
     * is its own, such as indexes, sequences and partitions, keeps its name unless the target has that name already, and the
     * report says so. With {@link #dataOnly} its rows go into the existing table of that name, and no sequence is set.
     *
     * @throws IllegalArgumentException if the part is not one table
     */
    public RestorePart as(String schema, String table) {
        return new RestorePart(schemas, tables, content, new NewName(schema, Objects.requireNonNull(table, "table")));
    }

    /**
     * The same schema under another name, into a database that has the original, too. What refers to the schema inside of
     * texts, such as the bodies of functions, still names the original.
     *
     * @throws IllegalArgumentException if the part is not one schema
     */
    public RestorePart as(String schema) {
        return new RestorePart(schemas, tables, content, new NewName(schema, null));
    }
}
