package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Route;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What the JDBC tests say in one line. */
final class Jdbc {

    private Jdbc() {}

    /** A connection whose statements are prepared on the server from their first use. */
    static Connection connect(Route.Way way) throws SQLException {
        return connect(way, "prepareThreshold=1");
    }

    static Connection connect(Route.Way way, String options) throws SQLException {
        // a test that would hang fails
        return DriverManager.getConnection(way.jdbcUrl("socketTimeout=60&" + options));
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The first column of the first row. */
    static String first(Connection connection, String sql) throws SQLException {
        List<String> column = column(connection, sql);
        assertThat(column).as(sql).isNotEmpty();
        return column.get(0);
    }

    /** The first column of the only row of a prepared statement. */
    static String first(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    /** The first column of all rows. */
    static List<String> column(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return column(rows, 1);
        }
    }

    static List<String> column(ResultSet rows, int column) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getString(column));
        }
        return values;
    }

    /** Something that a driver is asked to do. */
    interface Action {

        void run() throws Exception;
    }

    /** The SQLSTATE that an action fails with. */
    static String sqlState(Action action) throws Exception {
        try {
            action.run();
        } catch (SQLException e) {
            return e.getSQLState();
        }
        throw new AssertionError("no error");
    }

    static String sqlState(Connection connection, String sql) throws Exception {
        return sqlState(() -> execute(connection, sql));
    }

    /**
     * Somebody else who takes the server that was used last out of the pool by a transaction, so that the next one to
     * come gets the other. Give it back by {@link #release}.
     */
    static final class Holder implements AutoCloseable {

        private final Connection connection;

        Holder(Route.Way way) throws SQLException {
            connection = connect(way);
            connection.setAutoCommit(false);
        }

        Holder hold() throws SQLException {
            first(connection, "SELECT 'held'");
            return this;
        }

        void release() throws SQLException {
            connection.rollback();
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
