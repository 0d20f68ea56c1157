package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role as providers of managed PostgreSQL give it, which may make databases and roles and is no superuser. */
class ManagedIT {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {15, 18})
    void verifiesAndRestoresWhatItMayAndSaysWhatItLeftOut(int version) {
        try (TestPostgres source = TestPostgres.fresh(15, Map.of());
                TestPostgres managed = TestPostgres.fresh(version, Map.of())) {
            source.execute(
                    "CREATE ROLE owner_one LOGIN PASSWORD 'geheim' CONNECTION LIMIT 7 CREATEDB",
                    "CREATE ROLE reader",
                    "CREATE ROLE copier REPLICATION",
                    "GRANT reader TO owner_one",
                    "ALTER ROLE owner_one SET search_path TO shop, public",
                    "ALTER ROLE copier SET session_preload_libraries TO 'auto_explain'",
                    "GRANT SET ON PARAMETER log_min_messages TO reader",
                    "CREATE DATABASE shop OWNER owner_one",
                    "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
                    "GRANT CONNECT ON DATABASE shop TO reader",
                    "COMMENT ON DATABASE shop IS 'sells'");
            source.executeIn(
                    "shop",
                    "CREATE EXTENSION pg_trgm",
                    "SET ROLE owner_one",
                    "CREATE SCHEMA shop",
                    "CREATE TABLE shop.orders (id serial PRIMARY KEY, note text)",
                    "INSERT INTO shop.orders (note) SELECT 'n' FROM generate_series(1, 500)",
                    "GRANT SELECT ON shop.orders TO reader",
                    "RESET ROLE",
                    "CREATE TABLE public.of_the_superuser (i int)",
                    "INSERT INTO public.of_the_superuser VALUES (1), (2)",
                    "GRANT SELECT ON public.of_the_superuser TO reader",
                    "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                    "CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION public.watch()",
                    "CREATE PUBLICATION everything FOR ALL TABLES");
            managed.execute("CREATE ROLE managed_admin LOGIN CREATEDB CREATEROLE");
            PgServer admin = PgServer.of(managed.host(), managed.port(), "managed_admin", "");
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory), "shop")
                    .source(Source.server(source))
                    .verifyOn(admin)
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();

                VerifyReport verified = engine.verify("shop", run.id(), VerifyLevel.CHECKED);
                assertThat(verified.problems()).isEmpty();
                assertThat(verified.reached()).isEqualTo(VerifyLevel.CHECKED);
                assertThat(verified.notes())
                        .anySatisfy(note -> assertThat(note).contains("left out", "EVENT TRIGGER"))
                        .anySatisfy(note -> assertThat(note).contains("left out", "PUBLICATION"));
                assertThat(Source.query(managed, "postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'reader'"))
                        .as("roles of the verification are gone")
                        .isEqualTo("0");

                RestoreReport report =
                        engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest("shop"), admin, "shop"));
                assertThat(report.errors()).isEmpty();
                assertThat(report.leftOut())
                        .anySatisfy(line -> assertThat(line).contains("EVENT TRIGGER"))
                        .anySatisfy(line -> assertThat(line).contains("REPLICATION"))
                        .anySatisfy(line -> assertThat(line).contains("PARAMETER"));
                assertThat(Source.query(managed, "shop", "SELECT count(*) FROM shop.orders"))
                        .isEqualTo("500");
                assertThat(Source.query(managed, "shop", "SELECT count(*) FROM public.of_the_superuser"))
                        .isEqualTo("2");
                assertThat(Source.query(managed, "shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"))
                        .isEqualTo("owner_one");
                assertThat(Source.query(
                                managed,
                                "shop",
                                "SELECT tableowner FROM pg_tables WHERE tablename = 'of_the_superuser'"))
                        .isEqualTo("managed_admin");
                assertThat(Source.query(
                                managed, "shop", "SELECT has_table_privilege('reader', 'shop.orders', 'SELECT')"))
                        .isEqualTo("t");
                for (String question : new String[] {
                    "SELECT datdba::regrole FROM pg_database WHERE datname = 'shop'",
                    "SELECT has_database_privilege('public', 'shop', 'CONNECT')",
                    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop'",
                    "SELECT rolconnlimit || ' ' || rolcreatedb || ' ' || rolpassword FROM pg_authid WHERE rolname ="
                            + " 'owner_one'",
                    "SELECT setconfig::text FROM pg_db_role_setting WHERE setrole = 'owner_one'::regrole"
                }) {
                    assertThat(Source.query(managed, "shop", question))
                            .as(question)
                            .isEqualTo(Source.query(source, "shop", question));
                }
                RestoreReport again =
                        engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest("shop"), admin, "shop")
                                .overwriting("shop")
                                .jobs(3));
                assertThat(again.errors()).isEmpty();
                assertThat(Source.query(managed, "shop", "SELECT count(*) FROM shop.orders"))
                        .isEqualTo("500");
            }
        }
    }
}
