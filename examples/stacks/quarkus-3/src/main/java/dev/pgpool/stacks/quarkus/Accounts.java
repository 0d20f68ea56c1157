package dev.pgpool.stacks.quarkus;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Money that is moved in transactions. */
@ApplicationScoped
public class Accounts {
    private final AgroalDataSource dataSource;

    Accounts(AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Fails, and changes nothing, if there is not as much. */
    @Transactional
    public void transfer(String from, String to, int amount) throws SQLException {
        add(to, amount);
        if (add(from, -amount) < 0) {
            throw new IllegalArgumentException(from + " has not as much");
        }
    }

    /** What an account has. */
    @Transactional
    public int balance(String owner) throws SQLException {
        return add(owner, 0);
    }

    private int add(String owner, int amount) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "UPDATE account SET balance = balance + ? WHERE owner = ? RETURNING balance")) {
            statement.setInt(1, amount);
            statement.setString(2, owner);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }
}
