package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.globals.GlobalsReader.text;
import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tablespaces with owner, options, comment and grants. Their directories are for the administrator to make. */
final class TablespaceGlobals {

    private final Connection connection;
    private final GlobalsWriter script;

    TablespaceGlobals(Connection connection, GlobalsWriter script) {
        this.connection = connection;
        this.script = script;
    }

    void write() throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT t.spcname, r.rolname, pg_catalog.pg_tablespace_location(t.oid), t.spcacl IS NOT NULL,"
                        + " pg_catalog.shobj_description(t.oid, 'pg_tablespace') FROM pg_catalog.pg_tablespace t JOIN"
                        + " pg_catalog.pg_roles r ON r.oid = t.spcowner WHERE t.spcname !~ '^pg_' ORDER BY 1")) {
            String name = text(row, 0);
            String owner = text(row, 1);
            // One that lies in the data directory is shown with a relative path, and made with an empty one.
            String location = text(row, 2).startsWith("/") || text(row, 2).contains(":") ? text(row, 2) : "";
            script.statementIf(
                    "CREATE TABLESPACE " + identifier(name) + " LOCATION " + literal(location),
                    "NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace WHERE spcname = " + literal(name) + ")");
            script.statement("ALTER TABLESPACE " + identifier(name) + " OWNER TO " + identifier(owner));
            options(name);
            if (row.get(4) != null) {
                script.statement("COMMENT ON TABLESPACE " + identifier(name) + " IS " + literal(text(row, 4)));
            }
            if ("t".equals(row.get(3))) {
                Grants.read(
                                connection,
                                "TABLESPACE " + identifier(name),
                                owner,
                                "t.spcacl",
                                "(SELECT spcacl FROM pg_catalog.pg_tablespace WHERE spcname = " + literal(name) + ") t")
                        .write(sql -> script.statementIf(sql, "true"));
            }
        }
    }

    private void options(String name) throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT o FROM pg_catalog.pg_tablespace, pg_catalog.unnest(spcoptions) o WHERE spcname = "
                        + literal(name))) {
            String option = text(row, 0);
            int equals = option.indexOf('=');
            script.statement("ALTER TABLESPACE " + identifier(name) + " SET (" + identifier(option.substring(0, equals))
                    + " = " + literal(option.substring(equals + 1)) + ")");
        }
    }
}
