package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.notify.Notice;
import dev.pgpool.backup.notify.NoticeRules;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.MultipartWrite;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.Part;
import dev.pgpool.backup.store.PartReceipt;
import dev.pgpool.backup.store.S3Store;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What holds for runs as a whole: when they are tried again, what they outlive, who may refuse them, by which id they are
 * known.
 */
class RunRulesIT {

    private final String database = Source.postgres().createDatabase();
    private final Events events = new Events();

    @TempDir
    Path directory;

    @Test
    void aFailedScheduledRunIsTriedAgainForWhatFailedAndNotForEver() throws Exception {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T01:00:00Z"));
        String other = Source.postgres().createDatabase();
        Path fail = directory.resolve("fail");
        Files.createFile(fail);
        try (BackupEngine engine = engine(
                        "case \"$*\" in *" + database + "*) [ -e " + fail + " ] && exit 1;; esac; archive 1")
                .databases(database, other)
                .clock(clock)
                .schedule("30 2 * * *", ZoneOffset.UTC)
                .retryRuns(2, Duration.ofMinutes(10))
                .listener(events)
                .build()) {
            engine.start();
            clock.set("2026-11-23T02:30:00Z");
            awaitRuns(1);
            clock.set("2026-11-23T02:35:00Z");
            Thread.onSpinWait();
            clock.set("2026-11-23T02:41:00Z");
            awaitRetry(clock, 2);
            clock.set("2026-11-23T02:52:00Z");
            awaitRetry(clock, 3);
            clock.set("2026-11-23T05:00:00Z");
            Thread.onSpinWait();
            clock.set("2026-11-24T02:30:00Z");
            awaitRuns(4);
            Files.delete(fail);
            clock.set("2026-11-24T02:41:00Z");
            awaitRetry(clock, 5);
            clock.set("2026-11-24T10:00:00Z");
            Thread.onSpinWait();

            List<BackupEvent.RunFinished> runs = events.of(BackupEvent.RunFinished.class);
            assertThat(runs).hasSize(5);
            assertThat(runs)
                    .extracting(run -> run.report().trigger())
                    .containsExactly(
                            Trigger.SCHEDULED, Trigger.RETRIED, Trigger.RETRIED, Trigger.SCHEDULED, Trigger.RETRIED);
            assertThat(runs.get(1).report().databases())
                    .extracting(RunReport.DatabaseResult::database)
                    .containsExactly(database);
            assertThat(runs.get(4).report().succeeded()).isTrue();
            assertThat(engine.catalog().list(other))
                    .as("not taken twice for one date")
                    .hasSize(2);
        }
    }

    /** A pause begins a moment after the run has been told, by a clock that may have been moved by then. */
    private void awaitRetry(MovedClock clock, int count) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> {
                    int finished = events.of(BackupEvent.RunFinished.class).size();
                    if (finished < count
                            && events.of(BackupEvent.RunStarted.class).size() == finished) {
                        clock.advance(Duration.ofMinutes(1));
                    }
                    return finished >= count;
                });
    }

    private void awaitRuns(int count) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() ->
                        assertThat(events.of(BackupEvent.RunFinished.class)).hasSize(count));
    }

    @ParameterizedTest
    @ValueSource(strings = {"part", "complete", "start", "manifest", "globals"})
    void aStoreThatIsAwayForAWhileIsOutlived(String step) {
        AtomicInteger failures = new AtomicInteger(10);
        ObjectStore store = new ForwardingStore(new DirectoryStore(directory.resolve("store"))) {
            private void away(boolean meant) {
                if (meant && failures.getAndDecrement() > 0) {
                    throw new StoreException(StoreException.Kind.TRANSIENT, "connection refused");
                }
            }

            @Override
            public StoredObject put(String key, byte[] content, WriteOptions options) {
                away(key.contains(step));
                return super.put(key, content, options);
            }

            @Override
            public MultipartWrite startMultipart(String key, WriteOptions options) {
                away(step.equals("start") && key.contains("data.dump"));
                MultipartWrite write = super.startMultipart(key, options);
                boolean data = key.contains("data.dump");
                return new MultipartWrite() {
                    @Override
                    public String id() {
                        return write.id();
                    }

                    @Override
                    public PartReceipt put(Part part) {
                        away(data && step.equals("part") && part.number() == 2);
                        return write.put(part);
                    }

                    @Override
                    public StoredObject complete(List<PartReceipt> parts) {
                        away(data && step.equals("complete"));
                        return write.complete(parts);
                    }

                    @Override
                    public void abort() {
                        write.abort();
                    }
                };
            }
        };
        try (BackupEngine engine = Source.engine(store, database)
                .dumpCommand(FakeDump.script(directory, "archive 12"))
                .partSize(5 << 20)
                .retries(3, Duration.ofMillis(2))
                .outage(Duration.ofMinutes(2))
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(failures.get()).isNegative();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        application/xml | <Error><Code>AccessDenied</Code><Message>no</Message></Error>
        application/xml | <Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>
        application/xml | <Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>
        text/html       | <html>forbidden by the gateway</html>
        text/plain      | no
        text/plain      | ''
        """)
    void a403OfTheStoreIsStoreDenied(String type, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] answer =
                    exchange.getRequestMethod().equals("HEAD") ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", type);
            exchange.sendResponseHeaders(403, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        try (BackupEngine engine = Source.engine(
                        S3Store.builder()
                                .endpoint("http://127.0.0.1:"
                                        + server.getAddress().getPort())
                                .bucket("bucket")
                                .credentials("id", "secret-secret")
                                .build(),
                        database)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.reason()).as(run.message()).isEqualTo(FailureReason.STORE_DENIED);
            assertThatThrownBy(() -> engine.catalog().list())
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.STORE_DENIED));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void startAndReportCarryOneIdAlsoWhenTheClockIsBehindTheCatalog() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        DirectoryStore store = new DirectoryStore(directory.resolve("store"));
        Manifests.store(store, database, Instant.parse("2026-11-23T05:00:00Z"));
        for (String script : List.of("archive 1", "exit 1")) {
            Events heard = new Events();
            try (BackupEngine engine = engine(script)
                    .cluster(Manifests.CLUSTER)
                    .clock(clock)
                    .listener(heard)
                    .build()) {
                RunReport run = engine.run();
                await().untilAsserted(() -> assertThat(heard.of(BackupEvent.RunFinished.class))
                        .singleElement()
                        .satisfies(e -> assertThat(e.report().id()).isEqualTo(run.id())));
                assertThat(heard.of(BackupEvent.RunStarted.class))
                        .singleElement()
                        .satisfies(e -> assertThat(e.run()).isEqualTo(run.id()));
                assertThat(run.id().time()).isAfter(clock.instant());
            }
        }
        Events heard = new Events();
        try (BackupEngine engine = engine("archive 1")
                .source(PgServer.of("127.0.0.1", 1, "nobody", ""))
                .listener(heard)
                .build()) {
            RunReport run = engine.run();
            await().untilAsserted(() ->
                    assertThat(heard.of(BackupEvent.RunFinished.class)).hasSize(1));
            assertThat(heard.of(BackupEvent.RunStarted.class))
                    .singleElement()
                    .satisfies(e -> assertThat(e.run()).isEqualTo(run.id()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"veto", "throw", "hang"})
    void aHookMayRefuseARunHoweverItDoesIt(String how) {
        AtomicInteger after = new AtomicInteger();
        try (BackupEngine engine = engine("archive 1")
                .hookLimit(Duration.ofMillis(300))
                .listener(events)
                .hook(new RunHook() {
                    @Override
                    public Optional<String> before(BackupId run, Trigger trigger, List<String> databases) {
                        assertThat(databases).containsExactly(database);
                        return switch (how) {
                            case "veto" -> Optional.of("a migration is under way");
                            case "throw" -> throw new IllegalStateException("on purpose");
                            default -> {
                                try {
                                    Thread.sleep(60_000);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                                yield Optional.empty();
                            }
                        };
                    }

                    @Override
                    public void after(RunReport report) {
                        after.incrementAndGet();
                        throw new IllegalStateException("on purpose");
                    }
                })
                .build()) {
            RunReport run = engine.run();

            assertThat(run.outcome()).isEqualTo(RunReport.Outcome.SKIPPED);
            assertThat(run.reason()).isEqualTo(FailureReason.VETOED);
            assertThat(run.message())
                    .containsAnyOf("a migration is under way", "on purpose", "no answer within PT0.3S");
            assertThat(after).hasValue(1);
            assertThat(engine.catalog().list()).isEmpty();
            assertThat(events.of(BackupEvent.RunStarted.class)).isEmpty();
        }
    }

    @Test
    void aProcessThatRunsOnceFromCronKnowsWhatTheOneBeforeHasTold() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        List<String> told = new ArrayList<>();
        for (String script : List.of("archive 1", "exit 1", "exit 1", "exit 1", "archive 1", "archive 1")) {
            List<Notice> notices = new java.util.concurrent.CopyOnWriteArrayList<>();
            NoticeRules rules = new NoticeRules(Duration.ofHours(24));
            try (BackupEngine engine = engine(script)
                    .clock(clock)
                    .listener(event -> notices.addAll(rules.on(event)))
                    .build()) {
                engine.run();
            }
            notices.forEach(notice -> told.add(notice.kind() + (notice.repeated() ? " repeated" : "")));
            told.add("-");
            clock.advance(Duration.ofHours(16));
        }
        assertThat(told)
                .as("a failure once, again after a day, and the recovery")
                .containsExactly("-", "FAILED", "-", "-", "FAILED repeated", "-", "RECOVERED", "-", "-");
    }

    @Test
    void databasesHaveSettingsOfTheirOwn() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        String special = Source.postgres().createDatabase() + "_log";
        Source.postgres().execute("CREATE DATABASE " + special);
        try (BackupEngine engine = engine(
                        "archive 1; echo \"$*\" | grep -q exclude-table-data && head -c 1M /dev/zero; true")
                .databasesMatching(database, "*_log", "!*_test")
                .forDatabases(
                        special.substring(0, 3) + "*_log",
                        DatabaseSettings.none()
                                .filter(DumpFilter.everything().excludeTableData("event"))
                                .retention(dev.pgpool.backup.retention.RetentionPolicy.keepFor(Duration.ofDays(1))
                                        .withMinKeep(1))
                                .schedule("0 * * * *", ZoneOffset.UTC))
                .schedule("30 2 * * *", ZoneOffset.UTC)
                .clock(clock)
                .listener(events)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.databases())
                    .allSatisfy(result -> assertThat(result.manifest())
                            .isNotNull()
                            .satisfies(manifest -> assertThat(
                                            String.join(" ", manifest.tool().arguments())
                                                    .contains("--exclude-table-data=*.event"))
                                    .isEqualTo(result.database().equals(special))));
            clock.advance(Duration.ofDays(2));
            engine.run();
            assertThat(engine.catalog().list(special)).hasSize(1);
            assertThat(engine.catalog().list(database)).hasSize(2);
            engine.start();
            clock.set("2026-11-25T04:00:00Z");
            awaitRuns(3);
            assertThat(events.of(BackupEvent.RunFinished.class).get(2).report().databases())
                    .extracting(RunReport.DatabaseResult::database)
                    .containsExactly(special);
        }
    }

    @Test
    void aSupplierOfSchedulesNeedsOneForTheTimeBeforeItHasOne() {
        assertThatThrownBy(() -> BackupEngine.builder()
                        .source(PgServer.of("h", 5432, "u", ""))
                        .store(new DirectoryStore(directory))
                        .scheduleFrom(() -> Optional.of("0 4 * * *"))
                        .build())
                .hasMessageContaining("scheduleFrom: no schedule");
    }

    @Test
    void whatIsWrongIsSaidByBuildInOneList() {
        assertThatThrownBy(() -> BackupEngine.builder()
                        .source(PgServer.of("h", 5432, "u", ""))
                        .store(new DirectoryStore(directory))
                        .prefix("/x")
                        .cluster("x".repeat(300))
                        .databases("n\u00e4me".repeat(20))
                        .schedule("30 2 30 2 *", ZoneOffset.UTC)
                        .verifySchedule("0 0 31 4,6 *", ZoneOffset.UTC)
                        .excludeTables("a.b.c")
                        .dumpArguments("--format=p", "-fx", "--file=x", "--dbname=y")
                        .forDatabases("x", DatabaseSettings.none().schedule("nonsense", ZoneOffset.UTC))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "prefix: \"/x\"",
                        "cluster: 300",
                        "databases: ",
                        "has 100 bytes",
                        "schedule: \"30 2 30 2 *",
                        "verifySchedule: ",
                        "never due",
                        "excludeTables: ",
                        "--format=p",
                        "\"-fx\"",
                        "--file=x",
                        "--dbname=y",
                        "forDatabases x: schedule");
        for (String prefix : List.of("/x", "x/", "x//y", "/", ".x", "x/../y", "x y")) {
            assertThatThrownBy(() -> BackupEngine.builder().prefix(prefix).build())
                    .hasMessageContaining("prefix: \"" + prefix + "\"");
        }
        for (String endpoint : List.of("http://h/path", "https://h:9/a/b", "http://h?x=1", "http://h/#f")) {
            assertThatThrownBy(() -> S3Store.builder()
                            .endpoint(endpoint)
                            .bucket("bucket")
                            .credentials("a", "b")
                            .build())
                    .hasMessageContaining("endpoint: has a path");
        }
    }

    @Test
    void puttingAndDeletingInOneFolderIsNeverRefused() throws Exception {
        DirectoryStore store = new DirectoryStore(directory.resolve("race"));
        List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            String key = "a/b/c/" + t;
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < 500; i++) {
                        store.put(key, new byte[] {1}, WriteOptions.of("text/plain"));
                        assertThat(store.delete(List.of(key))).isEmpty();
                    }
                } catch (RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    private BackupEngineBuilder engine(String script) {
        return Source.engine(new DirectoryStore(directory.resolve("store")), database)
                .dumpCommand(FakeDump.script(directory, script));
    }
}
