package dev.pgpool.stacks.micronaut;

import io.micronaut.transaction.annotation.Transactional;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Money that is moved in transactions. */
@Singleton
class Accounts {
    /** The one of the transaction that is under way. */
    private final Connection connection;

    Accounts(Connection connection) {
        this.connection = connection;
    }

    /** Fails, and changes nothing, if there is not as much. */
    @Transactional
    void transfer(String from, String to, int amount) throws SQLException {
        add(to, amount);
        if (add(from, -amount) < 0) {
            throw new IllegalArgumentException(from + " has not as much");
        }
    }

    /** What an account has. */
    @Transactional(readOnly = true)
    int balance(String owner) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT balance FROM account WHERE owner = ?")) {
            statement.setString(1, owner);
            return first(statement);
        }
    }

    private int add(String owner, int amount) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE account SET balance = balance + ? WHERE owner = ? RETURNING balance")) {
            statement.setInt(1, amount);
            statement.setString(2, owner);
            return first(statement);
        }
    }

    private static int first(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }
}
