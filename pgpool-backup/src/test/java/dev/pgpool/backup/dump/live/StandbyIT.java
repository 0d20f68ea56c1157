package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.internal.pg.ReplayPause;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real standby as the source, with its replay paused meanwhile and without. */
class StandbyIT {
    private static final String STATE = "SELECT pg_get_wal_replay_pause_state()";

    private static TestPostgres primary;
    private static TestPostgres standby;

    @TempDir
    Path directory;

    @BeforeAll
    static void startBoth() {
        primary = TestPostgres.fresh(15, Map.of());
        primary.execute("CREATE TABLE events (id int)", "INSERT INTO events SELECT generate_series(1, 1000)");
        standby = primary.standby();
    }

    @AfterAll
    static void stopBoth() {
        standby.close();
        primary.close();
    }

    private BackupEngineBuilder engine(TestPostgres source) {
        return Source.engine(new DirectoryStore(directory.resolve("store")), TestPostgres.DATABASE)
                .source(Source.server(source))
                .pauseReplay(true);
    }

    @Test
    void dumpOfAStandbyWhoseReplayIsPausedSucceeds() {
        try (BackupEngine engine = engine(standby).build()) {
            RunReport report = engine.run();

            assertThat(report.succeeded()).as(report.message()).isTrue();
            assertThat(report.notes()).noneMatch(note -> note.contains("conflict with recovery"));
        }
        assertThat(standby.query(STATE)).containsExactly("not paused");
    }

    @Test
    void nothingIsReplayedWhileTheDumpRunsAndEverythingAfterwards() throws Exception {
        Path begun = directory.resolve("begun");
        Path go = directory.resolve("go");
        String dump = FakeDump.script(
                directory, "archive 1; touch " + begun + "; while [ ! -e " + go + " ]; do sleep 0.05; done");
        try (BackupEngine engine = engine(standby).dumpCommand(dump).build()) {
            CompletableFuture<RunReport> run = CompletableFuture.supplyAsync(engine::run);
            await().atMost(Wire.PATIENCE).until(() -> Files.exists(begun) || run.isDone());
            assertThat(standby.query(STATE)).containsExactly("paused");
            primary.execute("CREATE TABLE later (id int)");
            assertThat(standby.query("SELECT to_regclass('later') IS NULL")).containsExactly("t");

            Files.createFile(go);
            RunReport report = run.get();

            assertThat(report.succeeded()).as(report.message()).isTrue();
            assertThat(standby.query(STATE)).containsExactly("not paused");
            await().atMost(Wire.PATIENCE)
                    .until(() ->
                            standby.query("SELECT to_regclass('later') IS NULL").contains("f"));
        }
    }

    @Test
    void replayGoesOnAfterADumpThatFails() {
        try (BackupEngine engine = engine(standby)
                .dumpCommand(FakeDump.script(directory, "exit 1"))
                .build()) {
            assertThat(engine.run().succeeded()).isFalse();
        }
        assertThat(standby.query(STATE)).containsExactly("not paused");
    }

    @Test
    void whatSomebodyElseHasPausedStaysPausedAndIsNoted() {
        standby.query("SELECT pg_wal_replay_pause()");
        try (BackupEngine engine = engine(standby).build()) {
            RunReport report = engine.run();

            assertThat(report.succeeded()).as(report.message()).isTrue();
            assertThat(report.notes()).anyMatch(note -> note.contains("replay was paused already"));
            assertThat(standby.query(STATE)).doesNotContain("not paused");
        } finally {
            standby.query("SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void pauseOfARunThatIsCancelledMeanwhileIsTakenBack() {
        SessionGroup sessions = new SessionGroup("test");
        assertThatThrownBy(() -> ReplayPause.begin(
                        Source.server(standby),
                        sessions,
                        Duration.ofMinutes(1),
                        () -> {
                            throw new BackupException(FailureReason.CANCELLED, "cancelled");
                        },
                        note -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessage("cancelled");
        assertThat(standby.query(STATE)).containsExactly("not paused");
    }

    @Test
    void replayThatCouldNotBeResumedIsNoted() {
        SessionGroup sessions = new SessionGroup("test");
        List<String> notes = new ArrayList<>();
        ReplayPause pause =
                ReplayPause.begin(Source.server(standby), sessions, Duration.ofMinutes(1), () -> {}, notes::add);
        try {
            assertThat(standby.query(STATE)).containsExactly("paused");
            sessions.cut();
            pause.close();
            assertThat(notes)
                    .singleElement()
                    .asString()
                    .startsWith("replay was paused for the dump and could not be resumed");
        } finally {
            standby.query("SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void primaryHasNothingToPause() {
        try (BackupEngine engine = engine(primary).build()) {
            RunReport report = engine.run();

            assertThat(report.succeeded()).as(report.message()).isTrue();
        }
    }

    @Test
    void standbyThatGoesOnReplayingIsNoted() {
        try (BackupEngine engine = engine(standby).pauseReplay(false).build()) {
            assertThat(engine.run().notes()).anyMatch(note -> note.contains("conflict with recovery"));
        }
    }
}
