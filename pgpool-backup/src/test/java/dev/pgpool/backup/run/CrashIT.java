package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.fixture.EngineMain;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.report.RunReport;
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
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM is killed in runs, at 20 random points of them; what is in the catalog is whole, and the next run removes the rest. */
class CrashIT {

    // Each kill ends the runs of all lanes: starting a JVM takes longer than a run.
    private static final int LANES = 4;
    private static final int KILLS = 5;

    // Longer than the JVM lives on after its predecessor was killed, shorter than the next one takes to start.
    private static final String LEASE_MILLIS = "200";

    @TempDir
    Path directory;

    @Test
    void killedAtAnyPointTheCatalogIsConsistentAndTheNextRunSucceeds() throws Exception {
        Random random = new Random(42);
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < LANES; i++) {
            lanes.add(new Lane());
        }
        long whole = wholeRun(lanes);
        for (int i = 0; i < KILLS; i++) {
            Process engines = start(lanes, () -> random.nextLong(whole / 2));
            engines.waitFor(whole / 4 + random.nextLong(whole), TimeUnit.MILLISECONDS);
            engines.destroyForcibly().waitFor();
            lanes.forEach(Lane::assertWhatIsCommittedIsWhole);
        }
        lanes.forEach(Lane::runOnceMoreAndLook);
    }

    private static long wholeRun(List<Lane> lanes) throws Exception {
        long start = System.nanoTime();
        Process engines = start(lanes, () -> 0);
        String output = new String(engines.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(engines.waitFor()).as(output).isZero();
        assertThat(output.lines().filter(line -> line.startsWith("SUCCESS")))
                .as(output)
                .hasSize(LANES);
        return Math.max(1000, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }

    private static Process start(List<Lane> lanes, LongSupplier delay) throws Exception {
        List<String> arguments = new ArrayList<>();
        for (Lane lane : lanes) {
            if (!arguments.isEmpty()) {
                arguments.add(EngineMain.NEXT);
            }
            arguments.addAll(List.of(
                    Integer.toString(Source.postgres().port()),
                    lane.database,
                    lane.dump,
                    lane.url,
                    LEASE_MILLIS,
                    Integer.toString(5 << 20),
                    Long.toString(delay.getAsLong())));
        }
        return EngineMain.start("256m", arguments.toArray(String[]::new));
    }

    /** A database and a store; lanes have nothing in common but the JVM. */
    private final class Lane {

        private final String bucket = S3Server.shared().newBucket();
        private final String url = S3Server.shared().url() + "/" + bucket;
        private final String database = Source.postgres().createDatabase();
        private final KeyLayout layout = new KeyLayout("", database);
        private final String dump = FakeDump.script(directory, "archive 6; sleep 0.2; head -c 6M /dev/zero; sleep 0.1");

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
