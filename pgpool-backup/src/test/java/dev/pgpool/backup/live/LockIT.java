package dev.pgpool.backup.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
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
                    .contains("waited for " + table, "the nightly batch", "idle in transaction", "role postgres");
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
