package dev.pgpool.backup.internal.pg;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What holds for one database.
 *
 * @param oid of it
 * @param encoding of it
 * @param collate of it
 * @param ctype of it
 * @param provider libc, icu or builtin
 * @param locale of the provider, {@code null} for libc
 * @param collationVersion or {@code null}
 * @param bytes its size
 * @param walPosition empty if unknown
 * @param dataChecksums whether pages are checked
 * @param extensions name to version
 * @param roles the database depends on
 */
public record DatabaseFacts(
        long oid,
        String encoding,
        String collate,
        String ctype,
        String provider,
        @Nullable String locale,
        @Nullable String collationVersion,
        long bytes,
        String walPosition,
        boolean dataChecksums,
        Map<String, String> extensions,
        List<String> roles) {

    /** Copies. */
    public DatabaseFacts {
        extensions = Map.copyOf(extensions);
        roles = List.copyOf(roles);
    }

    /** Reads them in the database itself. */
    public static DatabaseFacts read(Connection connection, int version) throws SQLException {
        String provider = version >= 150_000
                ? "CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END"
                : "'libc'";
        String locale = version >= 170_000 ? "datlocale" : version >= 150_000 ? "daticulocale" : "NULL";
        String collationVersion = version >= 150_000 ? "datcollversion" : "NULL";
        List<@Nullable String> row = Sessions.rows(
                        connection,
                        "SELECT oid, pg_encoding_to_char(encoding), datcollate, datctype, " + provider + ", " + locale
                                + ", " + collationVersion
                                + ", pg_database_size(oid), CASE WHEN pg_is_in_recovery() THEN"
                                + " pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,"
                                + " current_setting('data_checksums') FROM pg_database WHERE datname = current_database()")
                .get(0);
        return new DatabaseFacts(
                Long.parseLong(text(row, 0)),
                text(row, 1),
                text(row, 2),
                text(row, 3),
                text(row, 4),
                row.get(5),
                row.get(6),
                Long.parseLong(text(row, 7)),
                text(row, 8),
                "on".equals(row.get(9)),
                map(connection, "SELECT extname, extversion FROM pg_extension"),
                roles(connection));
    }

    private static String text(List<@Nullable String> row, int column) {
        return Objects.requireNonNullElse(row.get(column), "");
    }

    private static List<String> roles(Connection connection) throws SQLException {
        List<String> roles = new ArrayList<>();
        List<List<@Nullable String>> rows = Sessions.rows(
                connection,
                "SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE"
                        + " d.refclassid = 'pg_authid'::regclass AND d.dbid = (SELECT oid FROM pg_database WHERE"
                        + " datname = current_database()) AND r.rolname !~ '^pg_' ORDER BY 1");
        for (List<@Nullable String> row : rows) {
            roles.add(text(row, 0));
        }
        return roles;
    }

    static Map<String, String> map(Connection connection, String sql) throws SQLException {
        Map<String, String> map = new LinkedHashMap<>();
        for (List<@Nullable String> row : Sessions.rows(connection, sql)) {
            map.put(text(row, 0), text(row, 1));
        }
        return map;
    }
}
