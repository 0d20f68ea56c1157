package dev.pgpool.examples.quickstart;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Accounts between which money moves, in a schema of its own. Whatever the clients do, the sum of all balances must
 * stay the same: a transaction that were lost, doubled or mixed with another one would change it.
 */
public final class Bank implements AutoCloseable {
    static final String SCHEMA = "pgpool_quickstart";
    static final int ACCOUNTS = 10_000;
    private static final long OPENING_BALANCE = 1_000;

    private final DataSource database;

    private Bank(DataSource database) {
        this.database = database;
    }

    /** Opens the bank; fails if its schema is already there, for then it belongs to another program. */
    public static Bank open(DataSource database) throws SQLException {
        Bank bank = new Bank(database);
        bank.execute("CREATE SCHEMA " + SCHEMA);
        bank.execute("CREATE TABLE " + SCHEMA + ".account (id int PRIMARY KEY, balance bigint NOT NULL)"
                + " WITH (fillfactor = 50)");
        bank.execute("CREATE TABLE " + SCHEMA + ".transfer (source int, target int, amount bigint)");
        bank.execute("INSERT INTO " + SCHEMA + ".account SELECT id, " + OPENING_BALANCE + " FROM generate_series(1, "
                + ACCOUNTS + ") id");
        bank.execute("ANALYZE " + SCHEMA + ".account");
        return bank;
    }

    /** What all balances must add up to. */
    public static long openingTotal() {
        return ACCOUNTS * OPENING_BALANCE;
    }

    public long total() throws SQLException {
        return query("SELECT sum(balance) FROM " + SCHEMA + ".account");
    }

    public long transfers() throws SQLException {
        return query("SELECT count(*) FROM " + SCHEMA + ".transfer");
    }

    /** Moves money in one transaction; the connection is not in autocommit mode. */
    static void transfer(Connection connection, int source, int target, long amount) throws SQLException {
        // Rows are locked in the order of their ids, so that no two transfers can wait for each other.
        boolean sourceFirst = source < target;
        add(connection, sourceFirst ? source : target, sourceFirst ? -amount : amount);
        add(connection, sourceFirst ? target : source, sourceFirst ? amount : -amount);
        String sql = "INSERT INTO " + SCHEMA + ".transfer (source, target, amount) VALUES (?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setInt(1, source);
            insert.setInt(2, target);
            insert.setLong(3, amount);
            insert.executeUpdate();
        }
        connection.commit();
    }

    private static void add(Connection connection, int account, long amount) throws SQLException {
        String sql = "UPDATE " + SCHEMA + ".account SET balance = balance + ? WHERE id = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, amount);
            update.setInt(2, account);
            update.executeUpdate();
        }
    }

    /** Removes the schema. */
    @Override
    public void close() throws SQLException {
        execute("DROP SCHEMA " + SCHEMA + " CASCADE");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long query(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
