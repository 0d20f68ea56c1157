package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.catalog.BackupManifest.SequenceRange;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transaction whose snapshot pg_dump runs in, so that what is counted here is what is dumped there. It keeps no relation's lock
 * and waits for none. Used by one thread at a time.
 */
public final class SourceSnapshot implements AutoCloseable {

    private final Connection transaction;
    private final DumpFilter filter;
    private final TableFilter tables;
    private final UnlockedReader reader;
    private final DatabaseFacts facts;
    private final @Nullable String id;
    private final Map<String, Long> sequencesBefore;
    private final List<String> notes = new ArrayList<>();

    private SourceSnapshot(
            Connection transaction,
            DumpFilter filter,
            UnlockedReader reader,
            DatabaseFacts facts,
            @Nullable String id,
            Map<String, Long> sequencesBefore) {
        this.transaction = transaction;
        this.filter = filter;
        this.tables = TableFilter.of(filter);
        this.reader = reader;
        this.facts = facts;
        this.id = id;
        this.sequencesBefore = sequencesBefore;
    }

    /** Opens the transaction. */
    public static SourceSnapshot open(
            PgServer server, String database, int version, SessionGroup group, DumpFilter filter) {
        Connection connection = Sessions.open(server, database, group);
        try {
            connection.setAutoCommit(false);
            Sessions.execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            DatabaseFacts facts = DatabaseFacts.read(connection, version);
            String id = Sessions.value(connection, "SELECT pg_export_snapshot()");
            UnlockedReader reader = new UnlockedReader(connection);
            Map<String, Long> sequences = ContentsReader.sequences(connection, TableFilter.of(filter), reader::value);
            return new SourceSnapshot(connection, filter, reader, facts, id, sequences);
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

    /**
     * Bytes of each table whose rows are dumped, by name as pg_dump prints it, for progress. Only once pg_dump has its locks: the
     * size function takes one for a moment. A table whose lock cannot be had counts by its pages at the last vacuum.
     */
    public Map<String, Long> tableBytes() {
        String from = tables.tables("'r'") + " AND NOT " + tables.withoutData();
        Map<String, Long> bytes = new HashMap<>();
        try {
            for (var row : Sessions.rows(
                    transaction, "SELECT n.nspname || '.' || c.relname, c.oid, c.relpages::bigint * 8192 " + from)) {
                String exact = reader.value("SELECT pg_table_size(" + row.get(1) + ")");
                bytes.put(
                        String.valueOf(row.get(0)), Long.parseLong(String.valueOf(exact == null ? row.get(2) : exact)));
            }
            return bytes;
        } catch (SQLException e) {
            throw failure("sizes", e);
        }
    }

    /**
     * Counts what the snapshot holds, once pg_dump has its locks. Takes as long as reading every table, if counts are to be exact.
     * What was locked or dropped by others meanwhile stays unknown, with a note.
     */
    public Contents contents(RowCounts how) {
        try {
            Map<String, Long> rows = ContentsReader.rowCounts(transaction, how, tables, reader::value);
            if (how == RowCounts.EXACT) {
                rows.forEach((table, count) -> {
                    if (count == ContentsReader.UNKNOWN) {
                        notes.add("rows of " + table + " were not counted: another session locks it, or waits to");
                    }
                });
            }
            long largeObjects =
                    filter.largeObjects() && !filter.isPart() ? ContentsReader.largeObjects(transaction) : 0;
            Map<String, Long> after = ContentsReader.sequences(transaction, tables, reader::value);
            Map<String, SequenceRange> sequences = new HashMap<>();
            after.forEach((name, value) -> {
                Long before = sequencesBefore.get(name);
                if (before != null) {
                    sequences.put(name, new SequenceRange(before, value));
                }
            });
            return new Contents(
                    how,
                    rows,
                    sequences,
                    largeObjects,
                    filter.isPart() ? Map.of() : facts.extensions(),
                    facts.roles(),
                    facts.bytes(),
                    filter.tables().isEmpty() ? List.of() : schemas(),
                    !filter.schemas().isEmpty() && Sessions.value(transaction, tables.schemaPublic()) != null,
                    null);
        } catch (SQLException e) {
            throw failure("counting", e);
        }
    }

    private List<String> schemas() throws SQLException {
        List<String> schemas = new ArrayList<>();
        Sessions.rows(
                        transaction,
                        "SELECT DISTINCT n.nspname " + tables.tables("'r', 'p', 'v', 'm', 'f', 'S'")
                                + " AND n.nspname <> 'public' ORDER BY 1")
                .forEach(row -> schemas.add(String.valueOf(row.get(0))));
        return schemas;
    }

    /** What could not be found out, for people. */
    public List<String> notes() {
        return List.copyOf(notes);
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
