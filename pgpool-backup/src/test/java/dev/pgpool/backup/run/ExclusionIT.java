package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.MultipartWrite;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.PendingWrite;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One runner at a time, and what dead ones leave. */
@Tag("once")
class ExclusionIT {

    private final String bucket = S3Server.shared().newBucket();
    private final String database = Source.postgres().createDatabase();
    private final Events events = new Events();

    @TempDir
    Path directory;

    @Test
    void ofTwoEnginesOnOneServerOneRunsAndTheOtherNamesIt() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        try (BackupEngine first = engine(waiting(started, go)).build();
                BackupEngine second = engine("archive 1").build()) {
            CompletableFuture<RunReport> running = first.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            RunReport skipped = second.run();
            RunReport again = first.run();
            Files.createFile(go);

            assertThat(skipped.outcome()).as(skipped.message()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(skipped.reason()).isEqualTo(FailureReason.LOCKED);
            assertThat(skipped.message()).contains("pgpool-backup/").contains("pid");
            assertThat(again.outcome()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(running.get().succeeded()).as(running.get().message()).isTrue();
            assertThat(second.catalog().list(database)).hasSize(1);
            assertThat(second.run().succeeded()).isTrue();
        }
    }

    @Test
    void aLeaseExcludesWhoUsesAnotherServerForTheSameCluster() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        TestPostgres other = TestPostgres.shared(18);
        other.execute("CREATE DATABASE " + database);
        try (BackupEngine first = engine(waiting(started, go)).cluster("shared").build();
                BackupEngine second = engine("archive 1")
                        .source(Source.server(other))
                        .dumpCommand(FakeDump.script(directory, "18.1", "archive 1"))
                        .cluster("shared")
                        .build()) {
            CompletableFuture<RunReport> running = first.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            RunReport skipped = second.run();
            Files.createFile(go);

            assertThat(skipped.outcome()).as(skipped.message()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(skipped.message()).contains("lease until");
            assertThat(running.get().succeeded()).isTrue();
        }
    }

    @Test
    void theLeaseOfADeadHolderExpires() {
        MovedClock clock = new MovedClock(Instant.now());
        try (ObjectStore store = store();
                BackupEngine engine = engine("archive 1")
                        .cluster(Manifests.CLUSTER)
                        .clock(clock)
                        .build()) {
            String lease = "{\"token\":\"t\",\"holder\":\"pgpool-backup/dead-host\",\"run\":\"r\",\"renewedAt\":\""
                    + clock.instant() + "\",\"expiresAt\":\"" + clock.instant().plusSeconds(600) + "\"}";
            store.put(lease(database), lease.getBytes(StandardCharsets.UTF_8), WriteOptions.of("application/json"));

            RunReport skipped = engine.run();
            assertThat(skipped.outcome()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(skipped.message()).contains("dead-host");
            clock.advance(Duration.ofSeconds(601));
            RunReport taken = engine.run();
            assertThat(taken.succeeded()).as(taken.message()).isTrue();
            assertThat(store.stat(lease(database))).isEmpty();
        }
    }

    @Test
    void aHolderWhoseLeaseWasTakenStops() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        try (ObjectStore store = store();
                BackupEngine engine = engine(waiting(started, go))
                        .cluster(Manifests.CLUSTER)
                        .leaseTime(Duration.ofSeconds(9))
                        .build()) {
            CompletableFuture<RunReport> running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            String lease = "{\"token\":\"other\",\"holder\":\"pgpool-backup/thief\",\"run\":\"r\",\"renewedAt\":\""
                    + Instant.now() + "\",\"expiresAt\":\"" + Instant.now().plusSeconds(600) + "\"}";
            store.put(lease(database), lease.getBytes(StandardCharsets.UTF_8), WriteOptions.of("application/json"));

            RunReport report = running.get();
            assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.LOCKED);
            assertThat(report.message()).contains("lease was lost");
            assertThat(store.stat(lease(database))).as("somebody else's").isPresent();
        }
    }

    @Test
    void aStoreThatIgnoresConditionsIsToldLoudly() {
        ObjectStore store = new ForwardingStore(store()) {
            @Override
            public StoredObject put(String key, byte[] content, WriteOptions options) {
                return super.put(key, content, options.on(new dev.pgpool.backup.store.WriteCondition.Always()));
            }

            @Override
            public dev.pgpool.backup.store.StoreReport probe(String prefix) {
                Map<dev.pgpool.backup.store.StoreFeature, String> findings =
                        new java.util.EnumMap<>(super.probe(prefix).findings());
                findings.put(dev.pgpool.backup.store.StoreFeature.WRITE_IF_ABSENT, "If-None-Match is ignored");
                return new dev.pgpool.backup.store.StoreReport(describe(), findings);
            }
        };
        try (BackupEngine engine = Source.engine(store, database)
                .dumpCommand(FakeDump.script(directory, "archive 1"))
                .build()) {
            RunReport report = engine.run();
            assertThat(report.succeeded()).as(report.message()).isTrue();
            assertThat(report.notes())
                    .anySatisfy(
                            note -> assertThat(note).contains("cannot enforce a lease", "If-None-Match is ignored"));
        }
    }

    @Test
    void leftoversOfDeadRunsAreSweptAndNothingElse() {
        try (ObjectStore store = store()) {
            String dead = Manifests.LAYOUT.backup("app", Manifests.id(Instant.parse("2026-01-01T00:00:00Z")));
            String foreign = "elsewhere/upload";
            store.startMultipart(dead + "data.dump", WriteOptions.of("application/octet-stream"));
            MultipartWrite untouched = store.startMultipart(foreign, WriteOptions.of("application/octet-stream"));
            MultipartWrite unlike =
                    store.startMultipart(Manifests.LAYOUT.root() + "app/notes", WriteOptions.of("text/plain"));
            store.put(dead + "globals.sql", new byte[1], WriteOptions.of("application/sql"));
            store.put(Manifests.LAYOUT.root() + "app/README", new byte[1], WriteOptions.of("text/plain"));
            BackupId whole = Manifests.store(store, "app", Instant.parse("2026-01-02T00:00:00Z"));

            MovedClock clock = new MovedClock(Instant.now());
            try (BackupEngine engine = engine("archive 1")
                    .cluster(Manifests.CLUSTER)
                    .clock(clock)
                    .leaseTime(Duration.ofMinutes(10))
                    .build()) {
                assertThat(engine.run().succeeded()).isTrue();
                assertThat(pending(store)).as("younger than the lease time").hasSize(3);
                clock.advance(Duration.ofMinutes(11));
                assertThat(engine.run().succeeded()).isTrue();
            }
            assertThat(pending(store))
                    .extracting(PendingWrite::id)
                    .containsExactlyInAnyOrder(untouched.id(), unlike.id());
            assertThat(store.stat(dead + "globals.sql")).isEmpty();
            assertThat(store.stat(Manifests.LAYOUT.root() + "app/README")).isPresent();
            assertThat(store.stat(Manifests.LAYOUT.backup("app", whole) + "data.dump"))
                    .isPresent();
            assertThat(events.of(BackupEvent.Swept.class)).singleElement().satisfies(swept -> {
                assertThat(swept.uploads()).isEqualTo(1);
                assertThat(swept.objects()).isEqualTo(1);
            });
        }
    }

    @Test
    void dataThatIsSweptBeforeTheManifestIsWrittenIsNoBackup() {
        ObjectStore store = new ForwardingStore(store()) {
            @Override
            public StoredObject put(String key, byte[] content, WriteOptions options) {
                if (key.endsWith("manifest.json")) {
                    super.delete(List.of(key.replace("manifest.json", "data.dump")));
                }
                return super.put(key, content, options);
            }
        };
        try (BackupEngine engine = Source.engine(store, database)
                .dumpCommand(FakeDump.script(directory, "archive 1"))
                .build()) {
            RunReport report = engine.run();
            assertThat(report.reason()).as(report.message()).isEqualTo(FailureReason.STORE_INTEGRITY);
            assertThat(report.message()).contains("data.dump: gone");
            assertThat(engine.catalog().list()).isEmpty();
        }
    }

    @Test
    void anInterruptedRunReturnsWhenItsDumpHasEnded() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        try (BackupEngine engine = engine(waiting(started, go)).build()) {
            CompletableFuture<RunReport> running = new CompletableFuture<>();
            CompletableFuture<Boolean> flag = new CompletableFuture<>();
            Thread host = new Thread(() -> {
                running.complete(engine.run());
                flag.complete(Thread.currentThread().isInterrupted());
            });
            host.start();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            host.interrupt();
            RunReport report = running.get(60, TimeUnit.SECONDS);
            Files.createFile(go);

            assertThat(report.outcome()).as(report.message()).isEqualTo(RunReport.Outcome.CANCELLED);
            assertThat(flag.get(60, TimeUnit.SECONDS)).as("interrupt flag").isTrue();
            RunReport next = engine.run();
            assertThat(next.succeeded())
                    .as("the lock is free: " + next.message())
                    .isTrue();
            assertThat(engine.catalog().list()).hasSize(1);
        }
    }

    @Test
    void twoEnginesForTwoDatabasesOfOneServerRunAtOnce() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        String other = Source.postgres().createDatabase();
        try (BackupEngine first = engine(waiting(started, go)).build();
                BackupEngine second = engine("archive 1").databases(other).build()) {
            CompletableFuture<RunReport> running = first.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            RunReport meanwhile = second.run();
            Files.createFile(go);

            assertThat(meanwhile.outcome()).as(meanwhile.message()).isEqualTo(RunReport.Outcome.SUCCESS);
            assertThat(running.get().succeeded()).as(running.get().message()).isTrue();
            assertThat(first.catalog().list()).hasSize(2);
        }
    }

    @Test
    void oneDatabaseToTwoStoresRunsAtOnce() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        try (BackupEngine first = engine(waiting(started, go)).build();
                BackupEngine second = engine("archive 1")
                        .store(new dev.pgpool.backup.store.DirectoryStore(directory.resolve("other")))
                        .build()) {
            CompletableFuture<RunReport> running = first.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            RunReport meanwhile = second.run();
            Files.createFile(go);

            assertThat(meanwhile.succeeded()).as(meanwhile.message()).isTrue();
            assertThat(running.get().succeeded()).as(running.get().message()).isTrue();
        }
    }

    @Test
    void aDatabaseThatTwoSelectionsShareIsTakenByOneAndTheOtherNamesIt() throws Exception {
        Path go = directory.resolve("go");
        Path started = directory.resolve("started");
        String other = Source.postgres().createDatabase();
        try (BackupEngine first = engine(waiting(started, go)).build();
                BackupEngine second =
                        engine("archive 1").databases(other, database).build()) {
            CompletableFuture<RunReport> running = first.runAsync();
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
            RunReport meanwhile = second.run();
            Files.createFile(go);

            assertThat(meanwhile.outcome()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(meanwhile.reason()).isEqualTo(FailureReason.LOCKED);
            assertThat(meanwhile.message()).contains("database \"" + database + "\": held by ", "pid");
            assertThat(meanwhile.databases())
                    .filteredOn(result -> result.database().equals(other))
                    .allMatch(result -> result.outcome() == RunReport.Outcome.SUCCESS);
            assertThat(running.get().succeeded()).as(running.get().message()).isTrue();
        }
    }

    private static String lease(String database) {
        return Manifests.LAYOUT.lease("run named [" + database + "]");
    }

    private static String waiting(Path started, Path go) {
        return "archive 6; touch " + started + "; while [ ! -e " + go + " ]; do sleep 0.05; done";
    }

    private static List<PendingWrite> pending(ObjectStore store) {
        List<PendingWrite> pending = new ArrayList<>();
        store.pendingWrites("", pending::add);
        return pending;
    }

    private BackupEngineBuilder engine(String script) {
        return Source.engine(store(), database)
                .dumpCommand(FakeDump.script(directory, script))
                .partSize(5 << 20)
                .toolGrace(Duration.ofMillis(300))
                .listener(events);
    }

    private ObjectStore store() {
        return S3Server.store(S3Server.shared().url(), bucket).build();
    }
}
