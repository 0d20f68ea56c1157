package dev.pgpool.backup.internal.pg;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes what pg_dump leaves out, as pg_dumpall would: roles, memberships, settings of roles and databases, tablespaces. One
 * statement a line, each ending in {@code ;}, so that the script can be run by psql as well as statement by statement.
 * Without the right to read {@code pg_authid} there are no passwords in it, and its first line says so.
 */
public final class GlobalsReader {

    /** First line of a script without passwords. */
    public static final String NO_PASSWORDS = "-- roles without passwords: pg_authid could not be read";

    // These hold lists of quoted names already; a literal around them would make one name of the list.
    private static final Set<String> LIST_SETTINGS = Set.of(
            "search_path",
            "local_preload_libraries",
            "session_preload_libraries",
            "shared_preload_libraries",
            "temp_tablespaces",
            "unix_socket_directories");

    private final Connection connection;
    private final int version;
    private final List<String> script = new ArrayList<>();

    private GlobalsReader(Connection connection, int version) {
        this.connection = connection;
        this.version = version;
    }

    /** The script. */
    public static String read(Connection connection, int version, String database) throws SQLException {
        GlobalsReader reader = new GlobalsReader(connection, version);
        reader.roles();
        reader.memberships();
        reader.settings(database);
        reader.tablespaces();
        reader.databaseOwner(database);
        return String.join("\n", reader.script) + "\n";
    }

    private void roles() throws SQLException {
        boolean passwords =
                "t".equals(Sessions.value(connection, "SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
        if (!passwords) {
            script.add(NO_PASSWORDS);
        }
        String from = passwords ? "rolpassword FROM pg_authid" : "NULL FROM pg_roles";
        for (List<@Nullable String> role : Sessions.rows(
                connection,
                "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
                        + " rolbypassrls, rolconnlimit, rolvaliduntil, shobj_description(oid, 'pg_authid'), " + from
                        + " WHERE rolname !~ '^pg_' ORDER BY rolname")) {
            String name = identifier(text(role, 0));
            script.add("CREATE ROLE " + name + ";");
            StringBuilder attributes = new StringBuilder("ALTER ROLE " + name + " WITH");
            String[] words = {"SUPERUSER", "INHERIT", "CREATEROLE", "CREATEDB", "LOGIN", "REPLICATION", "BYPASSRLS"};
            for (int i = 0; i < words.length; i++) {
                attributes.append("t".equals(role.get(i + 1)) ? " " : " NO").append(words[i]);
            }
            attributes.append(" CONNECTION LIMIT ").append(text(role, 8));
            if (role.get(11) != null) {
                attributes.append(" PASSWORD ").append(literal(text(role, 11)));
            }
            if (role.get(9) != null) {
                attributes.append(" VALID UNTIL ").append(literal(text(role, 9)));
            }
            script.add(attributes + ";");
            if (role.get(10) != null) {
                script.add("COMMENT ON ROLE " + name + " IS " + literal(text(role, 10)) + ";");
            }
        }
    }

    private void memberships() throws SQLException {
        String options = version >= 160_000 ? "m.inherit_option, m.set_option" : "NULL, NULL";
        for (List<@Nullable String> member : Sessions.rows(
                connection,
                "SELECT g.rolname, u.rolname, m.admin_option, " + options + " FROM pg_auth_members m JOIN pg_roles g ON"
                        + " g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member WHERE u.rolname !~ '^pg_' ORDER BY 1, 2")) {
            List<String> with = new ArrayList<>();
            if ("t".equals(member.get(2))) {
                with.add(version >= 160_000 ? "ADMIN TRUE" : "ADMIN OPTION");
            }
            if (member.get(3) != null) {
                with.add("INHERIT " + ("t".equals(member.get(3)) ? "TRUE" : "FALSE"));
                with.add("SET " + ("t".equals(member.get(4)) ? "TRUE" : "FALSE"));
            }
            script.add("GRANT " + identifier(text(member, 0)) + " TO " + identifier(text(member, 1))
                    + (with.isEmpty() ? "" : " WITH " + String.join(", ", with)) + ";");
        }
    }

    private void settings(String database) throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT r.rolname, d.datname, unnest(s.setconfig) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid ="
                        + " s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE (s.setrole = 0 OR r.rolname !~"
                        + " '^pg_') AND (s.setdatabase = 0 OR d.datname = " + literal(database)
                        + ") ORDER BY 1, 2, 3")) {
            String role = row.get(0);
            String in = row.get(1);
            String setting = text(row, 2);
            String name = setting.substring(0, setting.indexOf('='));
            String value = setting.substring(setting.indexOf('=') + 1);
            String target;
            if (role == null) {
                target = in == null ? "ROLE ALL" : "DATABASE " + identifier(in);
            } else {
                target = "ROLE " + identifier(role) + (in == null ? "" : " IN DATABASE " + identifier(in));
            }
            script.add("ALTER " + target + " SET " + identifier(name) + " TO "
                    + (LIST_SETTINGS.contains(name) && !value.isEmpty() ? value : literal(value)) + ";");
        }
    }

    private void tablespaces() throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT t.spcname, r.rolname, pg_tablespace_location(t.oid) FROM pg_tablespace t JOIN pg_roles r ON r.oid ="
                        + " t.spcowner WHERE t.spcname !~ '^pg_' ORDER BY 1")) {
            script.add("CREATE TABLESPACE " + identifier(text(row, 0)) + " OWNER " + identifier(text(row, 1))
                    + " LOCATION " + literal(text(row, 2)) + ";");
        }
    }

    private void databaseOwner(String database) throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = "
                        + literal(database))) {
            script.add("ALTER DATABASE " + identifier(database) + " OWNER TO " + identifier(text(row, 0)) + ";");
        }
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN NULL ELSE r.rolname END, a.is_grantable FROM"
                        + " pg_database d, aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE d.datname"
                        + " = " + literal(database) + " ORDER BY 2, 1")) {
            String grantee = row.get(1) == null ? "PUBLIC" : identifier(text(row, 1));
            script.add("GRANT " + text(row, 0) + " ON DATABASE " + identifier(database) + " TO " + grantee
                    + ("t".equals(row.get(2)) ? " WITH GRANT OPTION" : "") + ";");
        }
    }

    private static String text(List<@Nullable String> row, int column) {
        return Objects.requireNonNullElse(row.get(column), "");
    }
}
