package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that make a dump hard. */
@Tag("once")
class SourceIT {

    @TempDir
    Path directory;

    @Test
    void shortTimeoutsOfTheServerDoNotEndALongDump() {
        TestPostgres postgres = TestPostgres.fresh(
                15,
                Map.of(
                        "statement_timeout", "1s",
                        "idle_in_transaction_session_timeout", "1s",
                        "idle_session_timeout", "1s",
                        "lock_timeout", "1s"));
        try (postgres;
                BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("store")), "app")
                        .source(Source.server(postgres))
                        .dumpCommand(
                                "sh",
                                "-c",
                                "case \"$*\" in *--version*) ;; *) sleep 3;; esac; pg_dump \"$@\"",
                                "pg_dump")
                        .build()) {
            postgres.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) i");
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(run.succeeded()).isTrue();
        }
    }

    @Test
    void aLockedTableFailsTheDumpInTime() throws SQLException {
        String database = Source.sampleDatabase();
        try (Connection other = Source.postgres().superuser(database);
                Statement statement = other.createStatement();
                BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                        .lockWait(Duration.ofMillis(300))
                        .rowCounts(dev.pgpool.backup.config.RowCounts.NONE)
                        .build()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
            RunReport run = engine.run();

            assertThat(run.reason()).as(run.message()).isEqualTo(FailureReason.DUMP_EXIT);
            assertThat(run.message()).contains("lock timeout");
            other.rollback();
        }
    }

    @Test
    void missingPrivilegesAndRowSecurityAreFoundBeforehand() {
        String database = Source.sampleDatabase();
        String role = Source.postgres().createRole("scram-sha-256", "reader-password");
        Source.postgres()
                .executeIn(
                        database,
                        "GRANT SELECT ON customer TO " + role,
                        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY",
                        "GRANT EXECUTE ON FUNCTION pg_control_system() TO " + role);
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .source(PgServer.of("127.0.0.1", Source.postgres().port(), role, "reader-password"))
                .build()) {
            RunReport run = engine.run();

            assertThat(run.reason()).isEqualTo(FailureReason.PREFLIGHT);
            assertThat(run.message())
                    .contains("may not read 1 tables", "public.orders", "row-level security", "public.customer");
        }
    }

    @Test
    void aRoleThatIsNoSuperuserBacksUpWithoutPasswordsOfOthers() throws Exception {
        String database = Source.sampleDatabase();
        String role = Source.postgres().createRole("scram-sha-256", "reader-password");
        Source.postgres()
                .executeIn(
                        database,
                        // Not pg_read_all_data: whoever has that may read pg_authid, too.
                        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO " + role,
                        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .source(PgServer.of("127.0.0.1", Source.postgres().port(), role, "reader-password"))
                .cluster("mine")
                .largeObjects(false)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            BackupManifest manifest =
                    Objects.requireNonNull(run.databases().get(0).manifest());
            String globals =
                    Files.readString(directory.resolve(manifest.objects().get(1).key()));
            assertThat(globals)
                    .startsWith("-- roles without passwords")
                    .contains("CREATE ROLE")
                    .doesNotContain("SCRAM-SHA-256$");
        }
    }

    @Test
    void severalDatabasesAreOneSetWithOneRun() {
        String first = Source.sampleDatabase();
        String second = Source.sampleDatabase();
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), first, second)
                .parallelDatabases(2)
                .verifyOn(Source.server())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(run.databases()).hasSize(2);
            assertThat(engine.catalog().list()).extracting(e -> e.id()).containsOnly(run.id());
            assertThat(engine.verifyNewest())
                    .hasSize(2)
                    .allSatisfy(report -> assertThat(report.reached()).isEqualTo(VerifyLevel.CHECKED));
        }
    }

    @Test
    void allDatabasesButTheExcludedOnesAreTakenAlsoNewOnes() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of())) {
            postgres.executeIn("postgres", "CREATE DATABASE kept", "CREATE DATABASE scratch");
            try (BackupEngine engine = BackupEngine.builder()
                    .source(Source.server(postgres))
                    .store(new DirectoryStore(directory))
                    .allDatabasesExcept("scratch", "postgres")
                    .build()) {
                assertThat(engine.run().databases())
                        .extracting(RunReport.DatabaseResult::database)
                        .containsExactly("app", "kept");
                postgres.executeIn("postgres", "CREATE DATABASE later");
                RunReport second = engine.run();

                assertThat(second.message()).isEmpty();
                assertThat(second.databases())
                        .extracting(RunReport.DatabaseResult::database)
                        .containsExactly("app", "kept", "later");
            }
            try (BackupEngine engine = BackupEngine.builder()
                    .source(Source.server(postgres))
                    .store(new DirectoryStore(directory))
                    .allDatabasesExcept("app", "kept", "later", "postgres", "scratch")
                    .build()) {
                assertThat(engine.run().message()).contains("no database is left of");
            }
        }
    }

    @Test
    void tooFewFreeConnectionsAreFoundBeforehand() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of("max_connections", "8"));
                BackupEngine engine = Source.engine(new DirectoryStore(directory), "app", "postgres", "b", "c")
                        .source(Source.server(postgres))
                        .parallelDatabases(4)
                        .build()) {
            postgres.executeIn("postgres", "CREATE DATABASE b", "CREATE DATABASE c");
            RunReport run = engine.run();

            assertThat(run.reason()).as(run.message()).isEqualTo(FailureReason.PREFLIGHT);
            assertThat(run.message()).contains("free on postgres@", "expected: at least 9");
        }
    }

    @Test
    void oddNamesAreNoProblem() {
        String name = "we.ird/näme = \"x\" 'y'";
        Source.postgres().executeIn("postgres", "CREATE DATABASE \"" + name.replace("\"", "\"\"") + "\"");
        Source.postgres().executeIn("postgres", "ALTER DATABASE \"" + name.replace("\"", "\"\"") + "\" OWNER TO app");
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), name)
                .verifyOn(Source.server())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(name, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }
}
