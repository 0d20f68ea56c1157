package dev.pgpool.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.ForwardingStore;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.S3Mock;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DeleteFailure;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.S3LockMode;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import dev.pgpool.backup.store.StoredObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store holds fast is neither deleted nor half deleted, and says why. */
class DeleteLocksIT {

    @TempDir
    Path directory;

    @Test
    void aLockAndALegalHoldKeepABackupUntilTheyEnd() {
        String database = Source.postgres().createDatabase();
        MovedClock clock = new MovedClock(Instant.now());
        try (ObjectStore store =
                        S3Mock.store(true).lockMode(S3LockMode.GOVERNANCE).build();
                BackupEngine engine = engine(store, database)
                        .objectLock(Duration.ofDays(2))
                        .clock(clock)
                        .build()) {
            BackupId id = succeed(engine.run());

            assertThatThrownBy(() -> engine.delete(database, id))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.DELETE_REFUSED))
                    .hasMessageContaining("locked until");
            assertThat(engine.deleteAll(database)).containsOnlyKeys(id);
            assertThat(engine.prune(RetentionPolicy.keepFor(Duration.ofSeconds(1))
                            .withMinKeep(1)
                            .withMaxDeleteShare(1)))
                    .isNotEmpty();
            assertThat(engine.catalog().list(database)).hasSize(1).allMatch(CatalogEntry::readable);

            clock.advance(Duration.ofDays(3));
            engine.delete(database, id);
            assertThat(engine.catalog().list(database)).isEmpty();
        }
    }

    @Test
    void aLegalHoldThatOnlyTheStoreKnowsKeepsABackup() {
        String database = Source.postgres().createDatabase();
        try (ObjectStore store = new ForwardingStore(new DirectoryStore(directory.resolve("s"))) {
                    @Override
                    public Optional<StoredObject> stat(String key) {
                        return super.stat(key)
                                .map(object -> new StoredObject(
                                        object.key(),
                                        object.size(),
                                        object.etag(),
                                        object.lastModified(),
                                        null,
                                        null,
                                        null,
                                        key.endsWith("manifest.json"),
                                        Map.of()));
                    }

                    @Override
                    public StoreReport probe(String prefix) {
                        // As a credential sees it that may not ask about versions.
                        StoreReport report = super.probe(prefix);
                        return new StoreReport(report.store(), report.findings(), Set.of(StoreFeature.VERSIONING));
                    }
                };
                BackupEngine engine = engine(store, database).build()) {
            BackupId id = succeed(engine.run());
            assertThatThrownBy(() -> engine.delete(database, id)).hasMessageContaining("legal hold");
            assertThat(engine.deleteAll(database)).containsOnlyKeys(id);
            assertThat(engine.catalog().list(database)).hasSize(1);
        }
    }

    /** A lock that the library did not ask for, such as a bucket's default: the store alone knows it. */
    @Test
    void aDeleteThatTheStoreRefusesLeavesTheBackupWhole() {
        String database = Source.postgres().createDatabase();
        try (ObjectStore store = new ForwardingStore(new DirectoryStore(directory.resolve("s"))) {
                    @Override
                    public List<DeleteFailure> delete(Collection<String> keys) {
                        List<String> refused = keys.stream()
                                .filter(key -> key.endsWith("manifest.json"))
                                .toList();
                        if (!refused.isEmpty()) {
                            return refused.stream()
                                    .map(key -> new DeleteFailure(key, "AccessDenied: object is WORM protected"))
                                    .toList();
                        }
                        return super.delete(keys);
                    }
                };
                BackupEngine engine = engine(store, database).build()) {
            BackupId id = succeed(engine.run());

            assertThatThrownBy(() -> engine.delete(database, id))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.DELETE_REFUSED))
                    .hasMessageContaining("WORM protected");
            assertThat(engine.deleteAll(database)).containsOnlyKeys(id);
            assertThat(engine.verify(database, id, VerifyLevel.CHECKSUM).passed())
                    .as("its data is still there")
                    .isTrue();
        }
    }

    private BackupEngineBuilder engine(ObjectStore store, String database) {
        return Source.engine(store, database).dumpCommand(FakeDump.script(directory, "archive 1"));
    }

    private static BackupId succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        return run.id();
    }
}
