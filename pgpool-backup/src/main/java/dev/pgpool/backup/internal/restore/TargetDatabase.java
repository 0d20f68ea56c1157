package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;

/** Makes and drops databases for restores, with encoding and locale as they were at the source. */
final class TargetDatabase {

    private TargetDatabase() {}

    static boolean exists(Connection admin, String name) throws SQLException {
        return Sessions.value(admin, "SELECT 1 FROM pg_database WHERE datname = " + literal(name)) != null;
    }

    /** True if nothing was made in the database by anyone yet. */
    static boolean isEmpty(PgServer server, String name, SessionGroup sessions) throws SQLException {
        try (Connection connection = Sessions.open(server, name, sessions)) {
            return "0"
                    .equals(Sessions.value(
                            connection,
                            "SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384 AND relnamespace NOT IN (SELECT oid FROM"
                                    + " pg_namespace WHERE nspname ~ '^pg_')) + (SELECT count(*) FROM pg_proc WHERE oid >= 16384) +"
                                    + " (SELECT count(*) FROM pg_largeobject_metadata) + (SELECT count(*) FROM pg_namespace WHERE"
                                    + " oid >= 16384)"));
        }
    }

    static void create(Connection admin, int serverVersion, String name, BackupManifest.Source source)
            throws SQLException {
        StringBuilder sql = new StringBuilder("CREATE DATABASE " + identifier(name) + " TEMPLATE template0 ENCODING "
                + literal(source.encoding()) + " LC_COLLATE " + literal(source.collate()) + " LC_CTYPE "
                + literal(source.ctype()));
        String locale = source.locale();
        if (serverVersion >= 150_000 && !source.localeProvider().equals("libc") && locale != null) {
            sql.append(" LOCALE_PROVIDER ")
                    .append(source.localeProvider())
                    .append(source.localeProvider().equals("icu") ? " ICU_LOCALE " : " BUILTIN_LOCALE ")
                    .append(literal(locale));
        }
        try {
            Sessions.execute(admin, sql.toString());
        } catch (SQLException e) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "creating \"" + name + "\" with encoding " + source.encoding() + ", collate " + source.collate()
                            + ", ctype " + source.ctype() + ", provider " + source.localeProvider() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    static void drop(Connection admin, int serverVersion, String name) throws SQLException {
        Sessions.execute(
                admin,
                "DROP DATABASE IF EXISTS " + identifier(name) + (serverVersion >= 130_000 ? " WITH (FORCE)" : ""));
    }
}
