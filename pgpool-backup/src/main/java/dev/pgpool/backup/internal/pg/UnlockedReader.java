package dev.pgpool.backup.internal.pg;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Reads relations one after another inside a long transaction, in its snapshot, without keeping any lock: each question is asked
 * in a subtransaction that is rolled back, which gives its locks back. Nor does it wait for a lock: a request that waits would
 * stand in the queue before others, and a lock that is kept would make a DROP TABLE wait, and all who come after that. Used by
 * one thread.
 */
final class UnlockedReader {

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    // Some of these come when the relation was dropped since the snapshot.
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String INVALID_SCHEMA = "3F000";

    private final Connection transaction;

    UnlockedReader(Connection transaction) throws SQLException {
        this.transaction = transaction;
        Sessions.execute(transaction, "SET LOCAL lock_timeout = 1");
    }

    /** The first column of the first row, or {@code null} if the relation's lock cannot be had at once, or it is gone. */
    @Nullable
    String value(String sql) throws SQLException {
        try (Statement statement = transaction.createStatement()) {
            boolean rows = statement.execute("SAVEPOINT passing; " + sql + "; ROLLBACK TO SAVEPOINT passing");
            String value = null;
            while (rows || statement.getUpdateCount() != -1) {
                if (rows) {
                    try (ResultSet result = statement.getResultSet()) {
                        value = result.next() ? result.getString(1) : null;
                    }
                }
                rows = statement.getMoreResults();
            }
            return value;
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (!state.equals(LOCK_NOT_AVAILABLE) && !state.equals(UNDEFINED_TABLE) && !state.equals(INVALID_SCHEMA)) {
                throw e;
            }
            Sessions.execute(transaction, "ROLLBACK TO SAVEPOINT passing");
            return null;
        }
    }
}
