package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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

    /** What {@code SplitIdentifierString} takes for one, with what stands around it. */
    private static final Pattern LOOSE_ELEMENT =
            Pattern.compile("\\s*(?:(\"(?:[^\"]|\"\")*\")|([^\",\\s][^,\\s]*))\\s*");

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
     * hold anything), takes the same way back. That way asks whether tablespaces exist, and any role may have set those: so
     * their list is written name by name in any case in which it is one.
     */
    static String alter(String target, String name, String value) {
        String head = "ALTER " + target + " SET " + identifier(name);
        if (!LISTS.contains(name.toLowerCase(Locale.ROOT))) {
            return head + " TO " + literal(value);
        }
        List<String> names = LIST.matcher(value).matches()
                ? ELEMENT.matcher(value)
                        .results()
                        .map(element -> unquoted(element.group()))
                        .toList()
                : name.equalsIgnoreCase("temp_tablespaces") ? looseNames(value) : List.of();
        if (!names.isEmpty()) {
            return head + " TO "
                    + names.stream().map(each -> literal(each).strip()).collect(Collectors.joining(", "));
        }
        return "DO "
                + literal("BEGIN PERFORM pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", true); "
                        + head + " FROM CURRENT; END");
    }

    /** Names of a list with unquoted names in any case and blanks anywhere; empty if it is no list. */
    private static List<String> looseNames(String value) {
        List<String> names = new ArrayList<>();
        Matcher element = LOOSE_ELEMENT.matcher(value);
        int at = 0;
        while (element.find(at) && element.start() == at) {
            String quoted = element.group(1);
            names.add(quoted == null ? element.group(2).toLowerCase(Locale.ROOT) : unquoted(quoted));
            if (element.end() == value.length()) {
                return names;
            }
            if (value.charAt(element.end()) != ',') {
                break;
            }
            at = element.end() + 1;
        }
        return List.of();
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    /** All of it. */
    String text() {
        return String.join("\n", lines) + "\n";
    }
}
