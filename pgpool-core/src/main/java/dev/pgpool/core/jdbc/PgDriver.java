package dev.pgpool.core.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/** The driver, loaded when the first connection is wanted: a host that wants none needs no driver. */
final class PgDriver {
    private PgDriver() {}

    static Connection connect(String url, Properties properties) throws SQLException {
        Connection connection;
        try {
            connection = new Driver().connect(url, properties);
        } catch (NoClassDefFoundError e) {
            throw new SQLException("pgjdbc is missing: put org.postgresql:postgresql on the class path", "08001", e);
        }
        if (connection == null) {
            throw new SQLException("pgjdbc does not take the URL " + url, "08001");
        }
        return connection;
    }
}
