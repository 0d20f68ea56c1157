package dev.pgpool.benchmarks.compare;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;

/** What a thread does over and over. */
enum JdbcLoad {
    /** One prepared SELECT by primary key, with autocommit. */
    SELECT {
        @Override
        void once(Connection connection) throws SQLException {
            select(connection);
        }
    },
    /** A transaction of four statements: two that read, one that writes, one that reads again. */
    TRANSACTION {
        @Override
        void once(Connection connection) throws SQLException {
            connection.setAutoCommit(false);
            select(connection);
            select(connection);
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE loops SET balance = balance + 1 WHERE id = ?")) {
                update.setInt(1, id());
                update.executeUpdate();
            }
            select(connection);
            connection.commit();
            connection.setAutoCommit(true);
        }
    },
    /** Something slow, such as a call of another service, between two statements of an open connection. */
    SLOW {
        @Override
        void once(Connection connection) throws SQLException, InterruptedException {
            select(connection);
            Thread.sleep(SLOW_MILLIS);
            select(connection);
        }
    };

    static final int ROWS = 100_000;
    private static final int SLOW_MILLIS = 50;

    abstract void once(Connection connection) throws SQLException, InterruptedException;

    private static int id() {
        return 1 + ThreadLocalRandom.current().nextInt(ROWS);
    }

    private static void select(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT balance FROM loops WHERE id = ?")) {
            select.setInt(1, id());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException("no such row");
                }
            }
        }
    }
}
