package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.internal.pg.Sessions;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes what pg_dump leaves out, as {@code pg_dumpall --globals-only} would: roles, memberships, settings, grants on parameters,
 * tablespaces; and what belongs to the database itself ({@link DatabaseGlobals}). Every name and value in it is data of
 * users that are not trusted, so each goes through a quoting function. Without the right to read {@code pg_authid} there are no
 * passwords in it, and its first line says so.
 */
public final class GlobalsReader {

    /** First line of a script without passwords. */
    public static final String NO_PASSWORDS = "-- roles without passwords: pg_authid could not be read";

    private static final int ROLE_GRANTS_HAVE_OPTIONS = 160_000;
    private static final int PARAMETERS_HAVE_GRANTS = 150_000;

    private final Connection connection;
    private final int version;
    private final GlobalsWriter script = new GlobalsWriter();

    private GlobalsReader(Connection connection, int version) {
        this.connection = connection;
        this.version = version;
    }

    /**
     * The script.
     *
     * @param connection to the database itself
     * @param version of the server
     * @param database its name
     */
    public static String read(Connection connection, int version, String database) throws SQLException {
        readNamesAsUtf8(connection);
        GlobalsReader reader = new GlobalsReader(connection, version);
        reader.roles();
        reader.memberships();
        reader.settings();
        if (version >= PARAMETERS_HAVE_GRANTS) {
            reader.parameters();
        }
        DatabaseGlobals own = new DatabaseGlobals(connection, database, reader.script);
        own.usedTablespaces();
        own.properties();
        new TablespaceGlobals(connection, reader.script).write();
        own.tablespace();
        return reader.script.text();
    }

    /**
     * In a database in SQL_ASCII a session takes each byte for a character. Names of the whole server are UTF-8 nearly always, and
     * the script is for other databases; where one is not, they stay as they are.
     */
    private static void readNamesAsUtf8(Connection connection) throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT rolname FROM pg_catalog.pg_roles UNION SELECT spcname FROM pg_catalog.pg_tablespace UNION SELECT"
                        + " pg_catalog.current_database()")) {
            byte[] bytes = text(row, 0).getBytes(StandardCharsets.ISO_8859_1);
            if (!Arrays.equals(bytes, new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8))) {
                return;
            }
        }
        Sessions.utf8(connection);
    }

    /** What belongs to one database of the server but is not in it, and nothing else. */
    public static String readDatabase(Connection connection, String database) throws SQLException {
        GlobalsWriter script = new GlobalsWriter();
        new DatabaseGlobals(connection, database, script).properties();
        return script.text();
    }

    private void roles() throws SQLException {
        boolean passwords = "t"
                .equals(Sessions.value(
                        connection, "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
        script.comment(passwords ? "roles with their passwords" : NO_PASSWORDS.substring(3));
        // For psql; the engine's sessions have them already.
        script.statement("SET client_encoding TO 'UTF8'");
        script.statement("SET standard_conforming_strings TO on");
        script.statement("SET default_transaction_read_only TO off");
        script.statement(Sessions.PINNED_PATH);
        String from = passwords ? "rolpassword FROM pg_catalog.pg_authid" : "NULL FROM pg_catalog.pg_roles";
        List<List<@Nullable String>> roles = Sessions.rows(
                connection,
                "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
                        + " rolbypassrls, rolconnlimit, rolvaliduntil, pg_catalog.shobj_description(oid, 'pg_authid'), "
                        + from + " WHERE rolname !~ '^pg_' ORDER BY rolname");
        for (List<@Nullable String> role : roles) {
            script.statementIf(
                    "CREATE ROLE " + identifier(text(role, 0)),
                    "NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = " + literal(text(role, 0)) + ")");
        }
        roles.forEach(this::attributes);
    }

    private void attributes(List<@Nullable String> role) {
        String name = identifier(text(role, 0));
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
        script.statement(attributes.toString());
        if (role.get(10) != null) {
            script.statement("COMMENT ON ROLE " + name + " IS " + literal(text(role, 10)));
        }
    }

    private record Membership(
            String group, String member, @Nullable String grantor, boolean admin, String options) {}

    private void memberships() throws SQLException {
        boolean options = version >= ROLE_GRANTS_HAVE_OPTIONS;
        List<Membership> waiting = new ArrayList<>();
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT g.rolname, u.rolname, CASE WHEN m.grantor = 10 AND " + options
                        + " THEN NULL ELSE r.rolname END, m.admin_option, "
                        + (options ? "m.inherit_option, m.set_option" : "NULL, NULL")
                        + " FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN"
                        + " pg_catalog.pg_roles u ON u.oid = m.member LEFT JOIN pg_catalog.pg_roles r ON r.oid = m.grantor"
                        + " WHERE NOT (g.rolname ~ '^pg_' AND u.rolname ~ '^pg_') ORDER BY 1, 2, 3")) {
            List<String> with = new ArrayList<>();
            boolean admin = "t".equals(row.get(3));
            if (admin) {
                with.add(options ? "ADMIN TRUE" : "ADMIN OPTION");
            }
            if (options) {
                with.add("INHERIT " + ("t".equals(row.get(4)) ? "TRUE" : "FALSE"));
                with.add("SET " + ("t".equals(row.get(5)) ? "TRUE" : "FALSE"));
            }
            waiting.add(new Membership(
                    text(row, 0),
                    text(row, 1),
                    row.get(2),
                    admin,
                    with.isEmpty() ? "" : " WITH " + String.join(", ", with)));
        }
        write(waiting, options);
    }

    /** A grantor has to have the group's ADMIN option before it can grant, from version 16 on; so such grants come later. */
    private void write(List<Membership> waiting, boolean options) {
        List<String> admins = new ArrayList<>();
        boolean progress = true;
        while (!waiting.isEmpty()) {
            boolean all = !progress || !options;
            progress = false;
            for (Membership m : List.copyOf(waiting)) {
                if (all || m.grantor() == null || admins.contains(m.group() + "\0" + m.grantor())) {
                    write(m, options);
                    waiting.remove(m);
                    progress = true;
                    if (m.admin()) {
                        admins.add(m.group() + "\0" + m.member());
                    }
                }
            }
        }
    }

    private void write(Membership m, boolean options) {
        String grant = "GRANT " + identifier(m.group()) + " TO " + identifier(m.member()) + m.options();
        String grantor = m.grantor();
        if (grantor == null) {
            script.statement(grant);
        } else if (options) {
            script.statement(grant + " GRANTED BY " + identifier(grantor));
        } else {
            // Before 16 the grantor was a remark without rights; later it must have them, and may not.
            script.statementBefore(ROLE_GRANTS_HAVE_OPTIONS, grant + " GRANTED BY " + identifier(grantor), grant);
        }
    }

    private void settings() throws SQLException {
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT r.rolname, c.setting FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid ="
                        + " s.setrole CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, n)"
                        + " WHERE s.setdatabase = 0 AND (s.setrole = 0 OR r.rolname !~ '^pg_') ORDER BY 1, c.n")) {
            String target = row.get(0) == null ? "ROLE ALL" : "ROLE " + identifier(text(row, 0));
            script.statement(DatabaseGlobals.set(target, text(row, 1)));
        }
    }

    private void parameters() throws SQLException {
        String owner =
                String.valueOf(Sessions.value(connection, "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10"));
        for (List<@Nullable String> row : Sessions.rows(
                connection, "SELECT parname FROM pg_catalog.pg_parameter_acl WHERE paracl IS NOT NULL ORDER BY 1")) {
            Grants.read(
                            connection,
                            "PARAMETER " + identifier(text(row, 0)),
                            owner,
                            "p.paracl",
                            "(SELECT paracl FROM pg_catalog.pg_parameter_acl WHERE parname = " + literal(text(row, 0))
                                    + ") p")
                    .write(sql -> script.statementIf(sql, "true"));
        }
    }

    static String text(List<@Nullable String> row, int column) {
        return Objects.requireNonNullElse(row.get(column), "");
    }
}
