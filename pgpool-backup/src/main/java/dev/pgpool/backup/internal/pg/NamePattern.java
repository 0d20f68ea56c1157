package dev.pgpool.backup.internal.pg;

/**
 * A pattern of pg_dump's as the regular expressions that pg_dump asks the server with, after {@code patternToSQLRegex} of
 * PostgreSQL's fe_utils/string_utils.c. Pure.
 *
 * @param schema expression for the schema, or empty for any
 * @param name expression for the name
 */
record NamePattern(String schema, String name) {

    private static final String SPECIAL = "|*+?()[]{}.^$\\";

    /** The pattern of a table. */
    static NamePattern table(String pattern) {
        StringBuilder name = new StringBuilder();
        String schema = "";
        boolean quoted = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            char next = i + 1 < pattern.length() ? pattern.charAt(i + 1) : 0;
            if (c == '"') {
                if (quoted && next == '"') {
                    name.append('"');
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (quoted) {
                append(name, c, SPECIAL.indexOf(c) >= 0);
            } else if (c == '.') {
                schema = whole(name);
                name.setLength(0);
            } else if (c == '*') {
                name.append(".*");
            } else if (c == '?') {
                name.append('.');
            } else if (c >= 'A' && c <= 'Z') {
                name.append((char) (c - 'A' + 'a'));
            } else {
                append(name, c, c == '$' || (c == '[' && next == ']'));
            }
        }
        return new NamePattern(schema, whole(name));
    }

    private static void append(StringBuilder text, char c, boolean escaped) {
        if (escaped) {
            text.append('\\');
        }
        text.append(c);
    }

    private static String whole(StringBuilder expression) {
        String text = expression.toString();
        return text.equals(".*") ? "" : "^(" + text + ")$";
    }

    /** A condition on the columns of a schema's and a relation's name. */
    String condition(String schemaColumn, String nameColumn) {
        return "(" + matches(schemaColumn, schema) + " AND " + matches(nameColumn, name) + ")";
    }

    private static String matches(String column, String expression) {
        // The cast gives the comparison a collation that knows letters; names themselves have "C".
        return expression.isEmpty()
                ? "true"
                : column + "::pg_catalog.text OPERATOR(pg_catalog.~) " + Sessions.literal(expression)
                        + " COLLATE pg_catalog.\"default\"";
    }
}
