package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An overwriting restore leaves the target as it was unless it succeeds, and says at once what is in its way. */
@Tag("once")
class OverwriteIT {

    private static final Duration SECONDS = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aRestoreThatFailsLeavesTheTargetAsItWas(int jobs) {
        String database = Source.postgres().createDatabase();
        TestPostgres postgres = Source.postgres();
        postgres.executeIn(
                database,
                "CREATE TABLE a (i int)",
                "INSERT INTO a SELECT generate_series(1, 1000)",
                // Fails only when it is restored, after the tables.
                "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT count(*)::int FROM a'",
                "CREATE TABLE b (i int CHECK (f(i) >= 0))",
                "INSERT INTO b VALUES (1)");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            postgres.executeIn(
                    database,
                    "DELETE FROM a WHERE i > 7",
                    "CREATE TABLE since (i int)",
                    "INSERT INTO since VALUES (5)");
            String databases = databases();
            RestoreRequest request = request(database).overwriting(database).jobs(jobs);
            assertThatThrownBy(() -> engine.restore(request))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_FAILED))
                    .hasMessageContaining("relation \"a\" does not exist");

            assertThat(Source.query(postgres, database, "SELECT count(*) FROM a"))
                    .isEqualTo("7");
            assertThat(Source.query(postgres, database, "SELECT i FROM since")).isEqualTo("5");
            assertThat(databases()).isEqualTo(databases);

            RestoreReport report =
                    engine.restore(request.options(RestoreOptions.defaults().toleratingErrors(1)));
            assertThat(report.errorCount()).isEqualTo(1);
            assertThat(report.errors()).singleElement().asString().contains("relation \"a\" does not exist");
            assertThat(Source.query(postgres, database, "SELECT count(*) FROM a"))
                    .isEqualTo("1000");
            assertThat(databases()).isEqualTo(databases);
        }
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void whateverWasMadeSinceIsReplacedByWhatIsInTheBackup(DumpFormat format) {
        String database = Source.sampleDatabase();
        TestPostgres postgres = Source.postgres();
        try (BackupEngine engine = engine(database).format(format).build()) {
            succeed(engine.run());
            postgres.executeIn(
                    database,
                    "CREATE SCHEMA since",
                    "CREATE VIEW since.v AS SELECT o.id, c.name FROM orders o, customer c",
                    "CREATE MATERIALIZED VIEW since.m AS SELECT * FROM orders",
                    "CREATE TABLE since.refers (id bigint REFERENCES orders)",
                    "CREATE TABLE since.child () INHERITS (customer)",
                    "CREATE TYPE since.t AS (o orders)",
                    "CREATE FUNCTION since.f(customer) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "ALTER TABLE orders ADD COLUMN more text",
                    "DELETE FROM customer",
                    "ALTER DATABASE " + database + " SET default_transaction_read_only TO on",
                    "ALTER DATABASE " + database + " SET search_path TO since",
                    "ALTER DATABASE " + database + " CONNECTION LIMIT 17",
                    "COMMENT ON DATABASE " + database + " IS 'since'",
                    "REVOKE CONNECT, TEMPORARY ON DATABASE " + database + " FROM PUBLIC",
                    "GRANT CREATE ON DATABASE " + database + " TO pg_monitor");
            String properties = properties(database);
            RestoreReport report = engine.restore(request(database).overwriting(database));

            assertThat(report.warnings()).isEmpty();
            assertThat(Source.query(postgres, database, "SELECT count(*) FROM public.customer"))
                    .isEqualTo("1000");
            assertThat(Source.query(postgres, database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'since'"))
                    .isEqualTo("0");
            assertThat(properties(database))
                    .as("the database's own properties stay")
                    .isEqualTo(properties);

            engine.restore(request(database).overwriting(database).globals(RestoreRequest.Globals.APPLY_ALL));
            assertThat(properties(database)).as("or become the backup's").doesNotContain("since", "17", "pg_monitor");
        }
    }

    @Test
    void sessionsInTheTargetRefuseItAtOnceByName() throws Exception {
        String database = Source.sampleDatabase();
        TestPostgres postgres = Source.postgres();
        Path begun = directory.resolve("begun");
        Path restore = Files.writeString(
                directory.resolve("restore"),
                "#!/bin/sh\ncase \"$*\" in *--dbname=*) touch " + begun + ";; esac\nexec pg_restore \"$@\"\n");
        Files.setPosixFilePermissions(restore, PosixFilePermissions.fromString("rwx------"));
        try (BackupEngine engine =
                engine(database).restoreCommand(restore.toString()).build()) {
            succeed(engine.run());
            try (Connection holder = postgres.superuser(database);
                    Statement statement = holder.createStatement()) {
                statement.execute("SET application_name = 'the accounting'");
                holder.setAutoCommit(false);
                statement.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
                String pid = String.valueOf(
                        holder.unwrap(org.postgresql.PGConnection.class).getBackendPID());
                String roles = Source.query(postgres, "postgres", "SELECT count(*) FROM pg_roles");

                long asked = System.nanoTime();
                assertThatThrownBy(() -> engine.restore(request(database).overwriting(database)))
                        .isInstanceOfSatisfying(
                                BackupException.class,
                                e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                        .hasMessageContainingAll("session " + pid, "the accounting", "postgres", "holds locks");
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(SECONDS);
                assertThat(begun).as("refused before anything is restored").doesNotExist();
                assertThat(Source.query(postgres, "postgres", "SELECT count(*) FROM pg_roles"))
                        .isEqualTo(roles);

                engine.restore(request(database).overwriting(database).endingSessions());
                assertThat(holder.isValid(5)).isFalse();
            }
            assertThat(Source.query(postgres, database, "SELECT count(*) FROM orders"))
                    .isEqualTo("20000");
        }
    }

    @Test
    void preparedTransactionsSlotsAndSubscriptionsRefuseItByName() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of("wal_level", "logical"));
                BackupEngine engine = Source.engine(new DirectoryStore(directory), TestPostgres.DATABASE)
                        .source(Source.server(postgres))
                        .build()) {
            postgres.execute("CREATE TABLE t (i int)");
            succeed(engine.run());
            RestoreRequest request = RestoreRequest.intoNew(
                            new RestoreRequest.Latest(TestPostgres.DATABASE),
                            Source.server(postgres),
                            TestPostgres.DATABASE)
                    .overwriting(TestPostgres.DATABASE);
            for (List<String> way : List.of(
                    List.of(
                            "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'the second phase'",
                            "ROLLBACK PREPARED 'the second phase'",
                            "prepared transaction the second phase"),
                    List.of(
                            "SELECT pg_create_logical_replication_slot('follower', 'pgoutput')",
                            "SELECT pg_drop_replication_slot('follower')",
                            "replication slot follower"),
                    List.of(
                            "CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)",
                            "ALTER SUBSCRIPTION news SET (slot_name = NONE)",
                            "subscription news"))) {
                postgres.execute(way.get(0));
                assertRefused(engine, request, way.get(2));
                postgres.execute(way.get(1));
            }
            postgres.execute("DROP SUBSCRIPTION news");
            engine.restore(request);
            assertThat(postgres.query("SELECT count(*) FROM t")).containsExactly("0");
        }
    }

    /** Odd states of a target: each is replaced, and what it says of itself stays. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER DATABASE %s ALLOW_CONNECTIONS false | false -1",
                "UPDATE pg_database SET datconnlimit = -2 WHERE datname = '%s' | true -1",
                "ALTER DATABASE %s CONNECTION LIMIT 0 | true 0",
                "ALTER DATABASE %s CONNECTION LIMIT 7 | true 7",
                "ALTER ROLE postgres IN DATABASE %s SET default_transaction_read_only = on | true -1"
            })
    void anOddTargetIsReplacedAndStaysWhatItWas(String state, String expected) {
        String database = Source.postgres().createDatabase();
        TestPostgres postgres = Source.postgres();
        postgres.executeIn(database, "CREATE TABLE t AS SELECT generate_series(1, 10) i");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            postgres.executeIn(database, "DELETE FROM t");
            postgres.execute(String.format(state, database));
            engine.restore(request(database).overwriting(database));
        }
        String after = "SELECT datallowconn || ' ' || datconnlimit FROM pg_database WHERE datname = '" + database + "'";
        assertThat(Source.query(postgres, "app", after)).isEqualTo(expected);
        postgres.execute("ALTER DATABASE " + database + " ALLOW_CONNECTIONS true");
        assertThat(Source.query(postgres, database, "SELECT count(*) FROM t")).isEqualTo("10");
    }

    /** The wall around a database is its CONNECT; a copy of it that is being restored stands behind one, too. */
    @ParameterizedTest
    @ValueSource(strings = {"SUPERUSER", "CREATEDB"})
    void aDatabaseThatIsBeingRestoredIsClosedToOthers(String might) throws Exception {
        String database = Source.postgres().createDatabase();
        TestPostgres postgres = Source.postgres();
        String restorer = database + "_r";
        postgres.execute(
                "CREATE ROLE " + restorer + " LOGIN " + might,
                "CREATE ROLE " + database + "_other LOGIN",
                "ALTER DATABASE " + database + " OWNER TO " + restorer,
                "REVOKE CONNECT ON DATABASE " + database + " FROM PUBLIC");
        postgres.executeIn(
                database,
                "SET ROLE " + restorer,
                "CREATE TABLE secret AS SELECT 42 AS i",
                "GRANT SELECT ON secret TO PUBLIC");
        Path seen = directory.resolve("seen");
        Path spy = Files.writeString(
                directory.resolve("spy"),
                "#!/bin/sh\n"
                        + "ask() { psql -h 127.0.0.1 -p " + postgres.port() + " -U " + database
                        + "_other -At \"$@\"; }\n"
                        + "case \"$*\" in *--dbname=*)\n"
                        + "for d in $(ask -d postgres -c \"SELECT datname FROM pg_database WHERE datname ~ '^pgpool_'\"); do\n"
                        + "ask -d $d -c \"SELECT 'entered '||current_database()\" >>" + seen + " 2>&1; done;; esac\n"
                        + "exec pg_restore \"$@\"\n");
        Files.setPosixFilePermissions(spy, PosixFilePermissions.fromString("rwx------"));
        PgServer server = PgServer.of(postgres.host(), postgres.port(), restorer, "");
        try (BackupEngine engine =
                engine(database).restoreCommand(spy.toString()).verifyOn(server).build()) {
            RunReport run = engine.run();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
            RestoreRequest request = RestoreRequest.intoNew(new RestoreRequest.Latest(database), server, database);
            engine.restore(request.overwriting(database));
            engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest(database), server, database + "_open")
                    .globals(RestoreRequest.Globals.SKIP));
        }
        assertThat(Files.readString(seen))
                .as("three databases were being restored")
                .doesNotContain("entered")
                .containsPattern("(?s)(too many connections|permission denied).*(too many|denied).*(too many|denied)");
        String open = "SELECT has_database_privilege('" + database
                + "_other', '%s', 'CONNECT') || ' ' || datconnlimit FROM" + " pg_database WHERE datname = '%s'";
        assertThat(Source.query(postgres, "app", String.format(open, database, database)))
                .isEqualTo("false -1");
        assertThat(Source.query(postgres, "app", String.format(open, database + "_open", database + "_open")))
                .isEqualTo("true -1");
    }

    @Test
    void theAdminDatabaseItselfCanBeReplaced() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of());
                BackupEngine engine = Source.engine(new DirectoryStore(directory), "postgres")
                        .source(Source.server(postgres))
                        .build()) {
            postgres.executeIn("postgres", "CREATE TABLE t (i int)");
            succeed(engine.run());
            postgres.executeIn("postgres", "DROP TABLE t");
            engine.restore(
                    RestoreRequest.intoNew(new RestoreRequest.Latest("postgres"), Source.server(postgres), "postgres")
                            .overwriting("postgres"));
            assertThat(Source.query(postgres, "postgres", "SELECT count(*) FROM t"))
                    .isEqualTo("0");
        }
    }

    @Test
    void anotherRolesDatabaseIsRefusedAndOnesOwnIsReplaced() {
        String database = Source.postgres().createDatabase();
        TestPostgres postgres = Source.postgres();
        String role = postgres.createRole("trust", "x");
        postgres.executeIn(database, "CREATE TABLE t (i int)");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            RestoreRequest request = RestoreRequest.intoNew(
                            new RestoreRequest.Latest(database),
                            dev.pgpool.backup.config.PgServer.of(postgres.host(), postgres.port(), role, ""),
                            database)
                    .overwriting(database);
            assertRefused(engine, request, "may not create databases");
            postgres.execute("ALTER ROLE " + role + " CREATEDB");
            assertRefused(engine, request, "belongs to \"app\"");
            postgres.execute("ALTER DATABASE " + database + " OWNER TO " + role);
            engine.restore(request);
            assertThat(Source.query(postgres, database, "SELECT count(*) FROM t"))
                    .isEqualTo("0");
            assertThat(Source.query(
                            postgres,
                            database,
                            "SELECT datdba::regrole FROM pg_database WHERE datname = '" + database + "'"))
                    .isEqualTo(role);
        }
    }

    @Test
    void whatAKilledRestoreLeftIsDroppedByTheNext() {
        String database = Source.sampleDatabase();
        TestPostgres postgres = Source.postgres();
        postgres.executeIn("postgres", "CREATE DATABASE pgpool_restore_0123456789abcdef");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            engine.restore(request(database).overwriting(database));
        }
        assertThat(databases()).doesNotContain("pgpool_restore_", "pgpool_replaced_");
    }

    private static void assertRefused(BackupEngine engine, RestoreRequest request, String words) {
        long begun = System.nanoTime();
        assertThatThrownBy(() -> engine.restore(request))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                .hasMessageMatching("(?s).*" + Pattern.quote(words) + ".*");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SECONDS);
    }

    private static RestoreRequest request(String database) {
        return RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database);
    }

    private static String properties(String database) {
        return Source.query(
                Source.postgres(),
                "postgres",
                "SELECT datdba::regrole || ' ' || datconnlimit || ' ' || coalesce(datacl::text, '-') || ' ' ||"
                        + " coalesce(shobj_description(d.oid, 'pg_database'), '-') || ' ' || coalesce((SELECT"
                        + " string_agg(setrole || setconfig::text, ';') FROM pg_db_role_setting WHERE setdatabase = d.oid), '-')"
                        + " FROM pg_database d WHERE datname = '" + database + "'");
    }

    private static String databases() {
        return Source.query(
                Source.postgres(),
                "postgres",
                "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE datname !~ '^pgpool_verify'");
    }

    private BackupEngineBuilder engine(String database) {
        return Source.engine(new DirectoryStore(directory), database);
    }

    private static RunReport succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }
}
