package dev.pgpool.backup.internal.globals;

import dev.pgpool.backup.internal.dump.Redactor;
import dev.pgpool.backup.internal.globals.GlobalsStatement.Subject;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Applies globals on a server, statement by statement. "Already exists" is no error. A role that is no superuser applies what
 * it may; what it may not is left out, and listed. Used by one thread.
 */
public final class GlobalsApplier {

    private static final Set<String> EXISTS = Set.of("42710", "42P04", "42P06", "42P07");
    private static final String FORBIDDEN = "42501";
    private static final int MEMBERS_NEED_OPTIONS = 160_000;

    /** Attributes that only a superuser may even name; without them a new role has none of them. */
    private static final Pattern SUPERUSERS_WORDS = Pattern.compile(" (?:NO)?(?:SUPERUSER|REPLICATION|BYPASSRLS)\\b");

    private static final Pattern SUPERUSERS_GIFTS = Pattern.compile(" (?:SUPERUSER|REPLICATION|BYPASSRLS)\\b");
    private static final Pattern GRANTOR = Pattern.compile(" GRANTED BY \"(?:[^\"]|\"\")*\"$");

    private final Connection connection;
    private final GlobalsScript script;
    private final boolean superuser;
    private final int version;
    private final boolean tolerant;
    private final Set<String> madeRoles = new LinkedHashSet<>();
    private final Set<String> madeTablespaces = new LinkedHashSet<>();
    private final List<String> done = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();

    /**
     * For one server.
     *
     * @param tolerant whether statements that fail are listed instead of ending it
     */
    public GlobalsApplier(Connection connection, GlobalsScript script, boolean tolerant) throws SQLException {
        this.connection = connection;
        this.script = script;
        this.tolerant = tolerant;
        this.superuser = "on".equals(Sessions.value(connection, "SHOW is_superuser"));
        this.version = Integer.parseInt(String.valueOf(Sessions.value(connection, "SHOW server_version_num")));
    }

    /** What was done, a line each. */
    public List<String> done() {
        return done;
    }

    /** What this role may not do, a line each. */
    public List<String> leftOut() {
        return leftOut;
    }

    /** Errors that were tolerated. */
    public List<String> errors() {
        return errors;
    }

    /**
     * Creates tablespaces that are missing; they come first, since a directory that is missing is a reason to refuse.
     *
     * @param needed without which the restore cannot go on
     * @throws BackupException with RESTORE_REFUSED
     */
    public void tablespaces(Set<String> needed) throws SQLException {
        Set<String> present = names("SELECT spcname FROM pg_catalog.pg_tablespace");
        for (GlobalsStatement statement : script.statements()) {
            if (statement.subject() != Subject.CREATE_TABLESPACE || present.contains(statement.name())) {
                continue;
            }
            try {
                // Old scripts name the owner here, who may not be there yet.
                Sessions.execute(
                        connection, statement.sql().replaceFirst(" OWNER \"(?:[^\"]|\"\")*\" LOCATION", " LOCATION"));
                madeTablespaces.add(statement.name());
                done.add("created tablespace " + statement.name());
            } catch (SQLException e) {
                if (needed.contains(statement.name())) {
                    throw new BackupException(
                            FailureReason.RESTORE_REFUSED,
                            "tablespace \"" + statement.name() + "\" is missing and cannot be created: "
                                    + e.getMessage() + " (expected: its directory, or withoutTablespaces())",
                            e);
                }
                leftOut.add("tablespace " + statement.name() + ", which this database does not use: " + e.getMessage());
            }
        }
    }

    /** Creates the roles that are missing, with what belongs to them; others are left as they are. */
    public void createMissing() throws SQLException {
        createRoles();
        for (GlobalsStatement s : script.statements()) {
            boolean ours = switch (s.subject()) {
                case ROLE_ATTRIBUTES, ROLE -> madeRoles.contains(s.name());
                case SETTING -> s.database() == null && madeRoles.contains(s.name());
                case MEMBERSHIP -> madeRoles.contains(s.name()) || madeRoles.contains(String.valueOf(s.other()));
                case PARAMETER -> s.other() != null && madeRoles.contains(s.other());
                case TABLESPACE -> madeTablespaces.contains(s.name());
                default -> false;
            };
            if (ours) {
                run(s);
            }
        }
    }

    /** Applies everything that belongs to the server, also to roles that exist. */
    public void applyAll() throws SQLException {
        createRoles();
        Set<String> tablespaces = names("SELECT spcname FROM pg_catalog.pg_tablespace");
        for (GlobalsStatement s : script.statements()) {
            boolean cluster = switch (s.subject()) {
                case ROLE_ATTRIBUTES, ROLE, MEMBERSHIP, PARAMETER -> true;
                case SETTING -> s.database() == null;
                case TABLESPACE -> tablespaces.contains(s.name());
                default -> false;
            };
            if (cluster && run(s)) {
                done.add("applied " + s.head());
            }
        }
    }

    /**
     * Applies what belongs to the database.
     *
     * @param target its name here
     * @param which of the statements
     */
    public void database(String target, Predicate<GlobalsPart> which) throws SQLException {
        for (GlobalsStatement s : script.statements()) {
            GlobalsPart part = switch (s.subject()) {
                case DATABASE_OWNER -> GlobalsPart.OWNER;
                case DATABASE_GRANT -> GlobalsPart.PRIVILEGES;
                case DATABASE_COMMENT -> GlobalsPart.COMMENT;
                case DATABASE, SETTING -> s.database() == null ? null : GlobalsPart.PROPERTIES;
                default -> null;
            };
            if (part != null && which.test(part) && run(s.in(target))) {
                done.add("applied " + s.in(target).head());
            }
        }
    }

    /** Creates the missing roles bare, without login or password: enough for a scratch database's owners and grants. */
    public Set<String> createBare(String comment) throws SQLException {
        for (String role : script.roles()) {
            if (names("SELECT rolname FROM pg_catalog.pg_roles").contains(role)) {
                continue;
            }
            if (create(role, "CREATE ROLE " + Sessions.identifier(role) + " NOLOGIN")) {
                Sessions.execute(
                        connection,
                        "COMMENT ON ROLE " + Sessions.identifier(role) + " IS " + Sessions.literal(comment));
            }
        }
        return madeRoles;
    }

    private void createRoles() throws SQLException {
        Set<String> present = names("SELECT rolname FROM pg_catalog.pg_roles");
        for (String role : script.roles()) {
            if (!present.contains(role) && create(role, "CREATE ROLE " + Sessions.identifier(role))) {
                done.add("created role " + role);
            }
        }
    }

    private boolean create(String role, String sql) throws SQLException {
        boolean created = run(new GlobalsStatement(Subject.CREATE_ROLE, role, null, null, sql));
        if (created) {
            madeRoles.add(role);
            if (!superuser) {
                // To give it what it owns, a role that is no superuser has to be its member.
                run(new GlobalsStatement(
                        Subject.MEMBERSHIP,
                        role,
                        null,
                        null,
                        "GRANT " + Sessions.identifier(role) + " TO CURRENT_USER"
                                + (version >= MEMBERS_NEED_OPTIONS ? " WITH INHERIT TRUE, SET TRUE" : "")));
            }
        }
        return created;
    }

    private Set<String> names(String sql) throws SQLException {
        Set<String> names = new HashSet<>();
        Sessions.rows(connection, sql).forEach(row -> names.add(String.valueOf(row.get(0))));
        return names;
    }

    private String adapted(GlobalsStatement statement) {
        String sql = statement.sql();
        if (statement.subject() == Subject.MEMBERSHIP
                && version >= MEMBERS_NEED_OPTIONS
                && SqlTokens.of(sql).stream().noneMatch(word -> word.is("INHERIT"))) {
            // Written by a server that did not ask a grantor for any right.
            return GRANTOR.matcher(sql).replaceFirst("");
        }
        if (statement.subject() == Subject.ROLE_ATTRIBUTES && !superuser) {
            int end = sql.indexOf(" CONNECTION LIMIT ");
            String words = sql.substring(0, Math.max(0, end));
            if (SUPERUSERS_GIFTS.matcher(words).find()) {
                leftOut.add("of " + words + ": what only a superuser may give");
            }
            return SUPERUSERS_WORDS.matcher(words).replaceAll("") + sql.substring(Math.max(0, end));
        }
        return sql;
    }

    /** False if it was there already, or was left out. */
    private boolean run(GlobalsStatement statement) throws SQLException {
        Savepoint savepoint = connection.getAutoCommit() ? null : connection.setSavepoint();
        try {
            Sessions.execute(connection, adapted(statement));
            if (savepoint != null) {
                connection.releaseSavepoint(savepoint);
            }
            return true;
        } catch (SQLException e) {
            if (savepoint != null) {
                connection.rollback(savepoint);
            }
            // The server's message may quote the statement; no password may come out.
            String message = statement.head() + ": " + new Redactor(List.of()).redact(String.valueOf(e.getMessage()));
            String state = String.valueOf(e.getSQLState());
            if (EXISTS.contains(state)) {
                done.add("exists " + statement.head());
            } else if (state.equals(FORBIDDEN) && !superuser) {
                leftOut.add(message);
            } else if (tolerant && !connection.isClosed()) {
                errors.add(message);
            } else {
                throw new BackupException(
                        state.equals("55P03") ? FailureReason.RESTORE_REFUSED : FailureReason.RESTORE_FAILED,
                        "globals: SQLSTATE " + state + ": " + message);
            }
            return false;
        }
    }
}
