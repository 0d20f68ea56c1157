package dev.pgpool.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.fixture.EngineMain;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.PendingWrite;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM is killed at 20 random points of a run; what is in the catalog is whole, and the next run removes the rest. */
class CrashIT {

    private static final int KILLS = 20;

    @TempDir
    Path directory;

    @Test
    void killedAtAnyPointTheCatalogIsConsistentAndTheNextRunSucceeds() throws Exception {
        String bucket = S3Server.shared().newBucket();
        String database = Source.postgres().createDatabase();
        String dump = FakeDump.script(directory, "archive 6; sleep 0.2; head -c 6M /dev/zero; sleep 0.1");
        String port = Integer.toString(Source.postgres().port());
        String url = S3Server.shared().url() + "/" + bucket;
        long whole = wholeRun(port, database, dump, url);
        Random random = new Random(42);
        for (int i = 0; i < KILLS; i++) {
            Process engine = EngineMain.start("128m", port, database, dump, url, "1");
            engine.waitFor(whole / 4 + random.nextLong(whole), TimeUnit.MILLISECONDS);
            engine.destroyForcibly().waitFor();
            assertWhatIsCommittedIsWhole(bucket, database);
        }
        try (ObjectStore store = S3Server.store(S3Server.shared().url(), bucket).build();
                BackupEngine engine = Source.engine(store, database)
                        .cluster(Manifests.CLUSTER)
                        .dumpCommand(dump)
                        .partSize(5 << 20)
                        .clock(Clock.offset(Clock.systemUTC(), Duration.ofHours(13)))
                        .keepEverything()
                        .build()) {
            RunReport report = engine.run();
            assertThat(report.succeeded()).as(report.message()).isTrue();
            List<PendingWrite> pending = new ArrayList<>();
            store.pendingWrites("", pending::add);
            assertThat(pending).isEmpty();
            List<CatalogEntry> entries = engine.catalog().list();
            List<String> objects = new ArrayList<>();
            store.list("", object -> {
                if (Manifests.LAYOUT
                        .parse(object.key())
                        .filter(key -> !key.file().equals(KeyLayout.MANIFEST))
                        .isPresent()) {
                    objects.add(object.key());
                }
            });
            assertThat(objects)
                    .as("objects without a manifest are gone")
                    .containsExactlyInAnyOrderElementsOf(entries.stream()
                            .flatMap(e -> Objects.requireNonNull(e.manifest()).objects().stream())
                            .map(BackupManifest.StoredPart::key)
                            .toList());
        }
    }

    private static long wholeRun(String port, String database, String dump, String url) throws Exception {
        long start = System.nanoTime();
        Process engine = EngineMain.start("128m", port, database, dump, url, "1");
        String output = new String(engine.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(engine.waitFor()).as(output).isZero();
        assertThat(output).contains("SUCCESS");
        return Math.max(1000, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }

    private static void assertWhatIsCommittedIsWhole(String bucket, String database) {
        try (ObjectStore store = S3Server.store(S3Server.shared().url(), bucket).build();
                BackupEngine engine = Source.engine(store, database)
                        .cluster(Manifests.CLUSTER)
                        .build()) {
            for (CatalogEntry entry : engine.catalog().list()) {
                assertThat(entry.problem()).isEmpty();
                for (BackupManifest.StoredPart part :
                        Objects.requireNonNull(entry.manifest()).objects()) {
                    assertThat(store.stat(part.key()))
                            .as(part.key())
                            .hasValueSatisfying(o -> assertThat(o.size()).isEqualTo(part.bytes()));
                }
            }
        }
    }
}
