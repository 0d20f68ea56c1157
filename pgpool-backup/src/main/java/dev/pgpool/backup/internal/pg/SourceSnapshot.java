package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupManifest.Contents;
import dev.pgpool.backup.BackupManifest.SequenceRange;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.RowCounts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transaction whose snapshot pg_dump runs in, so that what is counted here is what is dumped there. Used by one thread at a
 * time.
 */
public final class SourceSnapshot implements AutoCloseable {

    private final Connection transaction;
    private final DatabaseFacts facts;
    private final @Nullable String id;
    private final Map<String, Long> sequencesBefore;

    private SourceSnapshot(
            Connection transaction, DatabaseFacts facts, @Nullable String id, Map<String, Long> sequencesBefore) {
        this.transaction = transaction;
        this.facts = facts;
        this.id = id;
        this.sequencesBefore = sequencesBefore;
    }

    /** Opens the transaction. */
    public static SourceSnapshot open(
            PgServer server, String database, int version, SessionGroup group, Duration lockWait) {
        Connection connection = Sessions.open(server, database, group);
        try {
            // A table that somebody has locked must fail us as soon as pg_dump, not keep us waiting in front of it.
            Sessions.execute(connection, "SET lock_timeout = " + lockWait.toMillis());
            connection.setAutoCommit(false);
            Sessions.execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            DatabaseFacts facts = DatabaseFacts.read(connection, version);
            Map<String, Long> sequences = ContentsReader.sequences(connection);
            String id = Sessions.value(connection, "SELECT pg_export_snapshot()");
            return new SourceSnapshot(connection, facts, id, sequences);
        } catch (SQLException e) {
            BackupException failure = failure(database, e);
            try {
                connection.close();
            } catch (SQLException closing) {
                failure.addSuppressed(closing);
            }
            throw failure;
        }
    }

    private static BackupException failure(String database, SQLException e) {
        FailureReason reason = "40001".equals(e.getSQLState()) || "57P01".equals(e.getSQLState())
                ? FailureReason.SOURCE_CONFLICT
                : "42501".equals(e.getSQLState())
                        ? FailureReason.PREFLIGHT
                        : "55P03".equals(e.getSQLState()) ? FailureReason.DUMP_EXIT : FailureReason.SOURCE_UNREACHABLE;
        return new BackupException(reason, "snapshot of \"" + database + "\": " + e.getMessage(), e);
    }

    /** For {@code pg_dump --snapshot}. */
    public @Nullable String id() {
        return id;
    }

    /** Facts at the snapshot. */
    public DatabaseFacts facts() {
        return facts;
    }

    /** Counts what the snapshot holds. Takes as long as reading every table, if counts are to be exact. */
    public Contents contents(RowCounts how) {
        try {
            Map<String, Long> rows = ContentsReader.rowCounts(transaction, how);
            long largeObjects = ContentsReader.largeObjects(transaction);
            Map<String, Long> after = ContentsReader.sequences(transaction);
            Map<String, SequenceRange> sequences = new HashMap<>();
            after.forEach((name, value) ->
                    sequences.put(name, new SequenceRange(sequencesBefore.getOrDefault(name, value), value)));
            return new Contents(how, rows, sequences, largeObjects, facts.extensions(), facts.roles(), facts.bytes());
        } catch (SQLException e) {
            throw failure("counting", e);
        }
    }

    /** Ends the transaction, also while another thread is counting. */
    @Override
    public void close() {
        try {
            transaction.close();
        } catch (SQLException e) {
            throw failure("closing", e);
        }
    }
}
