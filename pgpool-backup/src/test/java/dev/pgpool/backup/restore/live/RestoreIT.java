package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Manifests;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Restores into other servers and databases: everything that belongs to a database comes back, or nothing is changed. */
@Tag("once")
class RestoreIT {

    @TempDir
    Path directory;

    @Test
    void rolesSettingsGrantsAndOwnersComeBackOnAFreshServerAndASecondTimeOnTop() {
        String database = Source.sampleDatabase();
        String owner = Source.query(
                Source.postgres(), database, "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'");
        String group = database + "_group";
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE ROLE " + group + " NOLOGIN",
                        "GRANT " + group + " TO " + owner + " WITH ADMIN OPTION",
                        "ALTER ROLE " + owner + " SET search_path TO \"$user\", public",
                        "ALTER ROLE " + owner + " IN DATABASE " + database + " SET work_mem TO '7MB'",
                        "ALTER DATABASE " + database + " SET statement_timeout TO '5min'",
                        "COMMENT ON ROLE " + owner + " IS 'it''s a\nrole'",
                        "GRANT CONNECT ON DATABASE " + database + " TO " + group,
                        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO " + group);
        TestPostgres other = TestPostgres.fresh(15, Map.of());
        try (other;
                BackupEngine engine = engine(database).build()) {
            succeed(engine);
            RestoreRequest request =
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(other), database);
            RestoreReport report = engine.restore(request);
            assertThat(report.globals()).anySatisfy(line -> assertThat(line).contains("created role", owner));
            assertThat(report.toString()).doesNotContain("SCRAM").doesNotContain("geheim");

            for (String question : List.of(
                    "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'",
                    "SELECT relacl::text FROM pg_class WHERE relname = 'customer'",
                    "SELECT defaclacl::text FROM pg_default_acl",
                    "SELECT rolpassword FROM pg_authid WHERE rolname = '" + owner + "'",
                    "SELECT rolconnlimit FROM pg_roles WHERE rolname = '" + owner + "'",
                    "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = '" + owner + "'",
                    "SELECT admin_option FROM pg_auth_members m WHERE m.member = '" + owner + "'::regrole",
                    "SELECT string_agg(setconfig::text, ';' ORDER BY setconfig::text) FROM pg_db_role_setting s LEFT JOIN"
                            + " pg_database d ON d.oid = setdatabase WHERE setrole = '" + owner
                            + "'::regrole OR d.datname = current_database()",
                    "SELECT datacl::text FROM pg_database WHERE datname = current_database()",
                    "SELECT encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata",
                    "SELECT obj_description('customer'::regclass)")) {
                assertThat(Source.query(other, database, question))
                        .as(question)
                        .isEqualTo(Source.query(Source.postgres(), database, question));
            }

            engine.restore(request.overwriting(database));
            assertThat(Source.query(other, database, "SELECT count(*) FROM orders"))
                    .isEqualTo("20000");
            engine.restore(request.overwriting(database).globals(RestoreRequest.Globals.APPLY_ALL));
            assertThat(Source.query(other, database, "SELECT count(*) FROM customer"))
                    .isEqualTo("1000");
        }
    }

    /** With one job it is a transaction in the target itself; with several it is restored beside it, and takes its place. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void anEmptyDatabaseIsFilledOrStaysEmpty(int jobs) {
        TestPostgres postgres = Source.postgres();
        String database = postgres.createDatabase();
        String target = postgres.createDatabase();
        postgres.executeIn(
                database,
                "CREATE TABLE a (i int)",
                "INSERT INTO a SELECT generate_series(1, 1000)",
                "CREATE TABLE c AS SELECT generate_series(1, 500) i",
                "CREATE INDEX c_i ON c (i)",
                // Fails only when it is restored, after the tables.
                "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT count(*)::int FROM a'",
                "CREATE TABLE b (i int CHECK (f(i) >= 0))",
                "INSERT INTO b VALUES (1)");
        postgres.execute(
                "ALTER DATABASE " + target + " CONNECTION LIMIT 17",
                "ALTER DATABASE " + target + " SET work_mem = '7MB'",
                "COMMENT ON DATABASE " + target + " IS 'empty yet'",
                "REVOKE CONNECT ON DATABASE " + target + " FROM PUBLIC");
        String properties = "SELECT concat_ws(' ', datdba::regrole, datconnlimit, datacl, (SELECT setconfig FROM"
                + " pg_db_role_setting WHERE setdatabase = d.oid), shobj_description(d.oid, 'pg_database')) FROM"
                + " pg_database d WHERE datname = current_database()";
        String before = Source.query(postgres, target, properties);
        String databases = databases(postgres);
        RestoreRequest request = RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), target)
                .intoEmpty()
                .jobs(jobs);
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine);
            String oid = "SELECT oid FROM pg_database WHERE datname = current_database()";
            String same = Source.query(postgres, target, oid);
            assertRefused(engine, request, FailureReason.RESTORE_FAILED, "relation \"a\" does not exist");
            assertThat(Source.query(postgres, target, "SELECT count(*) FROM pg_class WHERE oid >= 16384"))
                    .isEqualTo("0");
            assertThat(Source.query(postgres, target, oid)).isEqualTo(same);
            assertThat(Source.query(postgres, target, properties)).isEqualTo(before);
            assertThat(databases(postgres)).isEqualTo(databases);

            postgres.executeIn(database, "DROP TABLE b");
            succeed(engine);
            engine.restore(request);
            assertThat(
                            Source.query(
                                    postgres,
                                    target,
                                    "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM c) || ' ' || 'c_i'::regclass"))
                    .isEqualTo("1000 500 c_i");
            assertThat(Source.query(postgres, target, properties)).isEqualTo(before);
            assertThat(databases(postgres)).isEqualTo(databases);
            assertRefused(engine, request, FailureReason.RESTORE_REFUSED, "not empty");
        }
    }

    @Test
    void whatIsRefusedChangesNothing() {
        String database = Source.sampleDatabase();
        TestPostgres other = TestPostgres.fresh(15, Map.of());
        try (other;
                BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            PgServer server = Source.server(other);
            RestoreRequest.Which latest = new RestoreRequest.Latest(database);
            String databases = databases(other);

            assertRefused(
                    engine,
                    RestoreRequest.intoNew(latest, server, "new").globals(RestoreRequest.Globals.SKIP),
                    FailureReason.RESTORE_REFUSED,
                    "_owner");
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(latest, server, TestPostgres.DATABASE),
                    FailureReason.RESTORE_REFUSED,
                    "exists");
            other.execute("CREATE TABLE precious (i int)");
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(latest, server, TestPostgres.DATABASE)
                            .intoEmpty(),
                    FailureReason.RESTORE_REFUSED,
                    "not empty");
            assertThatThrownBy(() -> RestoreRequest.intoNew(latest, server, TestPostgres.DATABASE)
                            .overwriting("something else"))
                    .hasMessageContaining("was not confirmed");
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(
                            new RestoreRequest.Before(database, run.startedAt().minus(Duration.ofDays(1))),
                            server,
                            "new"),
                    FailureReason.NOT_FOUND,
                    "no backup of");
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(new RestoreRequest.Latest("nothing"), server, "new"),
                    FailureReason.NOT_FOUND,
                    "nothing");
            assertThat(databases(other)).isEqualTo(databases);
            assertThat(Source.query(other, "postgres", "SELECT count(*) FROM pg_roles WHERE rolname ~ '^db_'"))
                    .isEqualTo("0");
        }
    }

    @Test
    void aDamagedArchiveDoesNotOverwriteAnything() throws Exception {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database).build()) {
            RunReport run = succeed(engine);
            BackupManifest manifest =
                    Objects.requireNonNull(run.databases().get(0).manifest());
            Path data = directory.resolve(manifest.data().key());
            byte[] bytes = Files.readAllBytes(data);
            bytes[bytes.length / 2] ^= 1;
            Files.write(data, bytes);

            assertRefused(
                    engine,
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database)
                            .overwriting(database),
                    FailureReason.VERIFY_FAILED,
                    "SHA-256");
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database + "_new"),
                    FailureReason.VERIFY_FAILED,
                    "SHA-256");
        }
        assertThat(Source.query(Source.postgres(), database, "SELECT count(*) FROM orders"))
                .isEqualTo("20000");
        assertThat(databases(Source.postgres())).doesNotContain(database + "_new");
    }

    @Test
    void anOlderServerOrToolIsRefused() {
        String database = Source.postgres().createDatabase();
        TestPostgres other = TestPostgres.shared(15);
        try (BackupEngine engine = engine(database)
                .restoreCommand(dev.pgpool.backup.fixture.FakeDump.script(directory, "13.2", "exit 1"))
                .build()) {
            succeed(engine);
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(other), "new13"),
                    FailureReason.VERSION_MISMATCH,
                    "pg_restore 15 or newer");
        }
    }

    @Test
    void aServerOlderThanTheSourceIsRefused() {
        String database = Source.postgres().createDatabase();
        DirectoryStore store = new DirectoryStore(directory);
        Instant at = Instant.now();
        BackupManifest old = Manifests.manifest(database, Manifests.id(at), at, "none");
        BackupManifest.Source source = old.source();
        String home = Manifests.LAYOUT.backup(database, old.id());
        Manifests.storeManifest(
                store,
                new BackupManifest(
                        old.formatVersion(),
                        old.engineVersion(),
                        old.id(),
                        old.startedAt(),
                        old.finishedAt(),
                        new BackupManifest.Source(
                                source.cluster(),
                                source.systemIdentifier(),
                                database,
                                source.oid(),
                                180_000,
                                source.walPosition(),
                                source.encoding(),
                                source.collate(),
                                source.ctype(),
                                source.localeProvider(),
                                source.locale(),
                                source.collationVersion(),
                                source.dataChecksums(),
                                source.runner()),
                        old.tool(),
                        Manifests.manifest(database, old.id(), at, home + "data.dump")
                                .objects(),
                        null,
                        old.contents(),
                        List.of(),
                        null));
        try (BackupEngine engine = engine(database).cluster(Manifests.CLUSTER).build()) {
            assertRefused(
                    engine,
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database + "_older"),
                    FailureReason.VERSION_MISMATCH,
                    "the source was version 18, the target is version 15");
        }
        assertThat(databases(Source.postgres())).doesNotContain(database + "_older");
    }

    @Test
    void theNewestBeforeAnInstantIsFound() {
        String database = Source.postgres().createDatabase();
        MovedClock clock = new MovedClock(Instant.parse("2026-11-20T02:30:00Z"));
        try (BackupEngine engine = engine(database).clock(clock).build()) {
            Source.postgres().executeIn(database, "CREATE TABLE day (n int)", "INSERT INTO day VALUES (20)");
            succeed(engine);
            clock.advance(Duration.ofDays(1));
            Source.postgres().executeIn(database, "UPDATE day SET n = 21");
            succeed(engine);

            engine.restore(RestoreRequest.intoNew(
                    new RestoreRequest.Before(database, Instant.parse("2026-11-21T02:29:59Z")),
                    Source.server(),
                    database + "_before"));
            engine.restore(
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database + "_latest"));
        }
        assertThat(Source.query(Source.postgres(), database + "_before", "SELECT n FROM day"))
                .isEqualTo("20");
        assertThat(Source.query(Source.postgres(), database + "_latest", "SELECT n FROM day"))
                .isEqualTo("21");
    }

    @Test
    void aBackupIsRestoredFromS3AlsoWhenItsServerIsGone() {
        String bucket = S3Server.shared().newBucket();
        TestPostgres gone = TestPostgres.fresh(15, Map.of());
        PgServer server = Source.server(gone);
        gone.execute("CREATE TABLE kept (i int)", "INSERT INTO kept SELECT generate_series(1, 42)");
        try (gone;
                BackupEngine engine = Source.engine(s3(bucket), TestPostgres.DATABASE)
                        .source(server)
                        .build()) {
            succeed(engine);
        }
        String target = Source.postgres().createDatabase() + "_from_gone";
        try (BackupEngine engine =
                Source.engine(s3(bucket), TestPostgres.DATABASE).source(server).build()) {
            engine.restore(
                    RestoreRequest.intoNew(new RestoreRequest.Latest(TestPostgres.DATABASE), Source.server(), target));
        }
        assertThat(Source.query(Source.postgres(), target, "SELECT count(*) FROM kept"))
                .isEqualTo("42");
    }

    @Test
    void twentyThousandLargeObjectsComeBack() {
        String database = Source.postgres().createDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "SELECT lo_from_bytea(i, decode(md5(i::text), 'hex')) FROM generate_series(20001, 40000) i",
                        "ALTER LARGE OBJECT 20001 OWNER TO app",
                        "GRANT SELECT ON LARGE OBJECT 20002 TO app",
                        "COMMENT ON LARGE OBJECT 20003 IS 'the third'");
        String all =
                "SELECT count(*) || ' ' || md5(string_agg(oid || encode(lo_get(oid), 'hex') || lomowner::regrole ||"
                        + " coalesce(lomacl::text, '') || coalesce(obj_description(oid, 'pg_largeobject'), ''), ',' ORDER BY oid))"
                        + " FROM pg_largeobject_metadata";
        try (BackupEngine engine = engine(database)
                .verifyOn(Source.server())
                .check(new SqlCheck("contents", all, Source.query(Source.postgres(), database, all)))
                .build()) {
            RunReport run = succeed(engine);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.problems()).isEmpty();
            assertThat(Objects.requireNonNull(run.databases().get(0).manifest())
                            .contents()
                            .largeObjects())
                    .isEqualTo(20_000);
        }
    }

    private static dev.pgpool.backup.store.ObjectStore s3(String bucket) {
        return S3Server.store(S3Server.shared().url(), bucket).build();
    }

    private BackupEngineBuilder engine(String database) {
        return Source.engine(new DirectoryStore(directory), database);
    }

    private static RunReport succeed(BackupEngine engine) {
        RunReport run = engine.run();
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }

    private static void assertRefused(BackupEngine engine, RestoreRequest request, FailureReason reason, String words) {
        assertThatThrownBy(() -> engine.restore(request))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(words);
    }

    private static String databases(TestPostgres postgres) {
        return Source.query(postgres, "postgres", "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database");
    }
}
