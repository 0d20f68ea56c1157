package dev.pgpool.backup.internal.pg;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Lines of a globals script in the few forms that {@link GlobalsScript} reads back: statements, and statements on a condition
 * ({@code SELECT 'statement' WHERE ... \gexec}), which psql executes if the condition holds. So the script can be run by
 * {@code psql -v ON_ERROR_STOP=1} on a server that has some of the roles, and before as well as after the database is there.
 */
final class GlobalsWriter {

    /** Settings whose value is a list of names, each quoted in it: PostgreSQL's {@code variable_is_guc_list_quote}. */
    private static final List<String> LISTS = List.of(
            "local_preload_libraries",
            "search_path",
            "session_preload_libraries",
            "shared_preload_libraries",
            "temp_tablespaces",
            "unix_socket_directories");

    private static final String NAME = "(?:\"(?:[^\"]|\"\")*\"|[a-z_][a-z0-9_]*)";
    private static final Pattern LIST = Pattern.compile(NAME + "(?:, " + NAME + ")*");
    private static final Pattern ELEMENT = Pattern.compile(NAME);

    private final List<String> lines = new ArrayList<>();

    /** A comment; what it says about the database has to be a literal, since a name may hold a newline. */
    void comment(String text) {
        lines.add("-- " + text);
    }

    /** A statement that is always executed. */
    void statement(String sql) {
        lines.add(sql + ";");
    }

    /** A statement that is executed if the condition holds. */
    void statementIf(String sql, String condition) {
        lines.add("SELECT " + literal(sql) + " WHERE " + condition + " \\gexec");
    }

    /** One statement for servers before a version, another for those from it on. */
    void statementBefore(int version, String before, String after) {
        lines.add("SELECT CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < " + version
                + " THEN " + literal(before) + " ELSE " + literal(after) + " END \\gexec");
    }

    /** A statement about a database, if that exists. */
    void onDatabase(String database, String sql) {
        statementIf(sql, "EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = " + literal(database) + ")");
    }

    /**
     * {@code ALTER ... SET}. A list is written name by name, as literals, which the server quotes as names again. A list that is
     * not in the form in which {@code SET} stores it (it came from {@code set_config} by way of {@code SET FROM CURRENT}, and may
     * hold anything), takes the same way back.
     */
    static String alter(String target, String name, String value) {
        String head = "ALTER " + target + " SET " + identifier(name);
        if (!LISTS.contains(name.toLowerCase(java.util.Locale.ROOT))) {
            return head + " TO " + literal(value);
        }
        if (LIST.matcher(value).matches()) {
            List<String> names = ELEMENT.matcher(value)
                    .results()
                    .map(element -> literal(unquoted(element.group())).strip())
                    .toList();
            return head + " TO " + String.join(", ", names);
        }
        return "DO "
                + literal("BEGIN PERFORM pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", true); "
                        + head + " FROM CURRENT; END");
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    /** All of it. */
    String text() {
        return String.join("\n", lines) + "\n";
    }
}
