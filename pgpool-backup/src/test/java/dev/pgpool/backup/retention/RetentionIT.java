package dev.pgpool.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.store.DeleteFailure;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What retention does to a real store. */
class RetentionIT {

    private static final Instant NOW = Instant.parse("2026-11-23T03:00:00Z");
    private final Events events = new Events();
    private final MovedClock clock = new MovedClock(NOW);

    @TempDir
    Path directory;

    @Test
    void onlyWhatIsInManifestsOfTheVeryDatabaseGoes() {
        ObjectStore store = new DirectoryStore(directory);
        for (String database : List.of("app", "app_test", "app.tmp.x")) {
            for (int day = 0; day < 33; day++) {
                Manifests.store(store, database, NOW.minus(Duration.ofDays(day)));
            }
        }
        List<String> foreign = List.of("app/README", "app-old.dump", "v1/test-cluster/app/README", "v1/other/app/x");
        foreign.forEach(key -> store.put(key, new byte[1], WriteOptions.of("text/plain")));
        int before = keys(store).size();
        try (BackupEngine engine = engine(store)) {
            Map<String, RetentionPlan> plans = engine.prune();

            assertThat(plans).containsOnlyKeys("app", "app_test", "app.tmp.x");
            assertThat(plans.values())
                    .allSatisfy(plan -> assertThat(plan.deletions()).hasSize(2));
            assertThat(keys(store)).hasSize(before - 3 * 2 * 2).containsAll(foreign);
        }
    }

    @Test
    void aDryRunDeletesNothing() {
        ObjectStore store = new DirectoryStore(directory);
        for (int day = 0; day < 33; day++) {
            Manifests.store(store, "app", NOW.minus(Duration.ofDays(day)));
        }
        List<String> before = keys(store);
        try (BackupEngine engine = engine(store)) {
            RetentionPlan plan = engine.planRetention().get("app");
            assertThat(plan).isNotNull();
            assertThat(plan.table()).contains("DELETE", "EXPIRED", "FLOOR_MIN_KEEP");
        }
        assertThat(keys(store)).isEqualTo(before);
    }

    @Test
    void forgedAndDamagedManifestsAreKeptAndTold() {
        ObjectStore store = new DirectoryStore(directory);
        BackupId real = Manifests.store(store, "app", NOW.minus(Duration.ofDays(1)));
        String victim = Manifests.LAYOUT.backup("app", real) + "data.dump";
        Manifests.store(store, "app", NOW.plus(Duration.ofDays(365)));
        Instant old = NOW.minus(Duration.ofDays(90));
        Manifests.storeManifest(store, Manifests.manifest("app", Manifests.id(old), old, victim));
        BackupId damaged = Manifests.id(NOW.minus(Duration.ofDays(80)));
        store.put(
                Manifests.LAYOUT.backup("app", damaged) + "manifest.json",
                "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                WriteOptions.of("application/json"));
        try (BackupEngine engine = engine(store)) {
            RetentionPlan plan = engine.prune(
                            RetentionPolicy.defaults().withMinKeep(1).withMaxDeleteShare(1))
                    .get("app");

            assertThat(plan).isNotNull();
            assertThat(plan.deletions()).isEmpty();
            assertThat(plan.decisions())
                    .extracting(d -> d.reason())
                    .containsExactlyInAnyOrder(
                            RetentionReason.FLOOR_MIN_KEEP,
                            RetentionReason.FUTURE_DATED,
                            RetentionReason.UNREADABLE_MANIFEST,
                            RetentionReason.UNREADABLE_MANIFEST);
            assertThat(plan.alarms()).hasSize(3);
            assertThat(store.stat(victim)).isPresent();
            assertThat(engine.catalog().table()).contains("UNREADABLE", "outside of its backup");
        }
    }

    @Test
    void pinnedBackupsStayUntilTheyAreUnpinned() {
        ObjectStore store = new DirectoryStore(directory);
        for (int day = 0; day < 10; day++) {
            Manifests.store(store, "app", NOW.minus(Duration.ofDays(day)));
        }
        BackupId old = Manifests.store(store, "app", NOW.minus(Duration.ofDays(100)));
        try (BackupEngine engine = engine(store)) {
            engine.catalog().pin("app", old, "before the migration");
            assertThat(engine.catalog().table()).contains("pinned (before the migration)");
            assertThat(engine.prune().get("app").deletions()).isEmpty();
            engine.catalog().unpin("app", old);
            assertThat(engine.prune().get("app").deletions()).containsExactly(old.value());
        }
    }

    @Test
    void locksAndHoldsThatOnlyTheStoreKnowsBlockADeletion() {
        for (int day = 0; day < 31; day++) {
            Manifests.store(new DirectoryStore(directory), "app", NOW.minus(Duration.ofDays(day)));
        }
        ObjectStore plain = new DirectoryStore(directory);
        BackupId held = Manifests.store(plain, "app", NOW.minus(Duration.ofDays(50)));
        BackupId locked = Manifests.store(plain, "app", NOW.minus(Duration.ofDays(51)));
        BackupId unlocked = Manifests.store(plain, "app", NOW.minus(Duration.ofDays(52)));
        BackupId free = Manifests.store(plain, "app", NOW.minus(Duration.ofDays(53)));
        ObjectStore store = new ForwardingStore(plain) {
            @Override
            public Optional<StoredObject> stat(String key) {
                return super.stat(key)
                        .map(o -> new StoredObject(
                                o.key(),
                                o.size(),
                                o.etag(),
                                o.lastModified(),
                                "v1",
                                null,
                                key.contains(locked.value())
                                        ? NOW.plusSeconds(60)
                                        : key.contains(unlocked.value()) ? NOW.minusSeconds(60) : null,
                                key.contains(held.value()),
                                Map.of()));
            }

            @Override
            public StoreReport probe(String prefix) {
                Map<StoreFeature, String> findings =
                        new EnumMap<>(super.probe(prefix).findings());
                findings.put(StoreFeature.VERSIONING, StoreReport.YES);
                return new StoreReport(describe(), findings);
            }
        };
        try (BackupEngine engine = engine(store)) {
            RetentionPlan dry = engine.planRetention().get("app");
            RetentionPlan plan = engine.prune().get("app");

            assertThat(plan).isNotNull();
            assertThat(dry).isEqualTo(plan);
            assertThat(plan.deletions()).containsExactly(free.value(), unlocked.value());
            assertThat(plan.decision(held.value())).satisfies(d -> {
                assertThat(d.reason()).isEqualTo(RetentionReason.LOCKED);
                assertThat(d.detail()).isEqualTo("under a legal hold");
            });
            assertThat(plan.decision(locked.value()))
                    .satisfies(d -> assertThat(d.detail()).isEqualTo("locked until " + NOW.plusSeconds(60)));
            assertThat(engine.catalog().list("app")).hasSize(33);
        }
    }

    @Test
    void twoThousandFiveHundredBackupsGoButTheOneThatCannot() throws Exception {
        ObjectStore s3 = S3Server.store(
                        S3Server.shared().url(), S3Server.shared().newBucket())
                .build();
        List<BackupId> ids = storeMany(s3, 2500);
        String undeletable = Manifests.LAYOUT.backup("app", ids.get(700)) + "manifest.json";
        ObjectStore store = new ForwardingStore(s3) {
            @Override
            public List<DeleteFailure> delete(Collection<String> keys) {
                List<String> allowed =
                        keys.stream().filter(key -> !key.equals(undeletable)).toList();
                List<DeleteFailure> failures = new ArrayList<>(super.delete(allowed));
                if (allowed.size() < keys.size()) {
                    failures.add(new DeleteFailure(undeletable, "AccessDenied: locked"));
                }
                return failures;
            }
        };
        try (BackupEngine engine = engine(store)) {
            RetentionPlan plan = engine.prune(RetentionPolicy.keepFor(Duration.ofDays(30))
                            .withStaleAfter(Duration.ofDays(1))
                            .withMaxDeleteShare(1))
                    .get("app");

            assertThat(plan).isNotNull();
            assertThat(plan.deletions()).hasSize(2500 - 31);
            List<CatalogEntry> left = engine.catalog().list("app");
            assertThat(left).hasSize(32).extracting(CatalogEntry::id).contains(ids.get(700));
            assertThat(store.stat(Manifests.LAYOUT.backup("app", ids.get(700)) + "data.dump"))
                    .as("the data of a backup that still exists")
                    .isPresent();
        }
        assertThat(events.of(BackupEvent.RetentionApplied.class))
                .singleElement()
                .satisfies(
                        e -> assertThat(e.failures()).singleElement().asString().contains(undeletable, "locked"));
    }

    @Test
    void aListingThatFailsDeletesNothing() {
        ObjectStore directoryStore = new DirectoryStore(directory);
        for (int day = 0; day < 40; day++) {
            Manifests.store(directoryStore, "app", NOW.minus(Duration.ofDays(day)));
        }
        List<String> before = keys(directoryStore);
        ObjectStore store = new ForwardingStore(directoryStore) {
            @Override
            public void list(String prefix, Consumer<StoredObject> sink) {
                List<StoredObject> some = new ArrayList<>();
                super.list(prefix, some::add);
                some.stream().limit(20).forEach(sink);
                throw new StoreException(StoreException.Kind.TRANSIENT, "page 2 failed");
            }
        };
        try (BackupEngine engine = engine(store)) {
            assertThatThrownBy(engine::prune).hasMessageContaining("page 2 failed");
        }
        assertThat(keys(directoryStore)).isEqualTo(before);
    }

    private static List<BackupId> storeMany(ObjectStore store, int count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<BackupId>> tasks = new ArrayList<>();
            for (int day = count - 1; day >= 0; day--) {
                Instant at = NOW.minus(Duration.ofDays(day));
                tasks.add(() -> Manifests.store(store, "app", at));
            }
            List<BackupId> ids = new ArrayList<>();
            for (Future<BackupId> id : threads.invokeAll(tasks)) {
                ids.add(id.get());
            }
            return ids;
        } finally {
            threads.shutdownNow();
        }
    }

    private BackupEngine engine(ObjectStore store) {
        return Source.engine(store, "app")
                .cluster(Manifests.CLUSTER)
                .clock(clock)
                .listener(events)
                .build();
    }

    private static List<String> keys(ObjectStore store) {
        List<String> keys = new ArrayList<>();
        store.list("", object -> keys.add(object.key()));
        return keys;
    }
}
