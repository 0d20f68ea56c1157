package dev.pgpool.backup;

import java.util.List;
import java.util.Objects;

/**
 * A part of a backup. A table comes with its indexes, constraints, triggers, own sequences, comments and grants, and with its
 * partitions; foreign keys that lead to a table outside of the part are left out, and reported.
 *
 * @param schemas of which everything is taken
 * @param tables taken one by one
 * @param content whether definitions, rows, or both
 */
public record RestorePart(List<String> schemas, List<Table> tables, Content content) {

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
    }

    /** A schema with everything in it. */
    public static RestorePart schema(String name) {
        return new RestorePart(List.of(name), List.of(), Content.ALL);
    }

    /** A table. */
    public static RestorePart table(String schema, String name) {
        return new RestorePart(List.of(), List.of(new Table(schema, name)), Content.ALL);
    }

    /** All of it. With {@link #dataOnly} or {@link #definitionsOnly} a part, too. */
    public static RestorePart everything() {
        return new RestorePart(List.of(), List.of(), Content.ALL);
    }

    /** The same and another schema. */
    public RestorePart andSchema(String name) {
        return new RestorePart(plus(schemas, name), tables, content);
    }

    /** The same and another table. */
    public RestorePart andTable(String schema, String name) {
        return new RestorePart(schemas, plus(tables, new Table(schema, name)), content);
    }

    private static <T> List<T> plus(List<T> list, T one) {
        return java.util.stream.Stream.concat(list.stream(), java.util.stream.Stream.of(one))
                .toList();
    }

    /** The same, but rows only. */
    public RestorePart dataOnly() {
        return new RestorePart(schemas, tables, Content.DATA);
    }

    /** The same, but definitions only. */
    public RestorePart definitionsOnly() {
        return new RestorePart(schemas, tables, Content.DEFINITIONS);
    }
}
