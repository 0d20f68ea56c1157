package dev.pgpool.backup.internal.pg;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which lock a pg_dump waits for, and who holds it: asked while it waits, since afterwards it is not to be known. */
public final class DumpLockWait {

    private DumpLockWait() {}

    /**
     * A line for people, or empty if nothing waits.
     *
     * @param connection to the database being dumped
     * @param applicationName of pg_dump's session; a program behind a prefix may not have got it, and calls itself pg_dump
     */
    public static Optional<String> find(Connection connection, String applicationName) throws SQLException {
        List<List<@Nullable String>> rows = Sessions.rows(
                connection,
                "SELECT n.nspname, c.relname, h.pid, COALESCE(s.application_name, ''), COALESCE(s.usename, ''),"
                        + " COALESCE(s.state, ''), s.xact_start, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'"
                        + " WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN"
                        + " pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL"
                        + " unnest(pg_blocking_pids(l.pid)) AS h(pid) LEFT JOIN pg_stat_activity s ON s.pid = h.pid WHERE NOT"
                        + " l.granted AND l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname ="
                        + " current_database()) AND a.application_name IN (" + Sessions.literal(applicationName)
                        + ", 'pg_dump') ORDER BY s.xact_start NULLS FIRST LIMIT 1");
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        List<@Nullable String> row = rows.get(0);
        String table = ContentsReader.qualified(String.valueOf(row.get(0)), String.valueOf(row.get(1)));
        String holder = "0".equals(row.get(2))
                ? "a prepared transaction"
                : "pid " + row.get(2) + " (" + row.get(3) + ", role " + row.get(4) + ", " + row.get(5)
                        + ", in a transaction since " + row.get(6) + ")";
        return Optional.of(
                row.get(7) + " " + table + ", which is locked by " + holder + " or by a request of it before ours");
    }
}
