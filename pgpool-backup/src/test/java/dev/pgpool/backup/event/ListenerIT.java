package dev.pgpool.backup.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.metrics.BackupMeters;
import dev.pgpool.backup.metrics.BackupMetrics;
import dev.pgpool.backup.notify.Notice;
import dev.pgpool.backup.notify.NoticeRules;
import dev.pgpool.backup.notify.WebhookNotifier;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.store.DirectoryStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who listens is told everything, and can spoil nothing. */
class ListenerIT {

    private final String database = Source.postgres().createDatabase();

    @TempDir
    Path directory;

    @Test
    void listenersThatThrowOrHangChangeNoOutcome() {
        Events events = new Events();
        CountDownLatch never = new CountDownLatch(1);
        try (BackupEngine engine = engine("archive 1")
                .listener(event -> {
                    throw new IllegalStateException("on purpose");
                })
                .listener(event -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                })
                .listener(events)
                .build()) {
            assertThat(engine.run().succeeded()).isTrue();
            await().untilAsserted(() ->
                    assertThat(events.of(BackupEvent.RunFinished.class)).hasSize(1));
        }
    }

    @Test
    void theWebhookIsToldOfFailureAndRecoveryWithItsSecret() throws IOException {
        List<String> bodies = new CopyOnWriteArrayList<>();
        AtomicInteger refusals = new AtomicInteger(2);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/hook", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean refuse = refusals.getAndDecrement() > 0;
            if (!refuse) {
                bodies.add(exchange.getRequestHeaders().getFirst("X-Secret") + " " + body);
            }
            exchange.sendResponseHeaders(refuse ? 503 : 204, -1);
            exchange.close();
        });
        server.start();
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
        Path fail = directory.resolve("fail");
        try (BackupEngine engine = engine("[ -e " + fail + " ] && exit 1; archive 1")
                .listener(WebhookNotifier.to(url)
                        .secret("X-Secret", "tell-no-one")
                        .firstPause(Duration.ofMillis(5))
                        .build())
                .build()) {
            java.nio.file.Files.createFile(fail);
            engine.run();
            engine.run();
            java.nio.file.Files.delete(fail);
            engine.run();
            engine.run();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(bodies).hasSize(2));
        } finally {
            server.stop(0);
        }
        assertThat(bodies.get(0))
                .startsWith("tell-no-one {")
                .contains("\"kind\":\"FAILED\"", "\"reason\":\"DUMP_EXIT\"");
        assertThat(bodies.get(1)).contains("\"kind\":\"RECOVERED\"");
    }

    @Test
    void metersTellTheTruthFromTheStart() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        try (BackupEngine engine = engine("archive 1").clock(clock).build()) {
            assertThat(engine.run().succeeded()).isTrue();
        }
        clock.advance(Duration.ofHours(5));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (BackupMetrics metrics = new BackupMetrics(registry);
                BackupEngine engine =
                        engine("exit 1").clock(clock).listener(metrics).build()) {
            engine.start();
            await().untilAsserted(() -> assertThat(gauge(registry, BackupMeters.LAST_SUCCESS))
                    .isEqualTo((double) Instant.parse("2026-11-23T03:00:00Z").getEpochSecond()));
            assertThat(gauge(registry, BackupMeters.CATALOG)).isEqualTo(1);
            assertThat(gauge(registry, BackupMeters.SIZE)).isGreaterThan(1 << 20);
            assertThat(registry.find(BackupMeters.VERIFY_LAST_SUCCESS.meterName())
                            .gauge())
                    .as("absent, not zero")
                    .isNull();

            engine.run();
            await().untilAsserted(() -> assertThat(registry.get(BackupMeters.RUNS.meterName())
                            .tags("outcome", "failure", "reason", "dump_exit")
                            .counter()
                            .count())
                    .isEqualTo(1));
            assertThat(gauge(registry, BackupMeters.LAST_ATTEMPT))
                    .isEqualTo((double) clock.instant().getEpochSecond());
            assertThat(gauge(registry, BackupMeters.LAST_SUCCESS))
                    .as("a failure is no success")
                    .isEqualTo((double) Instant.parse("2026-11-23T03:00:00Z").getEpochSecond());
        }
        assertThat(registry.find(BackupMeters.LAST_SUCCESS.meterName()).gauge()).isNull();
    }

    @Test
    void scheduledRunsHappenByTheClockWithTheSameSettingsAndSilenceIsAnAlarm() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T01:00:00Z"));
        Events events = new Events();
        String key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        try (BackupEngine engine = engine("archive 1")
                .clock(clock)
                .schedule("30 2 * * *", ZoneOffset.UTC)
                .encryption(BackupKeys.fixed("k1", java.util.Map.of("k1", key)))
                .overdueAfter(Duration.ofHours(26))
                .listener(events)
                .build()) {
            engine.start();
            clock.set("2026-11-23T02:30:00Z");
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(events.of(BackupEvent.RunFinished.class))
                            .singleElement()
                            .satisfies(e -> {
                                assertThat(e.report().succeeded())
                                        .as(e.report().message())
                                        .isTrue();
                                assertThat(e.report().trigger()).isEqualTo(Trigger.SCHEDULED);
                                BackupManifest manifest = java.util.Objects.requireNonNull(
                                        e.report().databases().get(0).manifest());
                                assertThat(manifest.encryption()).isNotNull();
                            }));
        }
        try (BackupEngine engine = engine("archive 1")
                .clock(clock)
                .listener(events)
                .overdueAfter(Duration.ofHours(26))
                .build()) {
            engine.start();
            assertThat(events.of(BackupEvent.Overdue.class)).isEmpty();
            clock.advance(Duration.ofHours(27));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(events.of(BackupEvent.Overdue.class))
                            .singleElement()
                            .satisfies(
                                    e -> assertThat(e.lastSuccess()).isEqualTo(Instant.parse("2026-11-23T02:30:00Z"))));
        }
    }

    @Test
    void theLastAttemptIsKnownAfterARestartAndRecoveryIsToldThen() throws Exception {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        try (BackupEngine engine = engine("archive 1").clock(clock).build()) {
            assertThat(engine.run().succeeded()).isTrue();
            clock.advance(Duration.ofHours(1));
        }
        try (BackupEngine engine = engine("exit 7").clock(clock).build()) {
            assertThat(engine.run().succeeded()).isFalse();
        }
        clock.advance(Duration.ofHours(1));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Events events = new Events();
        NoticeRules rules = new NoticeRules(Duration.ofHours(24));
        List<Notice> notices = new CopyOnWriteArrayList<>();
        try (BackupMetrics metrics = new BackupMetrics(registry, clock);
                BackupEngine engine = engine("archive 1")
                        .clock(clock)
                        .listener(metrics)
                        .listener(events)
                        .listener(event -> notices.addAll(rules.on(event)))
                        .build()) {
            engine.start();
            await().untilAsserted(() -> assertThat(gauge(registry, BackupMeters.LAST_ATTEMPT))
                    .isEqualTo((double) Instant.parse("2026-11-23T04:00:00Z").getEpochSecond()));
            assertThat(gauge(registry, BackupMeters.AGE)).isEqualTo(2 * 3600.0);
            assertThat(events.of(BackupEvent.CatalogLoaded.class))
                    .singleElement()
                    .satisfies(loaded -> {
                        LastRun last = java.util.Objects.requireNonNull(loaded.lastRun());
                        assertThat(last.reason()).isEqualTo(FailureReason.DUMP_EXIT);
                        assertThat(last.message()).contains("exit status 7");
                        assertThat(last.successAt())
                                .as("by an engine that was closed since")
                                .isEqualTo(Instant.parse("2026-11-23T03:00:00Z"));
                    });
            assertThat(engine.run().succeeded()).isTrue();
            await().untilAsserted(() -> assertThat(notices)
                    .singleElement()
                    .satisfies(n -> assertThat(n.kind()).isEqualTo(Notice.Kind.RECOVERED)));
        }
    }

    @Test
    void theSuccessOfAnotherInstanceIsSeenAndIsNoAlarm() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        Events events = new Events();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (BackupMetrics metrics = new BackupMetrics(registry, clock);
                BackupEngine other = engine("archive 1").clock(clock).build();
                BackupEngine engine = engine("archive 1")
                        .clock(clock)
                        .listener(events)
                        .listener(metrics)
                        .overdueAfter(Duration.ofHours(26))
                        .build()) {
            engine.start();
            for (int day = 0; day < 3; day++) {
                clock.advance(Duration.ofHours(22));
                assertThat(other.run().succeeded()).isTrue();
                double now = clock.instant().getEpochSecond();
                // The catalog is read again each hour.
                clock.advance(Duration.ofHours(2));
                await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                    assertThat(gauge(registry, BackupMeters.LAST_SUCCESS)).isEqualTo(now);
                    assertThat(gauge(registry, BackupMeters.LAST_ATTEMPT)).isEqualTo(now);
                });
            }
            assertThat(gauge(registry, BackupMeters.CATALOG)).isEqualTo(3);
            assertThat(events.of(BackupEvent.Overdue.class)).isEmpty();
            clock.advance(Duration.ofHours(27));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() ->
                            assertThat(events.of(BackupEvent.Overdue.class)).hasSize(1));
        }
    }

    @Test
    void aDatabaseThatNeverSucceededIsNotHiddenByAnother() {
        MovedClock clock = new MovedClock(Instant.now());
        Events events = new Events();
        DirectoryStore store = new DirectoryStore(directory.resolve("store"));
        Manifests.store(store, database, clock.instant().minus(Duration.ofHours(1)));
        try (BackupEngine engine = Source.engine(store, database, "never")
                .cluster(Manifests.CLUSTER)
                .clock(clock)
                .listener(events)
                .overdueAfter(Duration.ofHours(26))
                .build()) {
            engine.start();
            clock.advance(Duration.ofHours(25).plusMinutes(30));
            Manifests.store(store, database, clock.instant());
            clock.advance(Duration.ofHours(1));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(events.of(BackupEvent.Overdue.class))
                            .singleElement()
                            .satisfies(e -> assertThat(e.lastSuccess()).isNull()));
        }
    }

    @Test
    void aBackupFromTheFutureDoesNotKeepTheAlarmQuiet() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        DirectoryStore store = new DirectoryStore(directory.resolve("store"));
        Manifests.store(store, database, Instant.parse("2026-11-20T03:00:00Z"));
        Manifests.store(store, database, Instant.parse("2027-11-20T03:00:00Z"));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (BackupMetrics metrics = new BackupMetrics(registry, clock);
                BackupEngine engine = Source.engine(store, database)
                        .cluster(Manifests.CLUSTER)
                        .clock(clock)
                        .listener(metrics)
                        .build()) {
            engine.start();
            await().untilAsserted(
                            () -> assertThat(gauge(registry, BackupMeters.AGE)).isEqualTo(3 * 86_400.0));
            assertThat(gauge(registry, BackupMeters.LAST_SUCCESS))
                    .isEqualTo((double) Instant.parse("2026-11-20T03:00:00Z").getEpochSecond());
        }
    }

    @Test
    void progressHasMetersWhileThereIsProgress() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Path go = directory.resolve("go");
        try (BackupMetrics metrics = new BackupMetrics(registry);
                BackupEngine engine = engine("archive 1; echo 'pg_dump: dumping contents of table \"public.t\"' >&2;"
                                + " head -c 5M /dev/zero; while [ ! -e " + go + " ]; do sleep 0.05; done")
                        .progressInterval(Duration.ofMillis(20))
                        .partSize(1 << 20)
                        .listener(metrics)
                        .build()) {
            Source.postgres()
                    .executeIn(
                            database,
                            "CREATE TABLE t AS SELECT md5(i::text) FROM generate_series(1, 200000) i",
                            "CREATE TABLE u AS SELECT md5(i::text) FROM generate_series(1, 200000) i");
            var running = engine.runAsync();
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                assertThat(registry.find(BackupMeters.PROGRESS_TABLE.meterName())
                                .tag("table", "public.t")
                                .gauge())
                        .isNotNull();
                assertThat(gauge(registry, BackupMeters.PROGRESS)).isGreaterThanOrEqualTo(5 << 20);
                assertThat(gauge(registry, BackupMeters.BUFFERS)).isGreaterThanOrEqualTo(1 << 20);
                assertThat(gauge(registry, BackupMeters.PROGRESS_RATE)).isGreaterThanOrEqualTo(0);
                assertThat(gauge(registry, BackupMeters.PROGRESS_SHARE)).isBetween(0.1, 0.9);
            });
            Files.createFile(go);
            assertThat(running.get().succeeded()).isTrue();
            await().untilAsserted(() -> assertThat(registry.getMeters())
                    .noneMatch(meter -> meter.getId().getName().startsWith("pgbackup.progress")));
        }
    }

    @Test
    void progressIsTold() {
        Events events = new Events();
        try (BackupEngine engine = engine(
                        "archive 6; echo 'pg_dump: dumping contents of table \"public.t\"' >&2; sleep 0.6; head -c 5M /dev/zero")
                .progressInterval(Duration.ofMillis(20))
                .partSize(1 << 20)
                .listener(events)
                .build()) {
            assertThat(engine.run().succeeded()).isTrue();
            await().untilAsserted(() -> assertThat(events.of(BackupEvent.Progress.class))
                    .anySatisfy(p -> {
                        assertThat(p.bytes()).isGreaterThan(0);
                        assertThat(p.table()).isEqualTo("public.t");
                    }));
        }
    }

    private BackupEngineBuilder engine(String script) {
        return Source.engine(new DirectoryStore(directory.resolve("store")), database)
                .dumpCommand(FakeDump.script(directory, script));
    }

    private static double gauge(SimpleMeterRegistry registry, BackupMeters meter) {
        Gauge gauge = registry.find(meter.meterName()).gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }
}
