package dev.pgpool.backup.run.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a dump adds to the locks of pg_dump: nothing. */
class LockIT {

    private final String database = Source.sampleDatabase();

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP TABLE customer CASCADE",
                "TRUNCATE orders",
                "ALTER TABLE customer ADD COLUMN x int",
                "ALTER SEQUENCE customer_id_seq RESTART",
                "DROP VIEW names",
                "ALTER TABLE orders RENAME TO orders2"
            })
    void beforeTheDumpHasItsLocksTheDatabaseIsFree(String change) throws Exception {
        Path started = directory.resolve("started");
        Path go = directory.resolve("go");
        try (BackupEngine engine = engine("[ \"$1\" = --version ] || { touch " + started + "; while [ ! -e " + go
                                + " ]; do sleep 0.05; done; }; exec pg_dump \"$@\"")
                        .build();
                Connection other = Source.postgres().superuser(database);
                Statement statement = other.createStatement()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            statement.execute("SET lock_timeout = '2s'");
            statement.execute(change);
            Files.createFile(go);
            running.get(120, TimeUnit.SECONDS);
        }
    }

    /** A count that waited for its lock would stand in the queue behind the change, and others behind the count. */
    @Test
    void aCountDoesNotWaitInTheQueueBehindAChange() throws Exception {
        Path locked = directory.resolve("locked");
        Path begin = directory.resolve("begin");
        Path end = directory.resolve("end");
        Path head = directory.resolve("head");
        try (BackupEngine engine = engine(
                                "[ \"$1\" = --version ] && exec pg_dump \"$@\"; exec pg_dump \"$@\" | { head -c 100 >"
                                        + head + "; touch " + locked + "; while [ ! -e " + begin
                                        + " ]; do sleep 0.05; done; cat " + head
                                        + "; while [ ! -e " + end + " ]; do sleep 0.05; done; cat; }")
                        .build();
                Connection changing = Source.postgres().superuser(database);
                Statement change = changing.createStatement()) {
            Source.postgres()
                    .executeIn(
                            database,
                            "INSERT INTO orders SELECT i, repeat(md5(i::text), 20) FROM generate_series(30000, 90000) i");
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(locked));
            CompletableFuture<Void> dropped = CompletableFuture.runAsync(() -> {
                try {
                    change.execute("DROP TABLE customer CASCADE");
                } catch (java.sql.SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            String waiting =
                    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND"
                            + " a.datname = '" + database + "' AND ";
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Source.query(Source.postgres(), "app", waiting + "a.query ~ '^DROP'")
                            .equals("1"));
            Files.createFile(begin);
            await("no count that waits")
                    .during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Source.query(
                                    Source.postgres(),
                                    "app",
                                    waiting + "a.query_start < now() - interval '500 ms' AND a.query !~ '^DROP'")
                            .equals("0"));
            Files.createFile(end);
            assertThat(running.get(120, TimeUnit.SECONDS).message()).isEmpty();
            dropped.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aChangeThatWaitsBehindTheDumpDoesNotStopTheCountingNorTheCountingIt() throws Exception {
        // The sleep keeps pg_dump's transaction, and with it its locks, while the change queues behind them.
        Path go = directory.resolve("go");
        Path counting = directory.resolve("counting");
        try (BackupEngine engine = engine(
                                "[ \"$1\" = --version ] && exec pg_dump \"$@\"; exec pg_dump \"$@\" | { head -c 100;"
                                        + " touch " + counting + "; while [ ! -e " + go
                                        + " ]; do sleep 0.05; done; cat; }")
                        .build();
                Connection reading = Source.postgres().superuser(database);
                Connection changing = Source.postgres().superuser(database);
                Statement read = reading.createStatement();
                Statement change = changing.createStatement()) {
            Source.postgres()
                    .executeIn(
                            database,
                            "INSERT INTO orders SELECT i, repeat(md5(i::text), 20) FROM generate_series(30000, 90000) i");
            reading.setAutoCommit(false);
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(counting));
            CompletableFuture<Void> dropped = CompletableFuture.runAsync(() -> {
                try {
                    change.execute("DROP TABLE customer CASCADE");
                } catch (java.sql.SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            Files.createFile(go);
            RunReport run = running.get(120, TimeUnit.SECONDS);
            dropped.get(60, TimeUnit.SECONDS);

            assertThat(run.message()).isEmpty();
            assertThat(read.executeQuery("SELECT 1").next()).isTrue();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            LOCK TABLE customer IN ACCESS EXCLUSIVE MODE | table public.customer
            TRUNCATE orders                              | table public.orders
            DROP TABLE orders CASCADE                    | table public.orders
            DROP VIEW names                              | view public.names
            """)
    void aLockThatIsWaitedForInVainIsNamedWithItsHolder(String lock, String table) throws Exception {
        try (Connection other = Source.postgres().superuser(database);
                Statement statement = other.createStatement();
                BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), database)
                        .lockWait(Duration.ofSeconds(3))
                        .build()) {
            statement.execute("SET application_name = 'the nightly batch'");
            other.setAutoCommit(false);
            statement.execute(lock);
            RunReport run = engine.run();

            assertThat(run.reason()).as(run.message()).isEqualTo(FailureReason.DUMP_EXIT);
            assertThat(run.message())
                    .contains(
                            "lock timeout of PT3S: waited for " + table,
                            "the nightly batch",
                            "idle in transaction",
                            "role postgres");
            other.rollback();
        }
    }

    @Test
    void aLockOnATableThatIsLeftOutIsOfNoConcern() throws Exception {
        try (Connection other = Source.postgres().superuser(database);
                Statement statement = other.createStatement();
                BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), database)
                        .lockWait(Duration.ofSeconds(3))
                        .excludeTables("orders", "names")
                        .verifyOn(Source.server())
                        .build()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
            RunReport run = engine.run();

            assertThat(run.message()).isEmpty();
            BackupManifest manifest =
                    Objects.requireNonNull(run.databases().get(0).manifest());
            assertThat(manifest.contents().tables()).containsOnlyKeys("public.customer");
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
            other.rollback();
        }
    }

    private BackupEngineBuilder engine(String script) {
        return Source.engine(new DirectoryStore(directory.resolve("s")), database)
                .dumpCommand("/bin/bash", "-o", "pipefail", "-c", script, "pg_dump")
                .verifyOn(Source.server());
    }
}
