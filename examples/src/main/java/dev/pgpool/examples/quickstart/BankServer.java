package dev.pgpool.examples.quickstart;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The PostgreSQL behind the pooler: one started for the occasion, or the user's own.
 *
 * @param password null where the server asks for none
 * @param process what to stop at the end; null for the user's own server
 */
public record BankServer(
        String host,
        int port,
        String database,
        String user,
        @Nullable String password,
        @Nullable EmbeddedPostgres process)
        implements AutoCloseable {
    private static final int DEFAULT_PORT = 5432;

    /** Starts PostgreSQL 18 from the binaries on the class path, with a directory and a port of its own. */
    public static BankServer embedded() throws IOException {
        EmbeddedPostgres process = EmbeddedPostgres.start();
        return new BankServer("127.0.0.1", process.getPort(), "postgres", "postgres", null, process);
    }

    /**
     * Takes a server that runs already.
     *
     * @param url {@code postgresql://user:password@host:port/database}, or the driver's form
     *     {@code jdbc:postgresql://host:port/database?user=...&password=...}
     */
    public static BankServer at(String url) {
        URI uri = uri(url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url);
        String[] login = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        String user = login.length > 0 ? decoded(login[0]) : parameter(uri, "user");
        String password = login.length > 1 ? decoded(login[1]) : parameter(uri, "password");
        boolean named = uri.getPath() != null && uri.getPath().length() > 1;
        if (!"postgresql".equals(uri.getScheme()) || uri.getHost() == null || !named || user == null) {
            throw notPostgresUrl();
        }
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        return new BankServer(uri.getHost(), port, uri.getPath().substring(1), user, password, null);
    }

    private static URI uri(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            // Not chained: its message quotes the URL.
            throw notPostgresUrl();
        }
    }

    /** The URL itself stays out of the message: it may hold a password. */
    private static IllegalArgumentException notPostgresUrl() {
        return new IllegalArgumentException(
                "not a PostgreSQL URL with a user (expected: postgresql://user:password@host:port/database)");
    }

    private static @Nullable String parameter(URI uri, String name) {
        String query = uri.getRawQuery();
        for (String parameter : query == null ? new String[0] : query.split("&")) {
            if (parameter.startsWith(name + "=")) {
                return decoded(parameter.substring(name.length() + 1));
            }
        }
        return null;
    }

    private static String decoded(String word) {
        return URLDecoder.decode(word.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Straight to the server, past the pooler. */
    public DataSource direct() {
        return dataSource(host, port, password);
    }

    /** To the same database through a pooler; every statement is prepared on its first use. */
    public DataSource through(InetSocketAddress pooler, String poolerPassword) {
        PGSimpleDataSource dataSource = dataSource(pooler.getHostString(), pooler.getPort(), poolerPassword);
        dataSource.setPrepareThreshold(1);
        return dataSource;
    }

    public String version() throws SQLException {
        try (Connection connection = direct().getConnection()) {
            return connection.getMetaData().getDatabaseProductVersion();
        }
    }

    public boolean isEmbedded() {
        return process != null;
    }

    private PGSimpleDataSource dataSource(String atHost, int atPort, @Nullable String withPassword) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setServerNames(new String[] {atHost});
        dataSource.setPortNumbers(new int[] {atPort});
        dataSource.setDatabaseName(database);
        dataSource.setUser(user);
        dataSource.setPassword(withPassword);
        return dataSource;
    }

    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
    }
}
