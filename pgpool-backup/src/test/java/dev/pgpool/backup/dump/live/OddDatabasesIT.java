package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.RunReport.DatabaseResult;
import dev.pgpool.backup.report.RunReport.Outcome;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Databases that are not as most are: one that cannot be taken stops no other, and one that can be is verified as it is. */
@Tag("once")
class OddDatabasesIT {

    private static final String SCRATCH = "pgpool_verify_0123456789abcdef";

    /** For databases with names of their own, which no other class may meet. */
    private static TestPostgres own;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        own = TestPostgres.fresh(15, Map.of("wal_level", "logical", "max_prepared_transactions", "5"));
        own.execute(
                "CREATE ROLE reader LOGIN",
                "GRANT EXECUTE ON FUNCTION pg_control_system() TO reader",
                "CREATE ROLE other",
                "CREATE ROLE verifier CREATEDB LOGIN",
                "GRANT pg_write_all_data TO verifier",
                "CREATE TABLE t AS SELECT 1 i");
    }

    @AfterAll
    static void stop() {
        own.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            no grant on a table       | CREATE TABLE secret (i int)                                       | may not read 1 tables
            no grant on a partition   | CREATE TABLE p (i int) PARTITION BY RANGE (i); GRANT SELECT ON p TO reader; CREATE TABLE p1 PARTITION OF p DEFAULT | may not read 1 tables
            no grant on a sequence    | CREATE SEQUENCE hidden                                            | may not read 1 sequences
            no usage of a schema      | CREATE SCHEMA s; CREATE TABLE s.t (i int); GRANT SELECT ON s.t TO reader | may not use 1 schemas
            row level security        | CREATE TABLE r (i int); GRANT SELECT ON r TO reader; ALTER TABLE r ENABLE ROW LEVEL SECURITY | row-level security
            large object              | SELECT lo_from_bytea(0, 'x')                                      | may not read 1 large objects
            no connections            | ALTER DATABASE bad CONNECTION LIMIT 0                             | too many connections
            no right to connect       | REVOKE CONNECT ON DATABASE bad FROM PUBLIC                        | permission denied
            an interrupted drop       | UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'bad'    | bad
            closed to all             | UPDATE pg_database SET datallowconn = false WHERE datname = 'bad' | does not exist or accepts no connections
            """)
    void aDatabaseThatCannotBeTakenIsReportedAndTheOthersAreTaken(String kind, String statements, String message)
            throws Exception {
        readerAnd("first", "bad", "zlast");
        own.executeIn("bad", statements.split(";"));
        try (BackupEngine engine = reader().build()) {
            RunReport run = engine.run();

            assertOnlyBadFailed(run, message);
            assertThat(engine.catalog().list())
                    .extracting(entry -> entry.database())
                    .containsExactly("first", "zlast");
            assertThat(run.retention()).as("of those that were taken").containsOnlyKeys("first", "zlast");
        }
    }

    @Test
    void aDatabaseThatGoesMeanwhileIsReportedAndTheOthersAreTaken() {
        readerAnd("first", "bad", "zlast");
        try (BackupEngine engine = reader().hook(new RunHook() {
                    @Override
                    public Optional<String> before(BackupId run, Trigger trigger, List<String> databases) {
                        own.execute("DROP DATABASE bad WITH (FORCE)");
                        return Optional.empty();
                    }
                })
                .build()) {
            RunReport run = engine.run();

            assertThat(result(run, "bad").reason()).isEqualTo(FailureReason.SOURCE_UNREACHABLE);
            assertThat(result(run, "bad").message()).contains("does not exist");
            assertThat(result(run, "zlast").outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CREATE SEQUENCE s MINVALUE -9223372036854775808 START -9223372036854775808
            CREATE SEQUENCE s MINVALUE -9223372036854775808 START -9223372036854775808; SELECT nextval('s')
            CREATE SEQUENCE s INCREMENT -1 MAXVALUE 9223372036854775807 START 9223372036854775807
            CREATE SEQUENCE s INCREMENT -1; SELECT nextval('s'); SELECT nextval('s')
            CREATE SEQUENCE s AS smallint MINVALUE -32768 START -32768 CYCLE
            CREATE SEQUENCE s START 9223372036854775807; SELECT nextval('s')
            CREATE UNLOGGED TABLE s (id bigint GENERATED ALWAYS AS IDENTITY (MINVALUE -9223372036854775808 START -9223372036854775808))
            CREATE TABLE t (s serial); ALTER TABLE t DROP COLUMN s; CREATE TEMP SEQUENCE s
            """)
    void aSequenceIsVerifiedWhereverItStands(String statements) {
        assertChecked(Source.postgres(), List.of(statements.split(";")));
    }

    @Test
    void namesWithDotsQuotesAndLinesAreNotTakenForOneAnother() {
        assertChecked(
                Source.postgres(),
                List.of(
                        "CREATE SCHEMA \"a.b\"",
                        "CREATE SCHEMA a",
                        "CREATE TABLE \"a.b\".c (i int)",
                        "CREATE TABLE a.\"b.c\" AS SELECT 1 i",
                        "CREATE TABLE a.\"B.c\" AS SELECT generate_series(1, 2) i",
                        "CREATE TABLE a.\"it's \"\"odd\"\"\nand ; -- \\ $1 ? {x} \u00e4\u4e2d\" AS SELECT 1 i",
                        "CREATE SEQUENCE a.\"S ?;\"\"\""));
    }

    @Test
    void namesInSqlAsciiThatAreNoUtf8AreVerified() throws Exception {
        String database = Source.postgres().createDatabase() + "_ascii";
        Source.postgres()
                .execute("CREATE DATABASE " + database
                        + " TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
        psql(
                Source.postgres(),
                database,
                "CREATE SCHEMA \"sch\u00f6n\"",
                "CREATE TABLE \"sch\u00f6n\".\"t\u00e4\u00fe\" AS SELECT 'gr\u00fcn'::text t, generate_series(1, 3)",
                "CREATE TABLE \"sch\u00f6n\".\"t\u00e5\u00fe\" (id serial)",
                "CREATE SEQUENCE \"it's \u00df\" START 7",
                "CREATE TABLE \"utf\u00c3\u00a4\" (id serial)");
        try (BackupEngine engine = checked(Source.postgres(), database).build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }

    /** Such a role cannot be made on a server whose other databases have an encoding; what it owns is restored without owners. */
    @Test
    void rolesWhoseNamesAreNoUtf8AreToldAndLeaveTheDataRestorable() throws Exception {
        TestPostgres other = Source.postgres();
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of())) {
            postgres.execute(
                    "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
                    "CREATE ROLE \"k\u00fche\" LOGIN CONNECTION LIMIT 3");
            psql(
                    postgres,
                    "ascii",
                    "CREATE ROLE \"k\u00e4se\"",
                    "CREATE TABLE t AS SELECT generate_series(1, 3)",
                    "ALTER TABLE t OWNER TO \"k\u00e4se\"");
            postgres.execute("CREATE TABLE u AS SELECT 1 AS i", "ALTER TABLE u OWNER TO \"k\u00fche\"");
            try (BackupEngine engine = BackupEngine.builder()
                    .source(Source.server(postgres))
                    .store(new DirectoryStore(directory))
                    .databases("ascii", "app")
                    .verifyOn(Source.server(other))
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                assertThat(engine.verify("app", run.id(), VerifyLevel.CHECKED).problems())
                        .as("a database that has nothing to do with it")
                        .isEmpty();
                VerifyReport report = engine.verify("ascii", run.id(), VerifyLevel.CHECKED);
                assertThat(report.passed()).as("%s", report).isFalse();
                engine.restore(
                        RestoreRequest.intoNew(new RestoreRequest.Latest("ascii"), Source.server(other), "ascii_2")
                                .globals(RestoreRequest.Globals.SKIP)
                                .withoutOwners());
                assertThat(Source.query(other, "ascii_2", "SELECT count(*) FROM t"))
                        .isEqualTo("3");
            }
        }
    }

    @Test
    void aDatabaseWhoseNameIsNoUtf8StopsNoOther() throws Exception {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of())) {
            postgres.execute(
                    "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
            psql(postgres, "ascii", "CREATE DATABASE \"k\u00e4se\"");
            try (BackupEngine engine = BackupEngine.builder()
                    .source(Source.server(postgres))
                    .store(new DirectoryStore(directory))
                    .build()) {
                RunReport run = engine.run();

                assertThat(run.databases())
                        .filteredOn(result -> result.outcome() == Outcome.SUCCESS)
                        .extracting(DatabaseResult::database)
                        .contains("app", "postgres", "ascii");
                assertThat(run.databases())
                        .filteredOn(result -> result.outcome() == Outcome.FAILURE)
                        .singleElement()
                        .satisfies(result -> assertThat(result.database()).contains("se"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDatabaseWithASubscriptionIsVerifiedWithoutOne(DumpFormat format) {
        String database = Source.sampleDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE SUBSCRIPTION " + database
                                + "_sub CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION p"
                                + " WITH (connect = false, slot_name = 'busy')");
        try (BackupEngine engine =
                checked(Source.postgres(), database).format(format).build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            for (int i = 0; i < 2; i++) {
                VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
                assertThat(report.problems()).isEmpty();
                assertThat(report.reached()).isEqualTo(VerifyLevel.CHECKED);
            }
        } finally {
            Source.postgres()
                    .executeIn(
                            database,
                            "ALTER SUBSCRIPTION " + database + "_sub DISABLE",
                            "ALTER SUBSCRIPTION " + database + "_sub SET (slot_name = NONE)",
                            "DROP SUBSCRIPTION " + database + "_sub");
        }
        assertThat(scratches(Source.postgres())).isEqualTo("0");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            a template     | SELECT 1 | ALTER DATABASE pgpool_verify_0123456789abcdef IS_TEMPLATE true | 0
            a subscription | CREATE SUBSCRIPTION stuck CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION p WITH (connect = false) | SELECT 1 | 0
            a slot         | SELECT pg_create_logical_replication_slot('stuck', 'pgoutput') | SELECT 1 | 0
            a prepared transaction | BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'stuck' | SELECT 1 | 0
            closed         | SELECT 1 | ALTER DATABASE pgpool_verify_0123456789abcdef ALLOW_CONNECTIONS false | 0
            another's      | SELECT 1 | ALTER DATABASE pgpool_verify_0123456789abcdef OWNER TO other | 1
            """)
    void aScratchDatabaseThatIsHardToDropFailsNoVerification(String kind, String inside, String outside, String left) {
        boolean foreign = left.equals("1");
        own.execute("CREATE DATABASE " + SCRATCH);
        try {
            own.executeIn(SCRATCH, inside.split(";"));
            own.execute(outside);
            PgServer server = foreign ? PgServer.of(own.host(), own.port(), "verifier", "") : Source.server(own);
            try (BackupEngine engine = checked(own, "app").verifyOn(server).build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                VerifyReport report =
                        engine.verify("app", run.id(), foreign ? VerifyLevel.ARCHIVE : VerifyLevel.CHECKED);
                VerifyReport again =
                        engine.verify("app", run.id(), foreign ? VerifyLevel.ARCHIVE : VerifyLevel.CHECKED);

                assertThat(report.problems()).isEmpty();
                assertThat(again.problems()).isEmpty();
                if (foreign) {
                    VerifyReport restored = engine.verify("app", run.id(), VerifyLevel.RESTORED);
                    assertThat(restored.problems()).noneMatch(problem -> problem.contains(SCRATCH));
                }
            }
            assertThat(scratches(own)).isEqualTo(left);
        } finally {
            if (foreign) {
                own.execute("DROP DATABASE " + SCRATCH);
            }
        }
    }

    @Test
    void aRoleThatIsReadOnlyByDefaultVerifies() {
        String database = Source.sampleDatabase();
        String role = Source.postgres().createRole("trust", "");
        Source.postgres()
                .execute(
                        "ALTER ROLE " + role + " SUPERUSER",
                        "ALTER ROLE " + role + " SET default_transaction_read_only = on");
        PgServer server = PgServer.of("127.0.0.1", Source.postgres().port(), role, "");
        for (DumpFormat format : List.of(DumpFormat.CUSTOM, DumpFormat.PLAIN)) {
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                    .format(format)
                    .source(server)
                    .verifyOn(server)
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED)
                                .problems())
                        .isEmpty();
            }
        }
    }

    @Test
    void aStandbyWithUnloggedTablesIsBackedUpAndVerified() {
        String database = own.createDatabase();
        own.executeIn(
                database,
                "CREATE UNLOGGED TABLE volatile (id serial, v int GENERATED ALWAYS AS IDENTITY)",
                "INSERT INTO volatile DEFAULT VALUES",
                "CREATE UNLOGGED TABLE parted (i int) PARTITION BY LIST (i)",
                "CREATE UNLOGGED TABLE part1 PARTITION OF parted DEFAULT",
                "INSERT INTO parted VALUES (1)",
                "CREATE TABLE kept AS SELECT generate_series(1, 10) i");
        try (TestPostgres standby = own.standby();
                BackupEngine engine =
                        checked(standby, database).verifyOn(Source.server()).build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }

    /** Statements in bytes that no driver would send: one for each character. */
    private static void psql(TestPostgres postgres, String database, String... statements) throws Exception {
        Process psql = new ProcessBuilder(
                        "psql",
                        "-X",
                        "-q",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(postgres.port()),
                        "-U",
                        TestPostgres.SUPERUSER,
                        database)
                .redirectErrorStream(true)
                .start();
        try (OutputStream in = psql.getOutputStream()) {
            in.write(("SET client_encoding = SQL_ASCII;" + String.join(";", statements) + ";")
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        String said = new String(psql.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(psql.waitFor()).as(said).isZero();
    }

    private void assertChecked(TestPostgres postgres, List<String> statements) {
        String database = postgres.createDatabase();
        postgres.executeIn(database, statements.toArray(String[]::new));
        try (BackupEngine engine = checked(postgres, database).build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
            assertThat(report.problems()).isEmpty();
            assertThat(report.reached()).isEqualTo(VerifyLevel.CHECKED);
        }
    }

    private BackupEngineBuilder checked(TestPostgres postgres, String database) {
        return Source.engine(new DirectoryStore(directory), database)
                .source(Source.server(postgres))
                .verifyOn(Source.server(postgres));
    }

    private static String scratches(TestPostgres postgres) {
        return Source.query(
                postgres, "postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgpool_verify_%'");
    }

    /** Databases of a role that may read what is in them. */
    private static void readerAnd(String... databases) {
        for (String database : databases) {
            own.execute("DROP DATABASE IF EXISTS " + database, "CREATE DATABASE " + database);
            own.executeIn(database, "CREATE TABLE open AS SELECT 1 i", "GRANT SELECT ON open TO reader");
        }
    }

    private BackupEngineBuilder reader() {
        return Source.engine(new DirectoryStore(directory), "first", "bad", "zlast")
                .source(PgServer.of(own.host(), own.port(), "reader", ""));
    }

    private static void assertOnlyBadFailed(RunReport run, String message) {
        assertThat(run.outcome()).isEqualTo(Outcome.FAILURE);
        assertThat(run.reason()).isEqualTo(FailureReason.PREFLIGHT);
        assertThat(run.message()).contains("database \"bad\"", message);
        assertThat(result(run, "first").outcome()).isEqualTo(Outcome.SUCCESS);
        assertThat(result(run, "bad").message()).contains(message);
        assertThat(result(run, "zlast").outcome()).isEqualTo(Outcome.SUCCESS);
    }

    private static DatabaseResult result(RunReport run, String database) {
        return run.databases().stream()
                .filter(result -> result.database().equals(database))
                .findFirst()
                .orElseThrow();
    }
}
