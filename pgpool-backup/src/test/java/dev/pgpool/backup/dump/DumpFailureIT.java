package dev.pgpool.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.PendingWrite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pg_dump that fails, hangs or lies does to a run. */
class DumpFailureIT {

    private final String bucket = S3Server.shared().newBucket();
    private final String database = Source.postgres().createDatabase();
    private final Events events = new Events();

    @TempDir
    Path directory;

    @Test
    void aDumpThatFailsAfterFortyMebibytesLeavesNothing() {
        RunReport report = run("archive 40; echo 'pg_dump: error: out of luck' >&2; exit 1");

        assertFailed(report, FailureReason.DUMP_EXIT, "exit status 1", "out of luck");
    }

    @Test
    void aDumpThatIsKilledLeavesNothing() {
        RunReport report = run("archive 12; kill -9 $$");

        assertFailed(report, FailureReason.DUMP_EXIT, "signal 9");
    }

    @Test
    void aDumpOfNothingIsAFailure() {
        assertFailed(run("exit 0"), FailureReason.DUMP_EMPTY, "nothing was written");
    }

    @Test
    void whatIsNoArchiveIsAFailure() {
        assertFailed(run("echo 'Welcome to the shell'"), FailureReason.DUMP_EMPTY, "PGDMP");
    }

    @Test
    void warningsAreKeptAndAreNoFailure() {
        RunReport report = run("archive 1; echo 'pg_dump: warning: there are circular foreign-key constraints' >&2");

        assertThat(report.succeeded()).as(report.message()).isTrue();
        assertThat(manifest(report).warnings())
                .containsExactly("pg_dump: warning: there are circular foreign-key constraints");
    }

    @Test
    void tenMebibytesOfStderrBlockNobody() {
        RunReport report = run("head -c 10M /dev/zero | tr '\\0' 'x' >&2; archive 1");

        assertThat(report.succeeded()).as(report.message()).isTrue();
    }

    @Test
    void aHangingDumpIsEndedAndTheDatabaseIsNamedAsTheSideThatStands() throws Exception {
        Path pid = directory.resolve("pid");
        RunReport report = run(
                "trap '' TERM; echo $$ > " + pid + "; archive 6; while true; do sleep 1; done",
                builder -> builder.stallLimit(Duration.ofSeconds(4)).toolGrace(Duration.ofMillis(200)));

        assertFailed(report, FailureReason.STALLED, "the database gives none");
        long child = Long.parseLong(Files.readString(pid).strip());
        await().until(() -> ProcessHandle.of(child).map(p -> !p.isAlive()).orElse(true));
    }

    @Test
    void theDeadlineEndsADumpThatIsAlive() {
        RunReport report = run(
                "printf PGDMP; while true; do echo x; sleep 0.05; done",
                builder -> builder.deadline(Duration.ofSeconds(3)).toolGrace(Duration.ofMillis(200)));

        assertFailed(report, FailureReason.DUMP_TIMEOUT, "not finished within PT3S");
    }

    @Test
    void cancellingEndsTheDumpAndItsChildren() throws Exception {
        Path pid = directory.resolve("pid");
        try (BackupEngine engine =
                builder("sleep 1000 & echo $! > " + pid + "; archive 6; wait").build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pid) && Files.size(pid) > 1);
            engine.cancel();
            RunReport report = running.get(60, TimeUnit.SECONDS);

            assertThat(report.outcome()).isEqualTo(RunReport.Outcome.CANCELLED);
            assertThat(report.reason()).isEqualTo(FailureReason.CANCELLED);
        }
        long grandchild = Long.parseLong(Files.readString(pid).strip());
        await().until(() -> ProcessHandle.of(grandchild).map(p -> !p.isAlive()).orElse(true));
        assertStoreIsEmpty();
    }

    @Test
    void whatOutlivedItsParentDoesNotHoldTheRun() throws Exception {
        Path pid = directory.resolve("pid");
        try (BackupEngine engine = builder("archive 6; sh -c 'sleep 1000 & echo $! > " + pid + "'; sleep 1000")
                .build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pid) && Files.size(pid) > 1);
            engine.cancel();

            assertThat(running.get(60, TimeUnit.SECONDS).outcome()).isEqualTo(RunReport.Outcome.CANCELLED);
        }
        long orphan = Long.parseLong(Files.readString(pid).strip());
        await().until(() -> ProcessHandle.of(orphan).map(p -> !p.isAlive()).orElse(true));
    }

    @Test
    void closingTheEngineEndsARunAndAllThreads() throws Exception {
        Path pid = directory.resolve("pid");
        BackupEngine engine =
                builder("echo $$ > " + pid + "; archive 6; sleep 1000").build();
        CompletableFuture<RunReport> running = engine.runAsync();
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pid) && Files.size(pid) > 1);
        engine.close();

        assertThat(running.get(60, TimeUnit.SECONDS).outcome()).isEqualTo(RunReport.Outcome.CANCELLED);
        assertStoreIsEmpty();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.isAlive() && t.getName().startsWith("pgpool-backup-send")));
    }

    @Test
    void aMissingProgramIsNamedWithThePackageThatHasIt() {
        try (BackupEngine engine =
                Source.engine(store(), database).dumpCommand("/no/such/pg_dump").build()) {
            RunReport report = engine.run();

            assertThat(report.reason()).isEqualTo(FailureReason.TOOL_MISSING);
            assertThat(report.message()).contains("/no/such/pg_dump").contains("postgresql-client");
        }
    }

    @Test
    void anOlderPgDumpIsRefusedBeforeAnythingIsStored() {
        try (BackupEngine engine = Source.engine(store(), database)
                .dumpCommand(FakeDump.script(directory, "13.4", "archive 1"))
                .build()) {
            RunReport report = engine.run();

            assertThat(report.reason()).isEqualTo(FailureReason.VERSION_MISMATCH);
            assertThat(report.message()).contains("13.4").contains("pg_dump 15 or newer");
        }
        assertStoreIsEmpty();
    }

    @Test
    void allProblemsAreToldAtOnce() {
        try (BackupEngine engine = Source.engine(store(), "no_such_database")
                .dumpCommand("/no/such/pg_dump")
                .encryption(new BackupKeys() {
                    @Override
                    public String currentKeyId() {
                        return "k1";
                    }

                    @Override
                    public java.util.Optional<byte[]> key(String keyId) {
                        return java.util.Optional.empty();
                    }
                })
                .objectLock(Duration.ofDays(1))
                .build()) {
            RunReport report = engine.run();

            assertThat(report.message())
                    .contains("/no/such/pg_dump")
                    .contains("no_such_database")
                    .contains("encryption key \"k1\": not found")
                    .contains("object lock was asked for");
        }
        assertStoreIsEmpty();
    }

    @Test
    void thePasswordIsNeitherAnArgumentNorInAnyReport() throws Exception {
        String password = "s3cr3t-Pa55word";
        Path seen = directory.resolve("seen");
        String role = Source.postgres().createRole("scram-sha-256", password);
        Source.postgres().execute("GRANT pg_read_all_data TO " + role, "ALTER ROLE " + role + " SUPERUSER");
        String script = FakeDump.script(
                directory,
                "tr '\\0' ' ' < /proc/$$/cmdline > " + seen + "; echo >> " + seen + "; echo \"env: $PGPASSWORD\" >> "
                        + seen + "; echo \"pg_dump: error: password=$PGPASSWORD refused\" >&2; archive 1; exit 1");
        PgServer server = PgServer.of("127.0.0.1", Source.postgres().port(), role, password);
        RunReport report;
        try (BackupEngine engine = Source.engine(store(), database)
                .source(server)
                .dumpCommand(script)
                .listener(events)
                .build()) {
            report = engine.run();
            assertThat(engine.config().toString()).doesNotContain(password);
        }
        assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.DUMP_EXIT);
        List<String> lines = Files.readAllLines(seen);
        assertThat(lines.get(0)).contains("--no-password").doesNotContain(password);
        assertThat(lines.get(lines.size() - 1)).isEqualTo("env: " + password);
        assertThat(report.toString()).doesNotContain(password);
        assertThat(server.toString()).doesNotContain(password);
    }

    @Test
    void aStandbysConflictAndAKilledSessionAreNamed() {
        assertThat(
                        run("archive 1; echo 'pg_dump: error: ERROR:  canceling statement due to conflict with recovery' >&2;"
                                        + " exit 1")
                                .reason())
                .isEqualTo(FailureReason.SOURCE_CONFLICT);
        assertThat(run("echo 'FATAL:  terminating connection due to administrator command' >&2; exit 1")
                        .reason())
                .isEqualTo(FailureReason.SOURCE_CONFLICT);
    }

    @Test
    void aFailureIsToldOnceAndRetentionDoesNotRun() {
        RunReport report = run("exit 3");

        assertThat(report.retention()).isEmpty();
        assertThat(events.of(BackupEvent.RetentionApplied.class)).isEmpty();
        assertThat(events.of(BackupEvent.RunFinished.class)).hasSize(1);
    }

    private RunReport run(String script) {
        return run(script, builder -> {});
    }

    private RunReport run(String script, java.util.function.Consumer<BackupEngineBuilder> settings) {
        BackupEngineBuilder builder = builder(script);
        settings.accept(builder);
        try (BackupEngine engine = builder.build()) {
            return engine.run();
        }
    }

    private BackupEngineBuilder builder(String script) {
        return Source.engine(store(), database)
                .dumpCommand(FakeDump.script(directory, script))
                .partSize(5 << 20)
                .listener(events);
    }

    private ObjectStore store() {
        return S3Server.store(S3Server.shared().url(), bucket).build();
    }

    private void assertFailed(RunReport report, FailureReason reason, String... words) {
        assertThat(report.outcome()).isEqualTo(RunReport.Outcome.FAILURE);
        assertThat(report.reason()).as(report.message()).isEqualTo(reason);
        assertThat(report.message()).contains(words);
        assertStoreIsEmpty();
    }

    private void assertStoreIsEmpty() {
        try (ObjectStore store = store()) {
            List<String> keys = new ArrayList<>();
            store.list("", object -> keys.add(object.key()));
            // What is told of the last run is no part of a backup.
            keys.removeIf(key -> key.endsWith("/.state/last-run.json"));
            assertThat(keys).isEmpty();
            List<PendingWrite> pending = new ArrayList<>();
            store.pendingWrites("", pending::add);
            assertThat(pending).isEmpty();
        }
    }

    private static BackupManifest manifest(RunReport report) {
        return java.util.Objects.requireNonNull(report.databases().get(0).manifest());
    }
}
