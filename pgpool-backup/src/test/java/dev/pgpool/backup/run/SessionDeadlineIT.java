package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import dev.pgpool.core.fixture.Toxics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run's own sessions on the database are bound by its deadline and by its end, whatever they wait for. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SessionDeadlineIT {

    private final String database = Source.postgres().createDatabase();

    @TempDir
    Path directory;

    /** No question of ours stands in the queue for a lock, where it would hold up whoever comes behind it. */
    @Test
    void aQuestionThatMeetsALockDoesNotWait() throws SQLException {
        try (Connection other = lockedTable();
                BackupEngine engine = engine().deadline(Duration.ofSeconds(30)).build()) {
            RunReport report = engine.run();

            assertThat(report.succeeded()).as(report.message()).isTrue();
            other.rollback();
        }
    }

    @Test
    void aDumpThatWaitsForALockEndsWhenTheRunIsCancelled() throws Exception {
        try (Connection other = lockedTable();
                BackupEngine engine = Source.engine(store(), database)
                        .lockWait(Duration.ofHours(1))
                        .build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Source.query(
                                    Source.postgres(),
                                    database,
                                    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted"
                                            + " AND a.datname = current_database()")
                            .equals("1"));
            engine.cancel();

            assertThat(running.get(60, TimeUnit.SECONDS).outcome()).isEqualTo(RunReport.Outcome.CANCELLED);
            other.rollback();
        }
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersEndsAtTheDeadline() {
        try (Toxics network = Toxics.before(Source.postgres().address());
                BackupEngine engine = engine().source(through(network, Duration.ofHours(1)))
                        .deadline(Duration.ofSeconds(3))
                        .build()) {
            network.stall();
            RunReport report = engine.run();

            assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.DUMP_TIMEOUT);
        }
    }

    @Test
    void aNetworkThatIsLostOnTheWayEndsAtTheDeadline() throws Exception {
        Path started = directory.resolve("started");
        Path go = directory.resolve("go");
        try (Toxics network = Toxics.before(Source.postgres().address());
                BackupEngine engine = engine().source(through(network, Duration.ofHours(1)))
                        .dumpCommand(FakeDump.script(
                                directory,
                                "archive 1; touch " + started + "; while [ ! -e " + go + " ]; do sleep 0.05; done"))
                        .deadline(Duration.ofSeconds(5))
                        .build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            network.stall();
            Files.createFile(go);

            // The locks are not given back by questions, each of which would wait for a minute.
            RunReport report = running.get(45, TimeUnit.SECONDS);
            assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.DUMP_TIMEOUT);
            assertThat(report.message()).contains("not finished within PT5S");
        }
    }

    @Test
    void withoutALeaseTheLossOfTheLocksSessionIsNoSuccess() throws Exception {
        Path started = directory.resolve("started");
        Path go = directory.resolve("go");
        try (BackupEngine engine = Source.engine(withoutLease(), database)
                .dumpCommand(FakeDump.script(
                        directory, "archive 1; touch " + started + "; while [ ! -e " + go + " ]; do sleep 0.05; done"))
                .build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            Source.query(
                    Source.postgres(),
                    "postgres",
                    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype ="
                            + " 'advisory' AND a.application_name LIKE 'pgpool-backup/%'");
            Files.createFile(go);

            RunReport report = running.get(60, TimeUnit.SECONDS);
            assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.LOCKED);
            assertThat(engine.catalog().list()).isEmpty();
        }
    }

    private DirectoryStore store() {
        return new DirectoryStore(directory.resolve("store"));
    }

    private ForwardingStore withoutLease() {
        return new ForwardingStore(store()) {
            @Override
            public StoreReport probe(String prefix) {
                Map<StoreFeature, String> findings =
                        new EnumMap<>(super.probe(prefix).findings());
                findings.put(StoreFeature.WRITE_IF_ABSENT, "If-None-Match is ignored");
                return new StoreReport(describe(), findings);
            }
        };
    }

    private BackupEngineBuilder engine() {
        return Source.engine(store(), database)
                .dumpCommand(FakeDump.script(directory, "archive 1"))
                // Longer than any of these tests: it must not be what ends the wait.
                .lockWait(Duration.ofHours(1));
    }

    private static PgServer through(Toxics network, Duration patience) {
        return new PgServer("127.0.0.1", network.port(), "postgres", "", "postgres", "disable", null, patience);
    }

    /** A table that somebody else holds until the connection is rolled back. */
    private Connection lockedTable() throws SQLException {
        Source.postgres().executeIn(database, "CREATE TABLE locked (i int)");
        Connection other = Source.postgres().superuser(database);
        other.setAutoCommit(false);
        try (Statement statement = other.createStatement()) {
            statement.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
        }
        return other;
    }
}
