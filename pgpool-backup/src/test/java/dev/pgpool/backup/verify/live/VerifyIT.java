package dev.pgpool.backup.verify.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Verification finds what is wrong, whatever the level, and leaves nothing behind. */
@Tag("once")
class VerifyIT {

    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private static final String OTHER_KEY = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(
            value = VerifyLevel.class,
            names = {"CHECKSUM", "ARCHIVE", "RESTORED", "CHECKED"})
    void everyLevelFindsAFlippedByteAndAMissingPieceAndAMissingObject(VerifyLevel level) throws IOException {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            Path data = directory.resolve(manifest(run).data().key());
            byte[] whole = Files.readAllBytes(data);

            flip(data, whole.length / 2);
            assertFails(engine.verify(database, run.id(), level), "SHA-256");
            Files.write(data, java.util.Arrays.copyOf(whole, whole.length - 1024));
            assertFails(engine.verify(database, run.id(), level), "bytes");
            Files.delete(data);
            assertFails(engine.verify(database, run.id(), level), "not in the store");
            Files.write(data, whole);
            VerifyReport good = engine.verify(database, run.id(), level);
            assertThat(good.problems()).isEmpty();
            assertThat(good.reached()).isEqualTo(level);
        }
        assertNoScratch(Source.postgres());
    }

    @Test
    void aRestoreThatLostRowsOrObjectsIsFoundByComparing() throws IOException {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database)
                .check(new SqlCheck(
                        "nobody is nameless", "SELECT count(*) FROM public.customer WHERE name IS NULL", "7"))
                .dumpCommand(losing("--exclude-table-data=orders"))
                .build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.reached()).isEqualTo(VerifyLevel.RESTORED);
            assertThat(report.reason()).isEqualTo(FailureReason.VERIFY_FAILED);
            assertThat(report.problems())
                    .anySatisfy(p -> assertThat(p).isEqualTo("table public.orders: 0 rows restored, 20000 dumped"))
                    .anySatisfy(p -> assertThat(p).isEqualTo("check nobody is nameless: found 0 (expected: 7)"));
        }
        assertNoScratch(Source.postgres());
    }

    @Test
    void lostTablesSequencesAndLargeObjectsAreFoundByComparing() {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database)
                .dumpCommand(losing("--exclude-table=orders --exclude-table-data=customer_id_seq --no-blobs"))
                .build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.reached()).isEqualTo(VerifyLevel.RESTORED);
            assertThat(report.problems())
                    .contains("table public.orders: missing", "large objects: 0 restored, 1 dumped")
                    .anySatisfy(p -> assertThat(p)
                            .startsWith("sequence public.customer_id_seq: at 0, was between 1000 and 1000"));
        }
    }

    /** A pg_dump that leaves something out without anyone having asked for it. */
    private static String[] losing(String what) {
        return new String[] {"/bin/sh", "-c", "exec pg_dump \"$@\" " + what, "pg_dump"};
    }

    @Test
    void aLostExtensionIsFoundByComparing() {
        String database = Source.postgres().createDatabase();
        Source.postgres().executeIn(database, "DROP EXTENSION plpgsql", "CREATE EXTENSION plpgsql SCHEMA pg_catalog");
        try (BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            BackupManifest whole = manifest(run);
            BackupManifest.Contents contents = whole.contents();
            // As if the source had had another one.
            Manifests.rewrite(
                    new DirectoryStore(directory),
                    engine.catalog().show(database, run.id()),
                    new BackupManifest.Contents(
                            contents.rowCounts(),
                            contents.tables(),
                            contents.sequences(),
                            contents.largeObjects(),
                            Map.of("plpgsql", "0.9", "postgis", "3.4"),
                            contents.roles(),
                            contents.databaseBytes()));
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.problems()).containsExactly("extension postgis: missing");
            assertThat(report.notes())
                    .anySatisfy(note ->
                            assertThat(note).isEqualTo("extension plpgsql: version 1.0 here, 0.9 at the source"));
        }
    }

    @Test
    void scratchDatabasesHaveTheSourcesEncodingAndLocale() {
        String latin = "latin" + System.nanoTime();
        String icu = "icu" + System.nanoTime();
        Source.postgres()
                .executeIn(
                        "postgres",
                        "CREATE DATABASE " + latin
                                + " TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
                        "CREATE DATABASE " + icu + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
                                + " LOCALE_PROVIDER icu ICU_LOCALE 'de'");
        for (String database : new String[] {latin, icu}) {
            Source.postgres()
                    .executeIn(database, "CREATE TABLE word (w text)", "INSERT INTO word VALUES ('ä'), ('z'), ('a')");
        }
        String order =
                "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || datlocprovider::text || ' ' ||"
                        + " coalesce(daticulocale, '-') || ' ' || (SELECT string_agg(w, '' ORDER BY w) FROM public.word)"
                        + " FROM pg_database WHERE datname = current_database()";
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), latin, icu)
                .verifyOn(Source.server())
                .check(new SqlCheck("order", order, "LATIN1 C c - azä"))
                .build()) {
            RunReport run = succeed(engine);
            assertThat(engine.verify(latin, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
            assertThat(engine.verify(icu, run.id(), VerifyLevel.CHECKED).problems())
                    .containsExactly("check order: found UTF8 C i de aäz (expected: LATIN1 C c - azä)");
        }
    }

    @Test
    void anArchiveThatCannotBeRestoredFailsAndIsCleanedUp() {
        String database = Source.sampleDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE FUNCTION positive(i int) RETURNS boolean LANGUAGE sql AS 'SELECT count(*) > 0 FROM"
                                + " public.customer WHERE id = i'",
                        "CREATE TABLE bad (i int CHECK (positive(i)))",
                        "INSERT INTO bad VALUES (1)",
                        "DELETE FROM customer WHERE id = 1");
        try (BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.reached()).isEqualTo(VerifyLevel.ARCHIVE);
            assertThat(report.reason()).isEqualTo(FailureReason.RESTORE_FAILED);
        }
        assertNoScratch(Source.postgres());
    }

    @Test
    void encryptedBackupsNeedTheirKey() throws IOException {
        String database = Source.sampleDatabase();
        RunReport run;
        try (BackupEngine engine = engine(database)
                .encryption(BackupKeys.fixed("k1", Map.of("k1", KEY)))
                .build()) {
            run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
            assertThat(report.problems()).isEmpty();
            byte[] stored =
                    Files.readAllBytes(directory.resolve(manifest(run).data().key()));
            assertThat(new String(stored, 0, 4, java.nio.charset.StandardCharsets.US_ASCII))
                    .isEqualTo("PGB1");
            assertThat(Files.readAllBytes(
                            directory.resolve(manifest(run).objects().get(1).key())))
                    .as("roles are encrypted too")
                    .startsWith('P', 'G', 'B', '1');
        }
        try (BackupEngine engine = engine(database)
                .encryption(BackupKeys.fixed("k2", Map.of("k1", KEY, "k2", OTHER_KEY)))
                .build()) {
            assertThat(engine.verify(database, run.id(), VerifyLevel.ARCHIVE).passed())
                    .as("an old key still opens old backups")
                    .isTrue();
        }
        for (BackupEngineBuilder builder : new BackupEngineBuilder[] {
            engine(database), engine(database).encryption(BackupKeys.fixed("k1", Map.of("k1", OTHER_KEY)))
        }) {
            try (BackupEngine engine = builder.build()) {
                VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
                assertThat(report.reason()).isEqualTo(FailureReason.KEY);
                assertThat(report.reached()).isEqualTo(VerifyLevel.NONE);
                assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                                new RestoreRequest.Latest(database), Source.server(), database + "_wrong")))
                        .isInstanceOfSatisfying(
                                BackupException.class,
                                e -> assertThat(e.reason()).isEqualTo(FailureReason.KEY))
                        .hasMessageNotContaining(KEY)
                        .hasMessageNotContaining(OTHER_KEY);
            }
        }
        assertThat(Source.query(
                        Source.postgres(),
                        "postgres",
                        "SELECT count(*) FROM pg_database WHERE datname = '" + database + "_wrong'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void everyFormatIsRestoredAndCompared(DumpFormat format) {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database).format(format).build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.problems()).isEmpty();
            assertThat(report.reached()).isEqualTo(VerifyLevel.CHECKED);
        }
    }

    @Test
    void severalJobsRestoreFromAFileThatIsGoneAfterwards() throws IOException {
        String database = Source.sampleDatabase();
        Path spool = Files.createDirectory(directory.resolve("spool"));
        try (BackupEngine engine = engine(database).restoreJobs(4, spool).build()) {
            RunReport run = succeed(engine);
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
        assertThat(spool).isEmptyDirectory();
    }

    @Test
    void leftoversOfAKilledVerificationAreSwept() {
        TestPostgres postgres = Source.postgres();
        String name = "pgpool_verify_0123456789abcdef";
        postgres.executeIn(
                "postgres",
                "CREATE DATABASE " + name,
                "CREATE ROLE left_over_role NOLOGIN",
                "COMMENT ON ROLE left_over_role IS '" + name + "'");
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            assertThat(engine.verify(database, run.id(), VerifyLevel.RESTORED).passed())
                    .isTrue();
        }
        assertNoScratch(postgres);
        assertThat(Source.query(postgres, "postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'left_over_role'"))
                .isEqualTo("0");
    }

    @Test
    void aCheckThatNeverEndsIsCutOffAndTheScratchDatabaseIsDropped() {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database)
                .check(new SqlCheck("patience", "SELECT pg_sleep(100000)", ""))
                .verifyDeadline(Duration.ofSeconds(5))
                .build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.reached()).isEqualTo(VerifyLevel.RESTORED);
            assertThat(report.reason()).isEqualTo(FailureReason.VERIFY_FAILED);
            assertThat(report.problems())
                    .anySatisfy(problem -> assertThat(problem).contains("not finished within PT5S"));
        }
        assertNoScratch(Source.postgres());
    }

    @Test
    void closingTheEngineEndsAVerification() throws Exception {
        String database = Source.sampleDatabase();
        CompletableFuture<VerifyReport> verifying;
        try (BackupEngine engine = engine(database)
                .check(new SqlCheck("patience", "SELECT pg_sleep(100000), 'of " + database + "'", ""))
                .build()) {
            RunReport run = succeed(engine);
            verifying = CompletableFuture.supplyAsync(() -> engine.verify(database, run.id(), VerifyLevel.CHECKED));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Source.query(
                                    Source.postgres(),
                                    "postgres",
                                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%of "
                                            + database + "%' AND datname LIKE 'pgpool_verify_%'")
                            .equals("1"));
        }
        assertThat(verifying.get(60, TimeUnit.SECONDS).passed()).isFalse();
        assertNoScratch(Source.postgres());
    }

    @Test
    void rolesMadeForAVerificationElsewhereAreGoneAfterwards() {
        String database = Source.sampleDatabase();
        TestPostgres other = TestPostgres.fresh(15, Map.of());
        try (other;
                BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                        .verifyOn(Source.server(other))
                        .build()) {
            String before =
                    Source.query(other, "postgres", "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles");
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.problems()).isEmpty();
            assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains("dropped again"));
            assertThat(Source.query(
                            other, "postgres", "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles"))
                    .isEqualTo(before);
            assertNoScratch(other);
        }
    }

    private BackupEngineBuilder engine(String database) {
        return Source.engine(new DirectoryStore(directory), database).verifyOn(Source.server());
    }

    private static RunReport succeed(BackupEngine engine) {
        RunReport run = engine.run();
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }

    private static BackupManifest manifest(RunReport run) {
        return Objects.requireNonNull(run.databases().get(0).manifest());
    }

    private static void assertFails(VerifyReport report, String words) {
        assertThat(report.passed()).isFalse();
        assertThat(report.reached()).isEqualTo(VerifyLevel.NONE);
        assertThat(report.reason()).isEqualTo(FailureReason.VERIFY_FAILED);
        assertThat(report.problems()).singleElement().asString().contains(words);
    }

    private static void assertNoScratch(TestPostgres postgres) {
        assertThat(Source.query(
                        postgres, "postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgpool_verify_%'"))
                .isEqualTo("0");
    }

    private static void flip(Path file, long position) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(position);
            int old = bytes.read();
            bytes.seek(position);
            bytes.write(old ^ 1);
        }
    }
}
