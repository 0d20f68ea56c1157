package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.internal.dump.Redactor;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The globals of a backup, as statements that can be chosen and run one by one. "Already exists" is the only error that is
 * tolerated.
 */
public final class GlobalsScript {

    private static final String NAME = "\"((?:[^\"]|\"\")+)\"";
    private static final Pattern CREATE_ROLE = Pattern.compile("CREATE ROLE " + NAME + ";");
    private static final Pattern OF_ROLE = Pattern.compile("(?:ALTER|COMMENT ON) ROLE " + NAME + " .*");
    private static final Pattern MEMBERSHIP = Pattern.compile("GRANT " + NAME + " TO " + NAME + ".*;");
    private static final Pattern IN_DATABASE = Pattern.compile(" (?:IN|ON) DATABASE " + NAME + " ");
    private static final Pattern OF_DATABASE = Pattern.compile("ALTER DATABASE " + NAME + " ");
    private static final Set<String> EXISTS = Set.of("42710", "42P04", "42P06", "42P07");

    private final List<String> statements;

    /** A script as {@link GlobalsReader} wrote it. */
    public GlobalsScript(String text) {
        this.statements = text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("--"))
                .toList();
    }

    /** Roles that it creates. */
    public Set<String> roles() {
        Set<String> roles = new LinkedHashSet<>();
        for (String statement : statements) {
            Matcher matcher = CREATE_ROLE.matcher(statement);
            if (matcher.matches()) {
                roles.add(unquote(matcher.group(1)));
            }
        }
        return roles;
    }

    /**
     * Creates the roles that are missing, with what belongs to them; others are left as they are.
     *
     * @param database of the backup, whose settings then are those of the target
     * @param target database that role settings are for
     * @return a line for each role created
     */
    public List<String> createMissing(Connection connection, String database, String target) throws SQLException {
        Set<String> present = present(connection);
        List<String> created = new ArrayList<>();
        for (String statement : statements) {
            Matcher create = CREATE_ROLE.matcher(statement);
            Matcher of = OF_ROLE.matcher(statement);
            Matcher membership = MEMBERSHIP.matcher(statement);
            if (create.matches()) {
                if (!present.contains(unquote(create.group(1)))) {
                    run(connection, statement);
                    created.add("created role " + create.group(1));
                }
            } else if (of.matches()) {
                if (!present.contains(unquote(of.group(1)))
                        && !IN_DATABASE.matcher(statement).find()) {
                    run(connection, retarget(statement, database, target));
                }
            } else if (membership.matches() && !present.contains(unquote(membership.group(2)))) {
                run(connection, statement);
            }
        }
        return created;
    }

    /** Applies everything but what concerns the database itself. */
    public List<String> applyClusterLevel(Connection connection, String database, String target) throws SQLException {
        List<String> done = new ArrayList<>();
        for (String statement : statements) {
            if (!aboutDatabase(statement)) {
                String retargeted = retarget(statement, database, target);
                // A role setting for a database that does not exist yet waits until it does.
                if (!IN_DATABASE.matcher(retargeted).find()) {
                    done.add((run(connection, retargeted) ? "applied " : "exists ") + head(retargeted));
                }
            }
        }
        return done;
    }

    private static boolean aboutDatabase(String statement) {
        return statement.startsWith("ALTER DATABASE ")
                || (statement.startsWith("GRANT ") && statement.contains(" ON DATABASE "));
    }

    /** Statements about the database itself, once it exists: settings, also of roles in it, owner, grants. */
    public List<String> applyDatabaseLevel(Connection connection, String database, String target) throws SQLException {
        List<String> done = new ArrayList<>();
        for (String statement : statements) {
            if (aboutDatabase(statement) || IN_DATABASE.matcher(statement).find()) {
                run(connection, retarget(statement, database, target));
                done.add("applied " + head(statement));
            }
        }
        return done;
    }

    /** Creates the missing roles bare, without login or password: enough for a scratch database's owners and grants. */
    public List<String> createBare(Connection connection, String comment) throws SQLException {
        Set<String> present = present(connection);
        List<String> created = new ArrayList<>();
        for (String role : roles()) {
            if (!present.contains(role)) {
                if (run(connection, "CREATE ROLE " + Sessions.identifier(role) + " NOLOGIN")) {
                    run(
                            connection,
                            "COMMENT ON ROLE " + Sessions.identifier(role) + " IS " + Sessions.literal(comment));
                    created.add(role);
                }
            }
        }
        return created;
    }

    private static Set<String> present(Connection connection) throws SQLException {
        Set<String> present = new HashSet<>();
        Sessions.rows(connection, "SELECT rolname FROM pg_roles")
                .forEach(row -> present.add(String.valueOf(row.get(0))));
        return present;
    }

    private static boolean run(Connection connection, String statement) throws SQLException {
        try {
            Sessions.execute(connection, statement);
            return true;
        } catch (SQLException e) {
            if (EXISTS.contains(String.valueOf(e.getSQLState()))) {
                return false;
            }
            // The driver's message may quote the statement; it is replaced by one that cannot hold a password.
            throw new BackupException(
                    FailureReason.RESTORE_FAILED,
                    "globals: " + head(statement) + ": SQLSTATE " + e.getSQLState() + ": "
                            + new Redactor(List.of()).redact(String.valueOf(e.getMessage())));
        }
    }

    private static String retarget(String statement, String database, String target) {
        String result = statement;
        for (Pattern pattern : List.of(IN_DATABASE, OF_DATABASE)) {
            Matcher matcher = pattern.matcher(result);
            if (matcher.find() && unquote(matcher.group(1)).equals(database)) {
                result = result.substring(0, matcher.start(1))
                        + target.replace("\"", "\"\"")
                        + result.substring(matcher.end(1));
            }
        }
        return result;
    }

    private static String head(String statement) {
        int password = statement.indexOf(" PASSWORD ");
        return password < 0 ? statement : statement.substring(0, password) + " PASSWORD ***";
    }

    private static String unquote(String name) {
        return name.replace("\"\"", "\"");
    }
}
