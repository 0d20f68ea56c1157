package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.report.BackupException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What would stop a dump of a database halfway, found out beforehand. */
public final class DumpPrivileges {

    private static final int NAMED = 5;
    private static final String LOCKED = "'r', 'p'";

    private final Connection connection;
    private final List<String> problems = new ArrayList<>();

    private DumpPrivileges(Connection connection) {
        this.connection = connection;
    }

    /** A line for each problem. */
    public static List<String> problems(PgServer server, String database, SessionGroup group, DumpFilter filter) {
        try (Connection connection = Sessions.open(server, database, group)) {
            DumpPrivileges privileges = new DumpPrivileges(connection);
            privileges.look(server.user(), database, filter);
            return privileges.problems;
        } catch (SQLException e) {
            return List.of("database \"" + database + "\": " + e.getMessage());
        } catch (BackupException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    private void look(String role, String database, DumpFilter filter) throws SQLException {
        passable(database, filter);
        TableFilter tables = TableFilter.of(filter);
        String may = "role \"" + role + "\" may not ";
        String of = " of \"" + database + "\": ";
        String name = "SELECT n.nspname || '.' || c.relname ";
        if (filter.isPart()) {
            report(
                    name + tables.systemRelations(),
                    "patterns draw in ",
                    " of the system's tables" + of,
                    "a schema in the pattern, as in app.*");
            if (Sessions.value(connection, "SELECT 1 " + tables.tables("'r', 'p', 'v', 'm', 'f', 'S'") + " LIMIT 1")
                    == null) {
                problems.add("database \"" + database + "\": nothing matches " + filter.schemas() + filter.tables()
                        + " (expected: at least one table)");
            }
        }
        report(
                "SELECT DISTINCT n.nspname " + tables.tables(LOCKED + ", 'S'")
                        + " AND NOT has_schema_privilege(n.oid, 'USAGE')",
                may + "use ",
                " schemas" + of,
                "GRANT pg_read_all_data, or USAGE on them");
        report(
                name + tables.tables(LOCKED) + " AND NOT has_table_privilege(c.oid, 'SELECT')",
                may + "read ",
                " tables" + of,
                "GRANT pg_read_all_data, or SELECT on them");
        report(
                name + tables.sequences() + " AND NOT has_table_privilege(c.oid, 'SELECT')",
                may + "read ",
                " sequences" + of,
                "GRANT pg_read_all_data, or SELECT on them");
        // With row_security off, as our sessions have it, the function answers what would be an error.
        Sessions.execute(connection, "SELECT set_config('row_security', 'on', false)");
        report(
                name + tables.tables("'r'") + " AND NOT " + tables.withoutData() + " AND row_security_active(c.oid)",
                "row-level security would hide rows of ",
                " tables" + of,
                "a role with BYPASSRLS");
        if (filter.largeObjects() && !filter.isPart()) {
            largeObjects(may, of);
        }
    }

    /**
     * pg_dump gets a pattern in the encoding of its arguments, and asks for it in the one of the database, as if it were
     * that.
     */
    private void passable(String database, DumpFilter filter) throws SQLException {
        List<String> patterns = Stream.of(
                        filter.schemas(),
                        filter.excludeSchemas(),
                        filter.tables(),
                        filter.excludeTables(),
                        filter.excludeTableData())
                .flatMap(List::stream)
                .filter(pattern -> !StandardCharsets.US_ASCII.newEncoder().canEncode(pattern))
                .toList();
        String encoding = Sessions.value(connection, "SHOW server_encoding");
        if (!patterns.isEmpty() && !"UTF8".equals(encoding) && !"SQL_ASCII".equals(encoding)) {
            problems.add("patterns " + patterns
                    + ": with characters outside of ASCII they do not mean the same to pg_dump" + " in \"" + database
                    + "\", whose encoding is " + encoding + " (expected: ? or * in place of these)");
        }
    }

    /** Grants of large objects have no function before PostgreSQL 18, and pg_read_all_data does not hold for them. */
    private void largeObjects(String may, String of) throws SQLException {
        if ("on".equals(Sessions.value(connection, "SHOW is_superuser"))
                || "on".equals(Sessions.value(connection, "SHOW lo_compat_privileges"))) {
            return;
        }
        report(
                "SELECT l.oid FROM pg_largeobject_metadata l WHERE NOT pg_has_role(l.lomowner, 'USAGE') AND NOT EXISTS"
                        + " (SELECT FROM aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR"
                        + " pg_has_role(a.grantee, 'USAGE')))",
                may + "read ",
                " large objects" + of,
                "GRANT SELECT ON LARGE OBJECT, membership in the roles that own them, or largeObjects(false)");
    }

    private void report(String sql, String before, String after, String expected) throws SQLException {
        List<String> names = new ArrayList<>();
        Sessions.rows(connection, sql + " ORDER BY 1").forEach(row -> names.add(String.valueOf(row.get(0))));
        if (!names.isEmpty()) {
            String shown = names.stream().limit(NAMED).collect(Collectors.joining(", "))
                    + (names.size() > NAMED ? ", ..." : "");
            problems.add(before + names.size() + after + shown + " (expected: " + expected + ")");
        }
    }
}
