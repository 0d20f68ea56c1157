package dev.pgpool.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.fixture.EngineMain;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.PendingWrite;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM is killed at 20 random points of a run; what is in the catalog is whole, and the next run removes the rest. */
class CrashIT {

    private static final int LANES = 2;
    private static final int KILLS = 20;

    // Longer than a lane's JVM lives on after its predecessor was killed, shorter than the next one takes to start.
    private static final String LEASE_MILLIS = "200";

    @TempDir
    Path directory;

    @Test
    void killedAtAnyPointTheCatalogIsConsistentAndTheNextRunSucceeds() throws Exception {
        ExecutorService lanes = Executors.newFixedThreadPool(LANES);
        try {
            List<Callable<Boolean>> work = new ArrayList<>();
            for (int i = 0; i < LANES; i++) {
                Lane lane = new Lane(42 + i);
                work.add(() -> {
                    lane.killAndLook(KILLS / LANES);
                    lane.runOnceMoreAndLook();
                    return true;
                });
            }
            for (Future<Boolean> lane : lanes.invokeAll(work)) {
                assertThat(lane.get()).isTrue();
            }
        } finally {
            lanes.shutdownNow();
        }
    }

    /** Kills one JVM after the other; two lanes have nothing in common but the machine. */
    private final class Lane {

        private final String bucket = S3Server.shared().newBucket();
        private final String url = S3Server.shared().url() + "/" + bucket;
        private final String database = Source.postgres().createDatabase();
        private final KeyLayout layout = new KeyLayout("", database);
        private final String dump = FakeDump.script(directory, "archive 6; sleep 0.2; head -c 6M /dev/zero; sleep 0.1");
        private final Random random;

        Lane(long seed) {
            this.random = new Random(seed);
        }

        void killAndLook(int kills) throws Exception {
            long whole = wholeRun();
            for (int i = 0; i < kills; i++) {
                Process engine = start();
                engine.waitFor(whole / 4 + random.nextLong(whole), TimeUnit.MILLISECONDS);
                engine.destroyForcibly().waitFor();
                assertWhatIsCommittedIsWhole();
            }
        }

        private Process start() throws Exception {
            return EngineMain.start(
                    "128m",
                    Integer.toString(Source.postgres().port()),
                    database,
                    dump,
                    url,
                    LEASE_MILLIS,
                    Integer.toString(5 << 20));
        }

        private long wholeRun() throws Exception {
            long start = System.nanoTime();
            Process engine = start();
            String output = new String(engine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(engine.waitFor()).as(output).isZero();
            assertThat(output).contains("SUCCESS");
            return Math.max(1000, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        }

        private BackupEngineBuilder engine(ObjectStore store) {
            return Source.engine(store, database)
                    .cluster(database)
                    .dumpCommand(dump)
                    .partSize(5 << 20)
                    .keepEverything();
        }

        private ObjectStore store() {
            return S3Server.store(S3Server.shared().url(), bucket).build();
        }

        private void assertWhatIsCommittedIsWhole() {
            try (ObjectStore store = store();
                    BackupEngine engine = engine(store).build()) {
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

        void runOnceMoreAndLook() {
            Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(13));
            try (ObjectStore store = store();
                    BackupEngine engine = engine(store).clock(later).build()) {
                RunReport report = engine.run();
                assertThat(report.succeeded()).as(report.message()).isTrue();
                List<PendingWrite> pending = new ArrayList<>();
                store.pendingWrites("", pending::add);
                assertThat(pending).isEmpty();
                assertThat(data(store))
                        .as("objects without a manifest are gone")
                        .containsExactlyInAnyOrderElementsOf(engine.catalog().list().stream()
                                .flatMap(e -> Objects.requireNonNull(e.manifest()).objects().stream())
                                .map(BackupManifest.StoredPart::key)
                                .toList());
            }
        }

        private List<String> data(ObjectStore store) {
            List<String> keys = new ArrayList<>();
            store.list("", object -> {
                if (layout.parse(object.key())
                        .filter(key -> !key.file().equals(KeyLayout.MANIFEST))
                        .isPresent()) {
                    keys.add(object.key());
                }
            });
            return keys;
        }
    }
}
