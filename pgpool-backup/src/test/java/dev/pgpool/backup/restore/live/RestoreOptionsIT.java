package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What plain pg_restore gets back in spite of errors, this gets back too, counted; and verification with the same options. */
@Tag("once")
class RestoreOptionsIT {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"CUSTOM", "TAR", "PLAIN"})
    void toleratedErrorsAreReportedAndCountedAndMoreOfThemFail(String format) {
        String database = Source.postgres().createDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE TABLE kept (i int)",
                        "INSERT INTO kept SELECT generate_series(1, 50)",
                        "CREATE FUNCTION inner_one() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM kept'",
                        "CREATE FUNCTION outer_one() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN inner_one(); END'",
                        "CREATE MATERIALIZED VIEW first AS SELECT outer_one()",
                        "CREATE MATERIALIZED VIEW second AS SELECT outer_one() + 1");
        try (BackupEngine engine = engine(database)
                .format(DumpFormat.valueOf(format))
                .verifyOptions(RestoreOptions.defaults().toleratingErrors(2))
                .build()) {
            RunReport run = succeed(engine.run());
            VerifyReport verified = engine.verify(database, run.id(), VerifyLevel.CHECKED);
            assertThat(verified.problems()).isEmpty();
            assertThat(verified.reached()).isEqualTo(VerifyLevel.CHECKED);
            assertThat(verified.notes())
                    .anySatisfy(note -> assertThat(note).isEqualTo("2 errors were tolerated"))
                    .anySatisfy(note -> assertThat(note).contains("inner_one() does not exist"));

            RestoreRequest request =
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), database + "_new");
            for (RestoreOptions options :
                    List.of(RestoreOptions.defaults(), RestoreOptions.defaults().toleratingErrors(1))) {
                assertThatThrownBy(() -> engine.restore(request.options(options)))
                        .isInstanceOfSatisfying(
                                BackupException.class,
                                e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_FAILED))
                        .hasMessageContaining("inner_one() does not exist");
            }
            RestoreReport report =
                    engine.restore(request.options(RestoreOptions.defaults().toleratingErrors(2)));
            assertThat(report.errorCount()).isEqualTo(2);
            assertThat(report.errors())
                    .hasSize(2)
                    .allSatisfy(error -> assertThat(error).contains("inner_one()"));
        }
        assertThat(Source.query(Source.postgres(), database + "_new", "SELECT count(*) FROM kept"))
                .isEqualTo("50");
    }

    @Test
    void aLostConnectionIsNoToleratedError() {
        String database = Source.postgres().createDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE FUNCTION ends() RETURNS int LANGUAGE sql AS 'SELECT"
                                + " pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())::int'",
                        "CREATE MATERIALIZED VIEW last AS SELECT public.ends() WITH NO DATA",
                        "CREATE TABLE t (i int)",
                        "INSERT INTO t VALUES (1)",
                        "CREATE FUNCTION cond(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 < 5 OR public.ends() > 0'",
                        "ALTER TABLE t ADD CHECK (public.cond(i))",
                        "ALTER TABLE t DISABLE TRIGGER ALL");
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE OR REPLACE FUNCTION cond(int) RETURNS bool LANGUAGE sql AS 'SELECT"
                                + " $1 < 0 OR public.ends() > 0'");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                                    new RestoreRequest.Latest(database), Source.server(), database + "_lost")
                            .options(RestoreOptions.defaults().toleratingErrors(1000))))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_FAILED));
        }
        assertThat(Source.query(
                        Source.postgres(),
                        "postgres",
                        "SELECT count(*) FROM pg_database WHERE datname IN ('" + database + "_lost')"))
                .isEqualTo("0");
    }

    @Test
    void subscriptionsCommentsPrivilegesOwnersAndTablespacesCanBeLeftOut() {
        try (TestPostgres source =
                        TestPostgres.fresh(15, Map.of("wal_level", "logical", "allow_in_place_tablespaces", "on"));
                TestPostgres other = TestPostgres.fresh(15, Map.of())) {
            source.execute(
                    "CREATE ROLE shop_owner",
                    "CREATE TABLESPACE fast LOCATION ''",
                    "CREATE TABLESPACE unused LOCATION ''",
                    "CREATE TABLE t (i int) TABLESPACE fast",
                    "COMMENT ON TABLE t IS 'a table'",
                    "ALTER TABLE t OWNER TO shop_owner",
                    "GRANT SELECT ON t TO PUBLIC",
                    "INSERT INTO t VALUES (1)",
                    "CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)");
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory), TestPostgres.DATABASE)
                    .source(Source.server(source))
                    .verifyOn(Source.server(other))
                    .build()) {
                RunReport run = succeed(engine.run());
                assertThat(engine.verify(TestPostgres.DATABASE, run.id(), VerifyLevel.CHECKED)
                                .problems())
                        .isEmpty();
                assertThat(engine.verify(TestPostgres.DATABASE, run.id(), VerifyLevel.CHECKED)
                                .problems())
                        .as("a second time, too")
                        .isEmpty();
                RestoreRequest request = RestoreRequest.intoNew(
                        new RestoreRequest.Latest(TestPostgres.DATABASE), Source.server(other), "shop");
                assertThatThrownBy(() -> engine.restore(request))
                        .isInstanceOfSatisfying(
                                BackupException.class,
                                e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                        .hasMessageContaining("\"fast\"");
                assertThat(other.query("SELECT count(*) FROM pg_roles WHERE rolname = 'shop_owner'"))
                        .as("refused before anything was changed")
                        .containsExactly("0");
                engine.restore(request.options(RestoreOptions.defaults()
                        .withoutTablespaces()
                        .withoutSubscriptions()
                        .withoutComments()
                        .withoutPrivileges()
                        .withoutOwners()));
                assertThat(Source.query(
                                other,
                                "shop",
                                "SELECT tableowner || ' ' || coalesce(tablespace, '-') || ' ' || coalesce(relacl::text, '-')"
                                        + " || ' ' || coalesce(obj_description('t'::regclass), '-') || ' ' || (SELECT"
                                        + " count(*) FROM pg_subscription) FROM pg_tables, pg_class WHERE tablename = 't' AND"
                                        + " relname = 't'"))
                        .isEqualTo("postgres - - - 0");
                engine.restore(RestoreRequest.intoNew(
                                new RestoreRequest.Latest(TestPostgres.DATABASE), Source.server(other), "whole")
                        .options(RestoreOptions.defaults().withoutTablespaces()));
                assertThat(Source.query(
                                other,
                                "whole",
                                "SELECT tableowner || ' ' || obj_description('t'::regclass) || ' ' || (SELECT count(*) FROM"
                                        + " pg_subscription) FROM pg_tables WHERE tablename = 't'"))
                        .isEqualTo("shop_owner a table 1");
            }
        }
    }

    @Test
    void nothingCanBeLeftOutOfAPlainDump() {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database).format(DumpFormat.PLAIN).build()) {
            succeed(engine.run());
            assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                                    new RestoreRequest.Latest(database), Source.server(), database + "_plain")
                            .withoutOwners()))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                    .hasMessageContaining("plain dump");
        }
    }

    private BackupEngineBuilder engine(String database) {
        return Source.engine(new DirectoryStore(directory), database).verifyOn(Source.server());
    }

    private static RunReport succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }
}
