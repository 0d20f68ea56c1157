package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.fixture.DiscardingS3;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tags, locks, holds and the store's own encryption: what a store is asked for, and what is refused if it has none. */
class StoreSettingsIT {

    private static final Instant NOW = Instant.parse("2026-11-23T02:30:00Z");
    private final String database = Source.postgres().createDatabase();

    @TempDir
    Path directory;

    @Test
    void allThatABackupConsistsOfIsLockedHeldTaggedAndEncrypted() {
        try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
            RunReport report = run(
                    store(s3)
                            .lockMode(S3LockMode.COMPLIANCE)
                            .legalHold(true)
                            .tag("team", "data & more")
                            .serverSideEncryption(new S3Encryption.KeyService("key-7")),
                    Duration.ofDays(30));
            assertThat(report.message()).isEmpty();

            List<String> backup = heads(s3, head -> isWrite(head) && !head.contains("/."));
            assertThat(backup)
                    .as("start of the data, globals, manifest")
                    .hasSize(3)
                    .allSatisfy(head -> assertThat(head)
                            .contains("x-amz-object-lock-mode: compliance")
                            .contains("x-amz-object-lock-retain-until-date: 2026-12-23t02:30:00z")
                            .contains("x-amz-object-lock-legal-hold: on")
                            .contains("x-amz-tagging: team=data%20%26%20more"));
            assertThat(heads(s3, StoreSettingsIT::isPart))
                    .isNotEmpty()
                    .allSatisfy(head -> assertThat(head)
                            .as("a locked object's parts need a checksum")
                            .contains("x-amz-checksum-crc32c: ")
                            .doesNotContain("object-lock"));
            assertThat(heads(s3, StoreSettingsIT::isWrite))
                    .allSatisfy(head -> assertThat(head)
                            .contains("x-amz-server-side-encryption: aws:kms")
                            .contains("x-amz-server-side-encryption-aws-kms-key-id: key-7"));
            assertThat(heads(s3, head -> isWrite(head) && head.contains("/.lease/")))
                    .as("what has to be deleted again")
                    .isNotEmpty()
                    .allSatisfy(head -> assertThat(head).doesNotContain("object-lock", "x-amz-tagging"));
        }
    }

    @Test
    void withoutSettingsNothingIsAskedFor() {
        try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
            assertThat(run(store(s3), null).message()).isEmpty();

            assertThat(heads(s3, head -> isWrite(head) && !head.contains(".probe")))
                    .isNotEmpty()
                    .allSatisfy(head ->
                            assertThat(head).doesNotContain("object-lock", "x-amz-tagging", "server-side-encryption"));
        }
    }

    @Test
    void keysOfTheStoreAreAnotherHeader() {
        try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
            assertThat(run(store(s3).serverSideEncryption(new S3Encryption.StoreManaged()), null)
                            .message())
                    .isEmpty();

            assertThat(heads(s3, StoreSettingsIT::isWrite))
                    .allSatisfy(head -> assertThat(head).contains("x-amz-server-side-encryption: aes256"));
        }
    }

    @Test
    void aLockWithoutAModeIsRefusedBecauseNothingWouldBeLocked() {
        try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
            RunReport report = run(store(s3), Duration.ofDays(30));

            assertThat(report.reason()).isEqualTo(FailureReason.PREFLIGHT);
            assertThat(report.message()).contains("object lock was asked for", "expected: lockMode(...)");
            // how the run ended is remembered
            assertThat(heads(s3, head -> isWrite(head) && !head.contains(".probe") && !head.contains(".state/")))
                    .isEmpty();
        }
    }

    @Test
    void whatTheStoreDoesNotHaveIsRefusedBeforehand() {
        String bucket = S3Server.shared().newBucket();
        String url = S3Server.shared().url();

        assertThat(run(S3Server.store(url, bucket).tag("a", "b"), null).message())
                .contains("READ_WRITE: tags were asked for, but: put with tag: HTTP 501");
        assertThat(run(S3Server.store(url, bucket).legalHold(true), null).message())
                .contains("READ_WRITE: a legal hold was asked for, but: object lock: HTTP 501");
        assertThat(run(S3Server.store(url, bucket).lockMode(S3LockMode.GOVERNANCE), Duration.ofDays(1))
                        .message())
                .contains("object lock was asked for, but: object lock: HTTP 501");
        try (ObjectStore store = S3Server.store(url, bucket).build()) {
            assertThat(store.probe("p/").findings().get(StoreFeature.TAGS)).contains("501");
        }
    }

    private RunReport run(S3StoreBuilder store, @Nullable Duration lock) {
        BackupEngineBuilder builder = Source.engine(store.build(), database)
                .dumpCommand(FakeDump.script(directory, "archive 6"))
                .partSize(5 << 20)
                .keepEverything()
                .clock(Clock.fixed(NOW, ZoneOffset.UTC));
        if (lock != null) {
            builder.objectLock(lock);
        }
        try (BackupEngine engine = builder.build()) {
            return engine.run();
        }
    }

    private static S3StoreBuilder store(DiscardingS3 s3) {
        return S3Store.builder().endpoint(s3.url()).bucket("bucket").credentials("a", "b");
    }

    private static List<String> heads(DiscardingS3 s3, Predicate<String> which) {
        return s3.heads().stream()
                .map(head -> head.toLowerCase(Locale.ROOT))
                .filter(which)
                .toList();
    }

    /** A whole object, or the start of one in parts. */
    private static boolean isWrite(String head) {
        return (head.startsWith("put ") && !isPart(head)) || head.contains("?uploads");
    }

    private static boolean isPart(String head) {
        return head.startsWith("put ") && head.contains("partnumber=");
    }
}
