package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.PgServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What would stop a dump of a database halfway, found out beforehand. */
public final class Privileges {

    private static final int NAMED = 5;

    private Privileges() {}

    /** A line for each problem. */
    public static List<String> problems(PgServer server, String database, SessionGroup group) {
        List<String> problems = new ArrayList<>();
        try (Connection connection = Sessions.open(server, database, group)) {
            report(
                    connection,
                    "AND NOT has_table_privilege(c.oid, 'SELECT')",
                    "role \"" + server.user() + "\" may not read %d tables of \"" + database
                            + "\": %s (expected: GRANT pg_read_all_data, or SELECT on them)",
                    problems);
            report(
                    connection,
                    "AND row_security_active(c.oid)",
                    "row-level security would hide rows of %d tables of \"" + database + "\": %s (expected: a role with"
                            + " BYPASSRLS)",
                    problems);
        } catch (SQLException e) {
            problems.add("database \"" + database + "\": " + e.getMessage());
        } catch (BackupException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        return problems;
    }

    private static void report(Connection connection, String condition, String message, List<String> problems)
            throws SQLException {
        if (condition.contains("row_security_active")) {
            // With row_security off, as our sessions have it, the function answers what would be an error.
            Sessions.execute(connection, "SELECT set_config('row_security', 'on', false)");
        }
        List<String> tables = new ArrayList<>();
        Sessions.rows(
                        connection,
                        "SELECT n.nspname || '.' || c.relname " + DatabaseFacts.TABLES + " " + condition
                                + " ORDER BY 1")
                .forEach(row -> tables.add(String.valueOf(row.get(0))));
        if (!tables.isEmpty()) {
            String names = tables.stream().limit(NAMED).collect(Collectors.joining(", "))
                    + (tables.size() > NAMED ? ", ..." : "");
            problems.add(String.format(message, tables.size(), names));
        }
    }
}
