package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Makes and drops databases for restores, with encoding and locale as they were at the source. */
public final class TargetDatabase {

    private static final int PROVIDERS_SINCE = 150_000;
    private static final int FORCE_SINCE = 130_000;

    private TargetDatabase() {}

    static boolean exists(Connection admin, String name) throws SQLException {
        return Sessions.value(admin, "SELECT 1 FROM pg_database WHERE datname = " + literal(name)) != null;
    }

    /** True if the database holds no objects of its own. */
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

    /**
     * Creates a database like the source's, {@linkplain #close closed} to others. Each value of the manifest is data: a literal,
     * or one of the words known here.
     *
     * @param tablespace of it, or {@code null} for the default one
     */
    public static void create(
            Connection admin, int serverVersion, String name, BackupManifest.Source source, @Nullable String tablespace)
            throws SQLException {
        StringBuilder sql = new StringBuilder("CREATE DATABASE " + identifier(name) + " TEMPLATE template0 ENCODING "
                + literal(source.encoding()) + " LC_COLLATE " + literal(source.collate()) + " LC_CTYPE "
                + literal(source.ctype()));
        if (serverVersion >= PROVIDERS_SINCE) {
            sql.append(provider(source));
        }
        if (tablespace != null) {
            sql.append(" TABLESPACE ").append(identifier(tablespace));
        }
        try {
            Sessions.execute(admin, sql.toString());
            close(admin, name);
        } catch (SQLException e) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "creating \"" + name + "\" with encoding " + source.encoding() + ", collate " + source.collate()
                            + ", ctype " + source.ctype() + ", provider " + source.localeProvider() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static String provider(BackupManifest.Source source) {
        String locale = source.locale();
        String value = locale == null ? "" : literal(locale);
        return switch (source.localeProvider()) {
            case "libc" -> " LOCALE_PROVIDER libc";
            case "icu" -> " LOCALE_PROVIDER icu ICU_LOCALE " + value;
            case "builtin" -> " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + value;
            default ->
                throw new BackupException(
                        FailureReason.RESTORE_REFUSED,
                        "the manifest's locale provider is \"" + source.localeProvider()
                                + "\" (expected: libc, icu or builtin)");
        };
    }

    /**
     * Keeps others out of a database that is being restored: what only roles with CONNECT may see at the source would be open to
     * every role that may log in, until the grants are there. A superuser passes a limit; any other role needs its own grant.
     */
    static void close(Connection admin, String name) throws SQLException {
        if ("on".equals(Sessions.value(admin, "SHOW is_superuser"))) {
            Sessions.execute(admin, "ALTER DATABASE " + identifier(name) + " CONNECTION LIMIT 0");
        } else {
            Sessions.execute(admin, "REVOKE CONNECT ON DATABASE " + identifier(name) + " FROM PUBLIC");
        }
    }

    /** Takes {@link #close} back. */
    static void open(Connection admin, String name) throws SQLException {
        if ("on".equals(Sessions.value(admin, "SHOW is_superuser"))) {
            Sessions.execute(admin, "ALTER DATABASE " + identifier(name) + " CONNECTION LIMIT -1");
        } else {
            Sessions.execute(admin, "GRANT CONNECT ON DATABASE " + identifier(name) + " TO PUBLIC");
        }
    }

    /** Whether sessions may be opened in a database at all. */
    static boolean allowsConnections(Connection admin, String name) throws SQLException {
        return "t"
                .equals(Sessions.value(admin, "SELECT datallowconn FROM pg_database WHERE datname = " + literal(name)));
    }

    public static void drop(Connection admin, int serverVersion, String name) throws SQLException {
        Sessions.execute(
                admin,
                "DROP DATABASE IF EXISTS " + identifier(name) + (serverVersion >= FORCE_SINCE ? " WITH (FORCE)" : ""));
    }

    /** Name of the tablespace a database lies in, or {@code null} for the default one. */
    static @Nullable String tablespace(Connection admin, String name) throws SQLException {
        return Sessions.value(
                admin,
                "SELECT t.spcname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace"
                        + " WHERE t.spcname !~ '^pg_' AND d.datname = " + literal(name));
    }
}
