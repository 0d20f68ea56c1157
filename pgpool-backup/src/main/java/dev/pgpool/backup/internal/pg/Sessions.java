package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.dump.StartOptions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/**
 * Opens connections for the engine's own questions, with every time-out that could end a long session switched off. What is
 * asked means PostgreSQL's own functions, operators and tables, whatever owners of databases and roles have set: the search
 * path is part of the login already, where it comes after the settings of database and role and before the first statement.
 */
public final class Sessions {

    /** A statement of this kind looks no name up, so it means the same under any search path. */
    public static final String PINNED_PATH = "SET search_path TO pg_catalog, pg_temp";

    private static final String NO_START_OPTIONS = "unsupported startup parameter";
    private static final int IDLE_SESSION_TIMEOUT_SINCE = 14;
    private static final int TRANSACTION_TIMEOUT_SINCE = 17;
    /** By the SQLSTATE with which a limit ends a session: the first version that has it. */
    private static final Map<String, Integer> VERSIONS_BY_LIMIT = Map.of("57P05", 140_000, "25P04", 170_000);

    private static final Driver DRIVER = new Driver();

    private Sessions() {}

    /**
     * A session on a database.
     *
     * @throws BackupException with SOURCE_UNREACHABLE and the server's words
     */
    public static Connection open(PgServer server, String database, SessionGroup group) {
        Connection connection = openRaw(server, database, group);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_catalog.set_config('row_security', 'off', false)");
            takeNamesAsTheyAre(connection);
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection, e);
            throw unreachable(server, database, e);
        }
    }

    /**
     * A database in SQL_ASCII holds any bytes, and sends them as they are. One byte a character, each name is readable and no
     * other's; but the driver sends in UTF-8 whatever is set, see {@link #canName}.
     */
    private static void takeNamesAsTheyAre(Connection connection) throws SQLException {
        if ("SQL_ASCII".equals(connection.unwrap(PGConnection.class).getParameterStatus("server_encoding"))) {
            execute(connection, "SET client_encoding = 'LATIN1'");
        }
    }

    /** Whether a name that was read on this connection can be sent back in a statement. */
    static boolean canName(Connection connection, String name) throws SQLException {
        return name.chars().allMatch(c -> c < 0x80)
                || !"LATIN1".equals(connection.unwrap(PGConnection.class).getParameterStatus("client_encoding"));
    }

    /** Makes what is asked from now on go as UTF-8, also where the database is in SQL_ASCII. */
    public static void utf8(Connection connection) throws SQLException {
        execute(connection, "SET client_encoding = 'UTF8'");
    }

    static Connection openRaw(PgServer server, String database, SessionGroup group) {
        Properties properties = new Properties();
        properties.setProperty("user", server.user());
        if (!server.password().isEmpty()) {
            properties.setProperty("password", server.password());
        }
        properties.setProperty("ApplicationName", group.applicationName());
        properties.setProperty(
                "connectTimeout", Long.toString(server.connectTimeout().toSeconds()));
        properties.setProperty(
                "loginTimeout", Long.toString(server.connectTimeout().toSeconds() * 2));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("allowEncodingChanges", "true");
        properties.setProperty("sslmode", server.sslMode());
        Path rootCert = server.sslRootCert();
        if (rootCert != null) {
            properties.setProperty("sslrootcert", rootCert.toString());
        }
        Path certificate = server.sslCert();
        Path key = server.sslKey();
        if (certificate != null && key != null) {
            properties.setProperty("sslcert", certificate.toString());
            properties.setProperty("sslkey", key.toString());
            // The driver takes a key in PEM for RSA unless told otherwise.
            properties.setProperty("pemKeyAlgorithm", keyAlgorithm(certificate));
        }
        if (server.isLocal()) {
            properties.setProperty("socketFactory", UnixSocketFactory.class.getName());
            properties.setProperty("socketFactoryArg", server.host() + "/.s.PGSQL." + server.port());
            properties.setProperty("sslmode", "disable");
        }
        String url = "jdbc:postgresql://" + (server.isLocal() ? "localhost" : hostInUrl(server.host())) + ":"
                + server.port() + "/"
                + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
        try {
            return group.add(() -> login(server, url, properties));
        } catch (SQLException e) {
            if (String.valueOf(e.getMessage()).contains(NO_START_OPTIONS)) {
                throw new BackupException(
                        FailureReason.SOURCE_POOLED,
                        server + " is a pooler that takes no start-up options (expected: the server itself): "
                                + e.getMessage(),
                        e);
            }
            throw unreachable(server, database, e);
        }
    }

    private static String keyAlgorithm(Path certificate) {
        try (InputStream in = Files.newInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey()
                    .getAlgorithm();
        } catch (IOException | CertificateException e) {
            throw new BackupException(
                    FailureReason.SOURCE_UNREACHABLE,
                    "client certificate " + certificate + ": " + e + " (expected: a certificate as PEM)",
                    e);
        }
    }

    /**
     * Some time limits are known to newer servers only, and older ones refuse an option that they do not know. A session that
     * such a limit ends before it could be switched off is on a server that knows it.
     */
    private static Connection login(PgServer server, String url, Properties properties) throws SQLException {
        int version = StartOptions.ANY_VERSION;
        while (true) {
            properties.setProperty("options", StartOptions.of(version));
            try {
                return pinned(server, url, properties);
            } catch (SQLException e) {
                int known = VERSIONS_BY_LIMIT.getOrDefault(String.valueOf(e.getSQLState()), StartOptions.ANY_VERSION);
                if (known <= version) {
                    throw e;
                }
                version = known;
            }
        }
    }

    private static Connection pinned(PgServer server, String url, Properties properties) throws SQLException {
        Connection connection = DRIVER.connect(url, properties);
        if (connection == null) {
            throw new BackupException(FailureReason.INTERNAL, "the JDBC driver does not accept " + server);
        }
        try {
            pin(connection);
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection, e);
            throw e;
        }
    }

    /**
     * Once more what the start-up options say, in case a pooler on the way has dropped them; and what only newer servers
     * know.
     */
    private static void pin(Connection connection) throws SQLException {
        execute(connection, PINNED_PATH);
        int major = connection.getMetaData().getDatabaseMajorVersion();
        if (major >= IDLE_SESSION_TIMEOUT_SINCE) {
            execute(connection, "SET idle_session_timeout TO 0");
        }
        if (major >= TRANSACTION_TIMEOUT_SINCE) {
            execute(connection, "SET transaction_timeout TO 0");
        }
    }

    /**
     * From now on the session reads no views, where the server knows how to refuse that (15.8, 16.4 and later): the owner of a
     * table might replace it by one, between the moment it is listed and the moment it is read, and the view's functions would
     * run as this session's role.
     */
    static void readTablesOnly(Connection connection) throws SQLException {
        restrictRelations(connection, "view, foreign-table");
    }

    /** Takes {@link #readTablesOnly} back. */
    public static void readViewsToo(Connection connection) throws SQLException {
        restrictRelations(connection, "");
    }

    private static void restrictRelations(Connection connection, String kinds) throws SQLException {
        execute(
                connection,
                "SELECT pg_catalog.set_config(name, '" + kinds + "', false) FROM pg_catalog.pg_settings WHERE name ="
                        + " 'restrict_nonsystem_relation_kind'");
    }

    private static String hostInUrl(String host) {
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private static BackupException unreachable(PgServer server, String database, SQLException e) {
        return new BackupException(
                FailureReason.SOURCE_UNREACHABLE,
                "connecting to \"" + database + "\" as " + server + ": " + e.getMessage(),
                e);
    }

    private static void closeQuietly(Connection connection, SQLException cause) {
        try {
            connection.close();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** First column of the first row as text; {@code null} for NULL or no row. */
    public static @Nullable String value(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? text(rows, 1) : null;
        }
    }

    /** All rows as text. */
    public static List<List<@Nullable String>> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            int columns = rows.getMetaData().getColumnCount();
            List<List<@Nullable String>> result = new ArrayList<>();
            while (rows.next()) {
                List<@Nullable String> row = new ArrayList<>(columns);
                for (int i = 1; i <= columns; i++) {
                    row.add(text(rows, i));
                }
                result.add(row);
            }
            return result;
        }
    }

    /** Names of the whole server may come from a database in SQL_ASCII: one that is no UTF-8 must not hide the others. */
    private static @Nullable String text(ResultSet rows, int column) throws SQLException {
        try {
            return rows.getString(column);
        } catch (SQLException e) {
            byte[] raw = rows.getBytes(column);
            if (raw == null) {
                throw e;
            }
            return new String(raw, StandardCharsets.ISO_8859_1);
        }
    }

    /** A statement without result. */
    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** An identifier in quotes. */
    public static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** A literal on a single line. */
    public static String literal(String value) {
        String quoted = value.replace("'", "''");
        if (quoted.indexOf('\\') < 0 && quoted.indexOf('\n') < 0 && quoted.indexOf('\r') < 0) {
            return "'" + quoted + "'";
        }
        return " E'" + quoted.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") + "'";
    }

    /**
     * True if a pooler stands in the way. A server tells each session its own process id at the start; a pooler has to make one
     * up, since it does not know yet which backends will serve the session. Should one pass the real id on, two sessions at
     * once give it away.
     */
    public static boolean isPooled(PgServer server, String database, SessionGroup group) {
        try (Connection first = openRaw(server, database, group)) {
            String pid = value(first, "SELECT pg_backend_pid()");
            if (!Integer.toString(first.unwrap(PGConnection.class).getBackendPID())
                    .equals(pid)) {
                return true;
            }
            try (Connection second = openRaw(server, database, group)) {
                second.setAutoCommit(false);
                boolean same = String.valueOf(pid).equals(value(second, "SELECT pg_backend_pid()"));
                if (!same) {
                    // While the second holds a transaction, a pooler may have to serve the first by another backend.
                    same = !String.valueOf(pid).equals(value(first, "SELECT pg_backend_pid()"));
                }
                second.rollback();
                return same;
            }
        } catch (SQLException e) {
            throw unreachable(server, database, e);
        }
    }
}
