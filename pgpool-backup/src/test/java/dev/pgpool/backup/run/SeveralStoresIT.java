package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.S3Mock;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.MultipartWrite;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoreReport;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several stores for one run; and what is taken out of them: exports, and what is deleted because somebody says so. */
class SeveralStoresIT {

    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private final String database = Source.postgres().createDatabase();
    private final Events events = new Events();

    @TempDir
    Path directory;

    @Test
    void eachStoreHasTheBackupWithAManifestOfItsOwnAndIsPrunedAlike() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        String bucket = S3Server.shared().newBucket();
        ObjectStore first = S3Server.store(S3Server.shared().url(), bucket).build();
        try (BackupEngine engine = engine(first)
                .copyTo(directory("b"))
                .copyTo(S3Mock.store().build())
                .retention(RetentionPolicy.keepFor(Duration.ofDays(1)).withMinKeep(1))
                .clock(clock)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(run.notes()).noneMatch(note -> note.contains("is not in"));
            clock.advance(Duration.ofDays(3));
            assertThat(engine.run().message()).isEmpty();
            assertThat(engine.catalog().list(database)).hasSize(1);
            assertSound(engine);
        }
        try (BackupEngine second = engine(directory("b")).clock(clock).build()) {
            assertThat(second.catalog().list(database)).singleElement().satisfies(entry -> {
                BackupManifest manifest = java.util.Objects.requireNonNull(entry.manifest());
                assertThat(manifest.data().etag()).as("of this store").doesNotContain("\"");
                assertThat(second.verify(database, entry.id(), VerifyLevel.CHECKSUM)
                                .problems())
                        .isEmpty();
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"probe", "data", "globals", "manifest"})
    void oneStoreThatIsLostDoesNotFailTheOthersWhicheverItIs(String when) {
        for (boolean firstLost : List.of(true, false)) {
            ObjectStore broken = broken(directory("broken-" + firstLost), when);
            ObjectStore good = directory("good-" + firstLost + when);
            try (BackupEngine engine = engine(firstLost ? broken : good)
                    .copyTo(firstLost ? good : broken)
                    .listener(events)
                    .build()) {
                RunReport run = engine.run();

                assertThat(run.outcome()).as(run.message()).isEqualTo(RunReport.Outcome.SUCCESS);
                assertThat(String.join("; ", run.notes())).contains("STORE_IO", "directory " + directory);
            }
            try (BackupEngine engine =
                    engine(directory("good-" + firstLost + when)).build()) {
                assertThat(engine.catalog().list(database)).hasSize(1);
                assertSound(engine);
            }
            if (!when.equals("probe")) {
                await().untilAsserted(() -> assertThat(events.of(BackupEvent.Copied.class))
                        .anySatisfy(copied -> assertThat(copied.problem()).contains("STORE_IO")));
            }
        }
    }

    @Test
    void allStoresLostIsAFailure() {
        try (BackupEngine engine = engine(broken(directory("a"), "data"))
                .copyTo(broken(directory("b"), "data"))
                .build()) {
            RunReport run = engine.run();
            assertThat(run.outcome()).isEqualTo(RunReport.Outcome.FAILURE);
            assertThat(run.reason()).isEqualTo(FailureReason.STORE_IO);
        }
    }

    @Test
    void adobesS3MockIsAStoreLikeTheOther() {
        MovedClock clock = new MovedClock(Instant.now());
        try (BackupEngine engine = engine(S3Mock.store().build())
                .dumpCommand(FakeDump.script(directory, "archive 17"))
                .partSize(5 << 20)
                .encryption(BackupKeys.fixed("k", Map.of("k", KEY)))
                .retention(RetentionPolicy.keepFor(Duration.ofDays(1)).withMinKeep(1))
                .clock(clock)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            BackupManifest manifest =
                    java.util.Objects.requireNonNull(run.databases().get(0).manifest());
            assertThat(manifest.data().parts()).isEqualTo(4);
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKSUM).problems())
                    .isEmpty();
            clock.advance(Duration.ofDays(2));
            assertThat(engine.run().message()).isEmpty();
            assertThat(engine.catalog().list(database)).hasSize(1);
        }
    }

    @Test
    void anExportIsWholePlainAndItsOwnersOnly() throws IOException {
        try (BackupEngine engine = engine(directory("a"))
                .encryption(BackupKeys.fixed("k", Map.of("k", KEY)))
                .build()) {
            BackupId id = engine.run().id();
            List<Path> files = engine.export(database, id, directory.resolve("out"));

            assertThat(files)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactly("data.dump", "globals.sql");
            assertThat(Files.readAllBytes(files.get(0)))
                    .startsWith("PGDMP".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(Files.size(files.get(0))).isEqualTo((1 << 20) + 5);
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
            assertThatThrownBy(() -> engine.export(database, id, directory.resolve("out")))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("data.dump");
            CatalogEntry entry = engine.catalog().show(database, id);
            Path stored = directory
                    .resolve("a")
                    .resolve(java.util.Objects.requireNonNull(entry.manifest())
                            .data()
                            .key());
            byte[] bytes = Files.readAllBytes(stored);
            bytes[bytes.length / 2] ^= 1;
            Files.write(stored, bytes);
            assertThatThrownBy(() -> engine.export(database, id, directory.resolve("bad")))
                    .isInstanceOf(BackupException.class);
            try (var left = Files.list(directory.resolve("bad"))) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void whatIsDeletedIsGoneFromAllStoresButWhatIsPinnedStays() {
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        String other = Source.postgres().createDatabase();
        try (BackupEngine engine = engine(directory("a"))
                .databases(database, other)
                .copyTo(directory("b"))
                .clock(clock)
                .build()) {
            BackupId first = engine.run().id();
            clock.advance(Duration.ofHours(1));
            BackupId second = engine.run().id();
            clock.advance(Duration.ofHours(1));
            BackupId third = engine.run().id();
            engine.catalog().pin(database, second, "audit");

            engine.delete(database, first);
            assertThatThrownBy(() -> engine.delete(database, second))
                    .isInstanceOfSatisfying(BackupException.class, e -> {
                        assertThat(e.reason()).isEqualTo(FailureReason.DELETE_REFUSED);
                        assertThat(e.getMessage()).contains("audit");
                    });
            assertThatThrownBy(() -> engine.delete(database, first))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.NOT_FOUND));
            assertThat(engine.deleteAll(database)).containsOnlyKeys(second);
            assertThat(engine.catalog().list(database))
                    .extracting(CatalogEntry::id)
                    .containsExactly(second);
            assertThat(engine.catalog().list(other)).hasSize(3);
            assertThat(third).isGreaterThan(second);
        }
        try (BackupEngine engine = engine(directory("b")).build()) {
            assertThat(engine.catalog().list(database)).as("pinned there, too").hasSize(1);
            assertThat(engine.catalog().list(other)).hasSize(3);
        }
    }

    private void assertSound(BackupEngine engine) {
        CatalogEntry newest = engine.catalog().list(database).get(0);
        assertThat(engine.verify(database, newest.id(), VerifyLevel.CHECKSUM).problems())
                .isEmpty();
    }

    private ObjectStore directory(String name) {
        return new DirectoryStore(directory.resolve(name));
    }

    /** A store that fails from some step on. */
    private static ObjectStore broken(ObjectStore store, String when) {
        return new ForwardingStore(store) {
            private void fail(String key) {
                if (key.contains(when)) {
                    throw new StoreException(StoreException.Kind.TRANSIENT, "gone: " + describe());
                }
            }

            @Override
            public StoredObject put(String key, byte[] content, WriteOptions options) {
                fail(key);
                return super.put(key, content, options);
            }

            @Override
            public MultipartWrite startMultipart(String key, WriteOptions options) {
                fail(key);
                return super.startMultipart(key, options);
            }

            @Override
            public StoreReport probe(String prefix) {
                if (when.equals("probe")) {
                    throw new StoreException(StoreException.Kind.TRANSIENT, "gone: " + describe());
                }
                return super.probe(prefix);
            }
        };
    }

    private BackupEngineBuilder engine(ObjectStore store) {
        return Source.engine(store, database).dumpCommand(FakeDump.script(directory, "archive 1"));
    }
}
