package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.internal.globals.GlobalsScript;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.restore.RestoreRequest.Existing;
import dev.pgpool.backup.restore.RestoreRequest.Globals;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What would stop a restore, found out before anything is changed; each refusal says what is in the way, and what to do. */
final class TargetCheck {

    private static final int NAMED = 5;

    private final Connection admin;
    private final RestoreRequest request;
    private final BackupManifest manifest;

    TargetCheck(Connection admin, RestoreRequest request, BackupManifest manifest) {
        this.admin = admin;
        this.request = request;
        this.manifest = manifest;
    }

    private String target() {
        return "database \"" + request.target() + "\" on " + request.server();
    }

    private static BackupException refused(String message) {
        return new BackupException(FailureReason.RESTORE_REFUSED, message);
    }

    /** The target exists: whether the request allows that. */
    void existing() {
        if (request.existing() == Existing.REFUSE) {
            throw refused(
                    target()
                            + " exists (expected: another name, intoEmpty(), intoExisting() for a part, or overwriting() with its name)");
        }
    }

    /** The target does not exist: only a part needs it to. */
    void missing() {
        if (request.existing() == Existing.ADD) {
            throw refused(target() + " does not exist (expected: an existing one, or no intoExisting())");
        }
    }

    /** The target is restored into as it is. */
    void inPlace(SessionGroup sessions) throws SQLException {
        if (request.existing() == Existing.IF_EMPTY) {
            empty(sessions);
        }
        try (Connection connection = Sessions.open(request.server(), request.target(), sessions)) {
            String encoding = Sessions.value(connection, "SHOW server_encoding");
            if (!manifest.source().encoding().equals(encoding)) {
                throw refused(target() + " has encoding " + encoding + ", the backup has "
                        + manifest.source().encoding());
            }
            unlocked(connection);
        }
    }

    /** No session holds a lock on a table that is to be replaced: pg_restore would wait for it without an end. */
    private void unlocked(Connection connection) throws SQLException {
        RestorePart part = request.part();
        if (part == null || request.existing() != Existing.OVERWRITE) {
            return;
        }
        List<String> conditions = new ArrayList<>();
        part.schemas().forEach(schema -> conditions.add("n.nspname = " + literal(schema)));
        part.tables()
                .forEach(table -> conditions.add(
                        "n.nspname = " + literal(table.schema()) + " AND c.relname = " + literal(table.name())));
        String which = conditions.isEmpty() ? "n.nspname !~ '^pg_'" : String.join(" OR ", conditions);
        List<String> holders = new ArrayList<>();
        Sessions.rows(
                        connection,
                        "SELECT DISTINCT pg_catalog.concat('session ', a.pid, ' of ', a.usename, ' (',"
                                + " pg_catalog.concat_ws(', ', nullif(a.application_name, ''), a.state, 'since ' ||"
                                + " a.xact_start), ') on ', n.nspname, '.', c.relname) FROM pg_catalog.pg_locks l JOIN"
                                + " pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid ="
                                + " c.relnamespace LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.granted"
                                + " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname ="
                                + " pg_catalog.current_database()) AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()"
                                + " AND (" + which + ") ORDER BY 1")
                .forEach(row -> holders.add(String.valueOf(row.get(0))));
        if (!holders.isEmpty()) {
            throw refused("what is to be replaced in " + target() + " is locked by " + list(holders)
                    + " (expected: their transactions to end)");
        }
    }

    /** The target holds nothing yet. */
    void empty(SessionGroup sessions) throws SQLException {
        if (!TargetDatabase.isEmpty(request.server(), request.target(), sessions)) {
            throw refused(target() + " is not empty");
        }
    }

    /** The target will be replaced by another database. */
    void replaceable() throws SQLException {
        String name = literal(request.target());
        if (!"t"
                .equals(Sessions.value(
                        admin,
                        "SELECT pg_catalog.pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database WHERE datname = "
                                + name))) {
            String owner = Sessions.value(
                    admin,
                    "SELECT r.rolname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE"
                            + " d.datname = " + name);
            throw refused(target() + " belongs to \"" + owner
                    + "\" (expected: its owner, a member of that role, or a superuser)");
        }
        if ("t"
                .equals(Sessions.value(
                        admin, "SELECT datistemplate FROM pg_catalog.pg_database WHERE datname = " + name))) {
            throw refused(target() + " is a template (expected: ALTER DATABASE ... IS_TEMPLATE false)");
        }
        List<String> holders = new ArrayList<>();
        if (!request.endSessions()) {
            holders.addAll(sessions(admin, request.target()));
        }
        named(
                holders,
                "SELECT 'prepared transaction ' || gid || ' of ' || owner || ', since ' || prepared FROM"
                        + " pg_catalog.pg_prepared_xacts WHERE database = " + name);
        named(
                holders,
                "SELECT 'replication slot ' || slot_name FROM pg_catalog.pg_replication_slots WHERE database = "
                        + name);
        named(
                holders,
                "SELECT 'subscription ' || s.subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid ="
                        + " s.subdbid WHERE d.datname = " + name);
        if (!holders.isEmpty()) {
            throw refused(
                    target() + " is in use and cannot be replaced: " + list(holders)
                            + " (expected: none of them; endingSessions() ends sessions when the backup is ready to take its place)");
        }
    }

    private void named(List<String> holders, String sql) throws SQLException {
        Sessions.rows(admin, sql).forEach(row -> holders.add(String.valueOf(row.get(0))));
    }

    /** Sessions in a database, for people. */
    static List<String> sessions(Connection admin, String database) throws SQLException {
        List<String> sessions = new ArrayList<>();
        Sessions.rows(
                        admin,
                        "SELECT pg_catalog.concat('session ', a.pid, ' of ', coalesce(a.usename, a.backend_type), ' (',"
                                + " pg_catalog.concat_ws(', ', nullif(a.application_name, ''), a.state, 'since ' ||"
                                + " coalesce(a.xact_start, a.state_change, a.backend_start), CASE WHEN EXISTS (SELECT FROM"
                                + " pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.granted AND l.mode ~"
                                + " 'ShareUpdate|ShareRow|Exclusive' AND l.locktype = 'relation') THEN 'holds locks' END), ')')"
                                + " FROM pg_catalog.pg_stat_activity a WHERE a.datname = " + literal(database)
                                + " AND a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type NOT IN ('autovacuum worker',"
                                + " 'parallel worker') ORDER BY a.pid")
                .forEach(row -> sessions.add(String.valueOf(row.get(0))));
        return sessions;
    }

    static String list(List<String> names) {
        return names.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (names.size() > NAMED ? ", and " + (names.size() - NAMED) + " more" : "");
    }

    /** A database has to be made. */
    void mayCreate() throws SQLException {
        if (!"t"
                .equals(Sessions.value(
                        admin,
                        "SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user"))) {
            throw refused("role \"" + request.server().user() + "\" may not create databases on " + request.server()
                    + " (expected: CREATEDB; or intoEmpty(), with one job and no tolerated errors, which needs none)");
        }
    }

    /** Roles are there, or will be made. */
    void roles(GlobalsScript globals) throws SQLException {
        RestoreOptions options = request.options();
        if (!options.owners() && !options.privileges()) {
            return;
        }
        Set<String> missing = new TreeSet<>(manifest.contents().roles());
        Sessions.rows(admin, "SELECT rolname FROM pg_catalog.pg_roles")
                .forEach(row -> missing.remove(String.valueOf(row.get(0))));
        if (request.globals() != Globals.SKIP) {
            missing.removeAll(globals.roles());
        }
        if (!missing.isEmpty()) {
            throw refused("roles " + missing + " own or use objects of the backup and do not exist on "
                    + request.server() + " (expected: globals CREATE_MISSING, or withoutOwners())");
        }
    }

    /** Tablespaces are there, or can be made. */
    void tablespaces(GlobalsScript globals) throws SQLException {
        if (!request.options().tablespaces()) {
            return;
        }
        Set<String> missing = new TreeSet<>(globals.usedTablespaces());
        Sessions.rows(admin, "SELECT spcname FROM pg_catalog.pg_tablespace")
                .forEach(row -> missing.remove(String.valueOf(row.get(0))));
        boolean superuser = "on".equals(Sessions.value(admin, "SHOW is_superuser"));
        if (superuser && request.globals() != Globals.SKIP) {
            missing.removeAll(globals.tablespaces());
        }
        if (!missing.isEmpty()) {
            throw refused("tablespaces " + missing + " hold objects of the backup and do not exist on "
                    + request.server() + " (expected: CREATE TABLESPACE, or options without tablespaces)");
        }
    }
}
