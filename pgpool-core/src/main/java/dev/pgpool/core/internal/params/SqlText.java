package dev.pgpool.core.internal.params;

/** Writes values and names into SQL text. */
public final class SqlText {
    private SqlText() {}

    /** A string in escape syntax: it means the same whatever standard_conforming_strings is on that server. */
    public static String literal(String value) {
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** The name of a parameter, each part of one like {@code a.b} quoted apart. */
    public static String parameter(String name) {
        return '"' + name.replace("\"", "\"\"").replace(".", "\".\"") + '"';
    }
}
