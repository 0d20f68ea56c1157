package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.Events;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.FaultProxy;
import dev.pgpool.backup.fixture.FaultProxy.Answer;
import dev.pgpool.backup.fixture.FaultProxy.CutAfter;
import dev.pgpool.backup.fixture.FaultProxy.CutAnswerAfter;
import dev.pgpool.backup.fixture.FaultProxy.PassThenCut;
import dev.pgpool.backup.fixture.FaultProxy.Request;
import dev.pgpool.backup.fixture.FaultProxy.Stall;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store that fails does to a run: it is repeated, or the run fails and leaves nothing. Never a wrong success. */
class StoreFaultIT {

    private final String bucket = S3Server.shared().newBucket();
    private final String database = Source.postgres().createDatabase();
    private final FaultProxy proxy = FaultProxy.before(S3Server.shared().address());
    private final Events events = new Events();
    private final byte[] dump = new byte[17 << 20];

    @TempDir
    Path directory;

    private Path dumpFile = Path.of(".");
    private Duration idleTimeout = Duration.ofSeconds(3);

    @BeforeEach
    void writeDump() throws IOException {
        new Random(7).nextBytes(dump);
        System.arraycopy("PGDMP".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, dump, 0, 5);
        dumpFile = directory.resolve("dump");
        Files.write(dumpFile, dump);
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    @Test
    void slowDownIsWaitedOut() throws IOException {
        proxy.on(r -> r.isPart(2), 2, new Answer(503, FaultProxy.error("SlowDown")));

        assertStored(run());
        assertThat(events.of(BackupEvent.StoreRetried.class)).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void aPartThatIsResetIsSentAgain() throws IOException {
        proxy.on(r -> r.isPart(3), 2, new CutAfter(100_000));
        assertStored(run());
    }

    @Test
    void aPartWhoseAnswerIsLostIsSentAgain() throws IOException {
        proxy.on(StoreFaultIT::isDataPart, 2, new PassThenCut());
        assertStored(run());
    }

    @Test
    void aCompletionThatFailsInsideA200IsRepeated() throws IOException {
        proxy.on(
                r -> r.isComplete() && r.target().contains("data.dump"),
                1,
                new Answer(200, FaultProxy.error("InternalError")));
        assertStored(run());
    }

    @Test
    void anEmptyAnswerToCompletionIsNotBelieved() throws IOException {
        proxy.on(r -> r.isComplete() && r.target().contains("data.dump"), 1, new Answer(200, ""));
        assertStored(run());
    }

    @Test
    void aLostAnswerToCompletionIsLookedUp() throws IOException {
        proxy.on(r -> r.isComplete() && r.target().contains("data.dump"), 1, new PassThenCut());
        assertStored(run());
    }

    @Test
    void aStoreThatKeepsFailingFailsTheRun() {
        proxy.always(
                r -> r.isPart(2) && r.target().contains("data.dump"), new Answer(503, FaultProxy.error("SlowDown")));
        assertFailed(run(), FailureReason.STORE_IO, "SlowDown");
    }

    @Test
    void aCompletionThatNeverHappensFailsTheRun() {
        proxy.always(r -> r.isComplete() && r.target().contains("data.dump"), new Answer(200, ""));
        assertFailed(run(), FailureReason.STORE_IO, "the object is not there");
    }

    @Test
    void deniedPartsAreNotRepeated() {
        proxy.always(
                r -> r.isPart() && r.target().contains("data.dump"), new Answer(403, FaultProxy.error("AccessDenied")));
        assertFailed(run(), FailureReason.STORE_DENIED, "AccessDenied");
        assertThat(proxy.count(r -> r.isPart(1) && r.target().contains("data.dump")))
                .isEqualTo(1);
    }

    @Test
    void aManifestThatCannotBeWrittenMeansNoBackup() {
        proxy.always(
                r -> r.method().equals("PUT") && r.path().endsWith("manifest.json"),
                new Answer(403, FaultProxy.error("AccessDenied")));
        assertFailed(run(), FailureReason.STORE_DENIED, "manifest.json");
    }

    @Test
    void aStoreThatStandsStillIsNamed() {
        proxy.always(r -> r.isPart() && r.target().contains("data.dump"), new Stall());
        assertFailed(
                run(builder -> builder.stallLimit(Duration.ofSeconds(8)).parallelism(1)),
                FailureReason.STALLED,
                "the store takes none");
    }

    @Test
    void aDeadStoreIsNoticedByItsTimeouts() {
        idleTimeout = Duration.ofMillis(700);
        proxy.always(r -> true, new Stall());
        RunReport report = run(builder -> builder.retries(1, Duration.ZERO).cluster("dead"));
        assertThat(report.outcome()).isEqualTo(RunReport.Outcome.FAILURE);
        assertThat(report.reason()).isEqualTo(FailureReason.STORE_IO);
    }

    @Test
    void aCredentialThatMayNotReadDataCanWriteBackups() throws IOException {
        proxy.always(
                r -> (r.method().equals("GET") || r.method().equals("HEAD"))
                        && (r.path().endsWith("data.dump") || r.path().endsWith("globals.sql")),
                new Answer(403, ""));
        assertStored(run());
    }

    @Test
    void aCredentialThatMayNotDeleteKeepsEverything() throws IOException {
        proxy.always(Request::isDelete, new Answer(403, FaultProxy.error("AccessDenied")));
        RunReport report = run();
        assertStored(report);
        assertThat(report.notes()).anySatisfy(note -> assertThat(note).startsWith("retention is off"));
    }

    @Test
    void aDownloadThatIsCutOffIsContinued() throws IOException {
        RunReport report = run();
        assertStored(report);
        proxy.on(r -> r.isGetOf("data.dump"), 3, new CutAnswerAfter(200_000));
        try (BackupEngine engine = engine().build()) {
            VerifyReport verified = engine.verify(database, report.id(), VerifyLevel.CHECKSUM);
            assertThat(verified.problems()).isEmpty();
            assertThat(verified.passed()).isTrue();
        }
    }

    @Test
    void theLargestNumberOfPartsIsNotRunInto() throws IOException {
        Consumer<BackupEngineBuilder> equal = builder -> builder.maxPartSize(5 << 20);
        dev.pgpool.backup.store.StoreLimits three =
                new dev.pgpool.backup.store.StoreLimits(5 << 20, 5L << 30, 3, false);
        limits = three;
        assertFailed(run(equal), FailureReason.STORE_LIMIT, "larger than 15728640 bytes");

        assertStored(run(builder -> builder.maxPartSize(10 << 20)));
    }

    private dev.pgpool.backup.store.StoreLimits limits = dev.pgpool.backup.store.StoreLimits.S3;

    private static boolean isDataPart(Request request) {
        return request.isPart() && request.target().contains("data.dump");
    }

    private RunReport run() {
        return run(builder -> {});
    }

    private RunReport run(Consumer<BackupEngineBuilder> settings) {
        BackupEngineBuilder builder = engine();
        settings.accept(builder);
        try (BackupEngine engine = builder.build()) {
            return engine.run();
        }
    }

    private BackupEngineBuilder engine() {
        ObjectStore store = S3Server.store(proxy.url(), bucket)
                .limits(limits)
                .timeouts(Duration.ofSeconds(5), idleTimeout, Duration.ofSeconds(30))
                .build();
        return Source.engine(store, database)
                .dumpCommand(FakeDump.script(directory, "cat " + dumpFile))
                .partSize(5 << 20)
                .leaseTime(Duration.ofMinutes(10))
                .listener(events);
    }

    private void assertStored(RunReport report) throws IOException {
        assertThat(report.message()).isEmpty();
        assertThat(report.succeeded()).isTrue();
        BackupManifest manifest =
                Objects.requireNonNull(report.databases().get(0).manifest());
        assertThat(manifest.data().bytes()).isEqualTo(dump.length);
        try (ObjectStore store = direct();
                InputStream in = store.open(manifest.data().key(), 0, dump.length)) {
            assertThat(Arrays.equals(in.readAllBytes(), dump)).isTrue();
            assertNothingPending(store);
        }
    }

    private void assertFailed(RunReport report, FailureReason reason, String words) {
        assertThat(report.outcome()).isEqualTo(RunReport.Outcome.FAILURE);
        assertThat(report.reason()).as(report.message()).isEqualTo(reason);
        assertThat(report.message()).contains(words);
        try (ObjectStore store = direct()) {
            List<String> keys = new ArrayList<>();
            store.list("", object -> keys.add(object.key()));
            // What is told of the last run is no part of a backup.
            keys.removeIf(key -> key.endsWith("/.state/last-run.json"));
            assertThat(keys).isEmpty();
            assertNothingPending(store);
        }
    }

    private static void assertNothingPending(ObjectStore store) {
        List<PendingWrite> pending = new ArrayList<>();
        store.pendingWrites("v1/", pending::add);
        assertThat(pending).isEmpty();
    }

    private ObjectStore direct() {
        return S3Server.store(S3Server.shared().url(), bucket).build();
    }
}
