package dev.pgpool.backup.internal.restore;

import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.core.fixture.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An ANALYZE, such as PostgreSQL does by itself of what has just been loaded, meets a part that gets its new name. */
class RenamedPartLockIT {
    /** The target has them already, so that those of the part get other names, too. */
    private static final String[] INDEXES = {"t_pkey", "by_note", "p_pkey", "p_note_idx", "p1_pkey", "p1_note_idx"};

    private final TestPostgres postgres = Source.postgres();
    private final String database = postgres.createDatabase();

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @ParameterizedTest
    @CsvSource({"t, other, t", "t, public, u", "t, other, u", "p, other, p", "p, public, u", "p1, public, u"})
    void anAnalyzeIsWaitedForBeforeAnythingIsRenamed(String table, String schema, String name) throws Exception {
        postgres.executeIn(
                database,
                "CREATE TABLE t (id int PRIMARY KEY, note text)",
                "CREATE INDEX by_note ON t (note)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 100) i",
                "CREATE TABLE p (id int PRIMARY KEY, note text) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000)",
                "CREATE INDEX ON p (note)",
                "INSERT INTO p SELECT i, i FROM generate_series(1, 100) i");
        RestorePart part = RestorePart.table("public", table).as(schema, name);
        try (Connection renaming = postgres.superuser(database);
                Connection analyzing = postgres.superuser(database)) {
            analyzing.setAutoCommit(false);
            String analyzed = table.equals("p") ? "p1" : table;
            execute(analyzing, "LOCK TABLE " + analyzed + " IN SHARE UPDATE EXCLUSIVE MODE");
            CompletableFuture<Void> renamed = CompletableFuture.runAsync(() -> {
                try {
                    new RenamedPart(part).rename(renaming, Map.of(schema, Set.of(INDEXES)));
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE datname = '" + database
                                            + "' AND wait_event_type = 'Lock'")
                                    .size()
                            == 1);
            execute(analyzing, "ANALYZE " + analyzed);
            analyzing.commit();
            renamed.get(30, TimeUnit.SECONDS);
        }
        try (Connection after = postgres.superuser(database)) {
            execute(after, "SELECT id FROM " + schema + "." + name);
        }
    }
}
