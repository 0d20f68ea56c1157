package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What owners of roles and databases may set and create must not become more rights for them, by a backup or a restore. */
class HostileSourceIT {

    @TempDir
    Path directory;

    /** Where a hostile search path is set; the later ones win in PostgreSQL. */
    enum SetFor {
        DATABASE("ALTER DATABASE %s"),
        ROLE("ALTER ROLE postgres"),
        ROLE_IN_DATABASE("ALTER ROLE postgres IN DATABASE %s");

        private final String what;

        SetFor(String what) {
            this.what = what;
        }
    }

    private static final List<String> PATHS = List.of(
            "a;ALTER/**/ROLE/**/me/**/SUPERUSER;--",
            "a;GRANT\"postgres\"TO\"me\";--",
            "a'';ALTER/**/ROLE/**/me/**/SUPERUSER;--",
            "\"a\",\"b\"\";ALTER ROLE me SUPERUSER;--\"",
            "\"a\n;ALTER ROLE me SUPERUSER;--\"",
            "a\\;ALTER/**/ROLE/**/me/**/SUPERUSER;--",
            "$$;ALTER/**/ROLE/**/me/**/SUPERUSER;--",
            "\"x\n\\gexec\n\"",
            "Foo,bar",
            "\"\"",
            "");

    private static TestPostgres source;

    @BeforeAll
    static void start() {
        source = TestPostgres.fresh(15, Map.of("allow_in_place_tablespaces", "on"));
        source.execute(
                "CREATE ROLE me LOGIN", "CREATE TABLESPACE fast LOCATION ''", "GRANT CREATE ON TABLESPACE fast TO me");
    }

    @AfterAll
    static void stop() {
        source.close();
    }

    @Test
    void settingsOfRolesRunNothingAndComeBackAsTheyWere() throws SQLException {
        try (TestPostgres other = TestPostgres.fresh(15, Map.of());
                BackupEngine engine = Source.engine(new DirectoryStore(directory), TestPostgres.DATABASE)
                        .source(Source.server(source))
                        .build()) {
            for (int i = 0; i < PATHS.size(); i++) {
                source.execute("CREATE ROLE any" + i + " LOGIN");
                try (Connection any = DriverManager.getConnection(
                                "jdbc:postgresql://127.0.0.1:" + source.port() + "/app", "any" + i, "");
                        Statement statement = any.createStatement()) {
                    statement.execute("SELECT set_config('search_path', '" + PATHS.get(i) + "', false)");
                    statement.execute("ALTER ROLE any" + i + " SET search_path FROM CURRENT");
                }
                source.execute("ALTER ROLE any" + i + " IN DATABASE app SET search_path TO 'x;y'");
            }
            // As any role may; the other server has no such tablespace.
            source.execute(
                    "SET ROLE me",
                    "SELECT set_config('temp_tablespaces', 'Fast', false)",
                    "ALTER ROLE me SET temp_tablespaces FROM CURRENT");
            succeed(engine.run());

            engine.restore(RestoreRequest.intoNew(
                            new RestoreRequest.Latest(TestPostgres.DATABASE), Source.server(other), "restored")
                    .globals(RestoreRequest.Globals.APPLY_ALL));

            for (int i = 0; i < PATHS.size(); i++) {
                String stored =
                        "SELECT string_agg(setconfig::text, ' ' ORDER BY setdatabase = 0) FROM pg_db_role_setting WHERE"
                                + " setrole = 'any" + i + "'::regrole";
                assertThat(Source.query(other, "postgres", stored))
                        .as(PATHS.get(i))
                        .isEqualTo(Source.query(source, "postgres", stored));
            }
            assertThat(mightOf(other)).isEqualTo("false 0");
            assertThat(Source.query(
                            other,
                            "postgres",
                            "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'me'::regrole"))
                    .isEqualTo("{temp_tablespaces=fast}");
        }
    }

    @ParameterizedTest
    @EnumSource(SetFor.class)
    void functionsOperatorsTablesAndCastsOfADatabaseOwnerAreNotRun(SetFor where) {
        String evil = where.name().toLowerCase(Locale.ROOT);
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), evil)
                .source(Source.server(source).withAdminDatabase(evil))
                .verifyOn(Source.server(source))
                .build()) {
            source.execute("CREATE DATABASE " + evil + " OWNER me");
            source.executeIn(evil, trap());
            source.executeIn(
                    "postgres",
                    String.format(where.what, evil) + " SET search_path = evil, pg_catalog",
                    "ALTER DATABASE " + evil + " SET statement_timeout = '1ms'",
                    "ALTER DATABASE " + evil + " SET lock_timeout = '1ms'",
                    "ALTER DATABASE " + evil + " SET standard_conforming_strings = off",
                    "ALTER DATABASE " + evil + " SET default_transaction_read_only = on");

            RunReport run = succeed(engine.run());
            VerifyReport verified = engine.verify(evil, run.id(), VerifyLevel.CHECKED);
            assertThat(verified.problems()).isEmpty();
            RestoreRequest request = RestoreRequest.intoNew(
                    new RestoreRequest.Latest(evil), Source.server(source).withAdminDatabase(evil), evil);
            engine.restore(request.overwriting(evil));
            engine.restore(RestoreRequest.intoNew(
                    new RestoreRequest.Latest(evil), Source.server(source).withAdminDatabase(evil), evil + "_2"));

            assertThat(mightOf(source)).isEqualTo("false 0");
        } finally {
            source.execute(
                    "ALTER ROLE postgres RESET search_path",
                    "ALTER ROLE postgres IN DATABASE " + evil + " RESET search_path");
        }
    }

    @Test
    void trapOfThisTestWorks() {
        source.execute("CREATE DATABASE trapped OWNER me");
        source.executeIn("trapped", trap());
        for (String careless : List.of(
                "SELECT set_config('work_mem', '1MB', false)",
                "SELECT count(*) FROM pg_settings WHERE name = 'x'",
                "SELECT datname FROM pg_database WHERE datname = 'x'::text",
                "SELECT pg_backend_pid()")) {
            source.executeIn("trapped", "SET search_path = evil, pg_catalog", careless);
            assertThat(mightOf(source)).as(careless).startsWith("true");
            source.execute("ALTER ROLE me NOSUPERUSER");
        }
    }

    private static String mightOf(TestPostgres server) {
        return Source.query(
                server,
                "postgres",
                "SELECT rolsuper || ' ' || (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid) FROM pg_roles r"
                        + " WHERE rolname = 'me'");
    }

    /** As {@code me}: everything that an unqualified name could mean, in a schema of its own. */
    private static String[] trap() {
        List<String> sql = new ArrayList<>(List.of(
                "SET ROLE me",
                "CREATE SCHEMA evil",
                "CREATE FUNCTION evil.spring() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$BEGIN IF"
                        + " current_user <> 'me' THEN EXECUTE 'ALTER ROLE me SUPERUSER'; END IF; EXCEPTION WHEN OTHERS THEN NULL;"
                        + " END$$",
                "CREATE TABLE evil.kept (i int)",
                "INSERT INTO evil.kept SELECT pg_catalog.generate_series(1, 10)"));
        for (String function : List.of(
                "set_config(text, text, boolean)",
                "current_setting(text)",
                "pg_backend_pid()",
                "pg_is_in_recovery()",
                "pg_export_snapshot()",
                "current_database()",
                "has_table_privilege(text, text)",
                "has_table_privilege(oid, text)",
                "has_function_privilege(text, text)",
                "row_security_active(oid)",
                "shobj_description(oid, name)",
                "pg_encoding_to_char(int)",
                "pg_database_size(oid)",
                "pg_table_size(oid)",
                "pg_table_size(regclass)",
                "pg_current_wal_lsn()",
                "pg_last_wal_replay_lsn()",
                "pg_try_advisory_lock(int, int)",
                "aclexplode(aclitem[])",
                "unnest(text[])",
                "pg_tablespace_location(oid)",
                "pg_terminate_backend(int)",
                "concat(text, text)",
                "count(int)",
                "greatest(real, int)")) {
            String name = function.substring(0, function.indexOf('('));
            sql.add("CREATE FUNCTION evil." + (name.equals("greatest") ? "greatest_" : name)
                    + function.substring(function.indexOf('('))
                    + " RETURNS text LANGUAGE sql AS $$SELECT evil.spring()::pg_catalog.text$$");
        }
        for (String operator : List.of(
                "name = text",
                "name ~ text",
                "name !~ text",
                "text || text",
                "oid = oid",
                "oid >= int",
                "name <> text",
                "text = text",
                "char = char",
                "bigint + bigint",
                "int - int")) {
            String[] words = operator.split(" ");
            sql.add("CREATE OR REPLACE FUNCTION evil.op(pg_catalog." + type(words[0]) + ", pg_catalog." + type(words[2])
                    + ") RETURNS pg_catalog.bool LANGUAGE sql AS $$SELECT evil.spring() IS NOT NULL$$");
            sql.add("CREATE OPERATOR evil." + words[1] + " (FUNCTION = evil.op, LEFTARG = pg_catalog." + type(words[0])
                    + ", RIGHTARG = pg_catalog." + type(words[2]) + ")");
        }
        for (String view : List.of(
                "pg_settings",
                "pg_database",
                "pg_roles",
                "pg_authid",
                "pg_class",
                "pg_namespace",
                "pg_extension",
                "pg_shdepend",
                "pg_locks",
                "pg_stat_activity",
                "pg_db_role_setting",
                "pg_tablespace",
                "pg_auth_members",
                "pg_largeobject_metadata",
                "pg_proc",
                "pg_parameter_acl")) {
            sql.add("CREATE VIEW evil." + view + " AS SELECT *, evil.spring()::text AS sprung FROM pg_catalog."
                    + view.replace("pg_authid", "pg_roles"));
        }
        sql.add("RESET ROLE");
        return sql.toArray(String[]::new);
    }

    private static String type(String word) {
        return word.equals("bigint") ? "int8" : word.equals("int") ? "int4" : word.equals("char") ? "\"char\"" : word;
    }

    private static RunReport succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }
}
