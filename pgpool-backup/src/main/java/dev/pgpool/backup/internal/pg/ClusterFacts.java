package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What holds for the whole server.
 *
 * @param version {@code server_version_num}
 * @param systemIdentifier empty if the role may not read it
 * @param inRecovery true for a standby
 * @param freeSlots connections that are free for this role
 * @param superuser whether the role is one
 * @param databases that can be dumped: no templates, and accepting connections
 */
public record ClusterFacts(
        int version,
        String systemIdentifier,
        boolean inRecovery,
        int freeSlots,
        boolean superuser,
        List<String> databases) {

    /** Copies. */
    public ClusterFacts {
        databases = List.copyOf(databases);
    }

    /** Reads them. */
    public static ClusterFacts read(Connection connection) {
        try {
            boolean superuser = "on".equals(Sessions.value(connection, "SHOW is_superuser"));
            String reserved = superuser ? "0" : "current_setting('superuser_reserved_connections')::int";
            String free = Sessions.value(
                    connection,
                    "SELECT current_setting('max_connections')::int - " + reserved
                            + " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')");
            List<String> databases = new ArrayList<>();
            Sessions.rows(
                            connection,
                            "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1")
                    .forEach(row -> databases.add(Objects.requireNonNull(row.get(0))));
            return new ClusterFacts(
                    number(connection, "SHOW server_version_num"),
                    systemIdentifier(connection),
                    "t".equals(Sessions.value(connection, "SELECT pg_is_in_recovery()")),
                    Integer.parseInt(String.valueOf(free)),
                    superuser,
                    databases);
        } catch (SQLException e) {
            throw new BackupException(
                    FailureReason.SOURCE_UNREACHABLE, "reading the server's facts: " + e.getMessage(), e);
        }
    }

    private static String systemIdentifier(Connection connection) throws SQLException {
        String allowed = Sessions.value(
                connection, "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'execute')");
        return "t".equals(allowed)
                ? String.valueOf(Sessions.value(connection, "SELECT system_identifier FROM pg_control_system()"))
                : "";
    }

    private static int number(Connection connection, String sql) throws SQLException {
        return Integer.parseInt(String.valueOf(Sessions.value(connection, sql)));
    }
}
