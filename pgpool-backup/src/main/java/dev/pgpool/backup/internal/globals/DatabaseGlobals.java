package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.globals.GlobalsReader.text;
import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to one database but is not in it, as {@code pg_dump --create} writes it: owner, connection limit, comment,
 * settings, grants, tablespace. Each statement is on the condition that the database exists.
 */
final class DatabaseGlobals {

    /** Comment before the name, as a literal, of a tablespace that the database's objects need. */
    static final String USES_TABLESPACE = "uses tablespace ";

    private final Connection connection;
    private final String database;
    private final GlobalsWriter script;

    DatabaseGlobals(Connection connection, String database, GlobalsWriter script) {
        this.connection = connection;
        this.database = database;
        this.script = script;
    }

    /** {@code ALTER ... SET} for an entry of {@code setconfig}. */
    static String set(String target, String setting) {
        int equals = setting.indexOf('=');
        return GlobalsWriter.alter(target, setting.substring(0, equals), setting.substring(equals + 1));
    }

    /** Names the tablespaces of the database's tables and indexes. */
    void usedTablespaces() throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT DISTINCT t.spcname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid ="
                        + " c.reltablespace WHERE t.spcname !~ '^pg_' ORDER BY 1")) {
            script.comment(USES_TABLESPACE + literal(text(row, 0)).strip());
        }
    }

    /** Everything but the tablespace. A database whose DROP was interrupted is marked by a limit that cannot be set. */
    void properties() throws SQLException {
        String name = identifier(database);
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT r.rolname, greatest(d.datconnlimit, -1), pg_catalog.shobj_description(d.oid, 'pg_database'), d.datacl IS NOT NULL"
                        + " FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE d.datname = "
                        + literal(database))) {
            String owner = text(row, 0);
            script.onDatabase(database, "ALTER DATABASE " + name + " OWNER TO " + identifier(owner));
            script.onDatabase(database, "ALTER DATABASE " + name + " CONNECTION LIMIT " + text(row, 1));
            if (row.get(2) != null) {
                script.onDatabase(database, "COMMENT ON DATABASE " + name + " IS " + literal(text(row, 2)));
            }
            settings(name);
            if ("t".equals(row.get(3))) {
                Grants.read(
                                connection,
                                "DATABASE " + name,
                                owner,
                                "d.datacl",
                                "(SELECT datacl FROM pg_catalog.pg_database WHERE datname = " + literal(database)
                                        + ") d")
                        .write(sql -> script.onDatabase(database, sql));
            }
        }
    }

    private void settings(String name) throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT r.rolname, c.setting FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid ="
                        + " s.setdatabase LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole CROSS JOIN LATERAL"
                        + " pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, n) WHERE d.datname = "
                        + literal(database) + " AND (s.setrole = 0 OR r.rolname !~ '^pg_') ORDER BY 1, c.n")) {
            String target = row.get(0) == null
                    ? "DATABASE " + name
                    : "ROLE " + identifier(text(row, 0)) + " IN DATABASE " + name;
            script.onDatabase(database, set(target, text(row, 1)));
        }
    }

    /** Moves the database to its tablespace; after the tablespaces, which have to be there. */
    void tablespace() throws SQLException {
        String tablespace = Sessions.value(
                connection,
                "SELECT t.spcname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace"
                        + " WHERE t.spcname !~ '^pg_' AND d.datname = " + literal(database));
        if (tablespace != null) {
            script.onDatabase(
                    database, "ALTER DATABASE " + identifier(database) + " SET TABLESPACE " + identifier(tablespace));
        }
    }
}
