package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.fixture.ClusterState;
import dev.pgpool.backup.fixture.Program;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What belongs to a server comes back the same by three ways: by the engine, by hand as the documentation says, and by
 * {@code pg_dumpall --globals-only} with {@code pg_restore --create}.
 */
class GlobalsRoundTripIT {

    private static final Map<String, String> IN_PLACE = Map.of("allow_in_place_tablespaces", "on");
    private static final String DATABASE = "odd \"db\"; -- 'x'\n\\gexec é";

    /** Pieces of names that mean something to a shell, to SQL, to psql, or to a path. */
    private static final List<String> PIECES = List.of(
            "\"",
            "'",
            "\n",
            "\\",
            ";",
            "--",
            "/*",
            "*/",
            "$$",
            "$x$",
            " ",
            "é",
            "日本",
            "😀",
            ":",
            ":'x'",
            "%",
            "=",
            "{",
            "}",
            "\\gexec",
            "\\!",
            "DATABASE \"app\" ",
            " IN DATABASE ",
            "A",
            "b",
            "..",
            "/",
            "\t",
            "\r",
            "E'",
            "U&\"",
            "PASSWORD ");

    /** What is on it is read only. */
    private static TestPostgres source;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        source = TestPostgres.fresh(15, IN_PLACE);
        fill(source);
    }

    @AfterAll
    static void stop() {
        source.close();
    }

    @Test
    void everythingOfAServerComesBackByEachWay() throws IOException {
        try (TestPostgres engines = TestPostgres.fresh(15, IN_PLACE);
                TestPostgres hands = TestPostgres.fresh(15, IN_PLACE);
                TestPostgres dumpalls = TestPostgres.fresh(15, IN_PLACE);
                BackupEngine engine = Source.engine(new DirectoryStore(directory), DATABASE)
                        .source(Source.server(source))
                        .build()) {
            Map<String, String> expected = ClusterState.of(source);
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(run.succeeded()).isTrue();
            BackupManifest manifest =
                    Objects.requireNonNull(run.databases().get(0).manifest());
            String data = directory.resolve(manifest.data().key()).toString();
            String globals = directory.resolve(manifest.objects().get(1).key()).toString();

            engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest(DATABASE), Source.server(engines), DATABASE)
                    .globals(RestoreRequest.Globals.APPLY_ALL));
            assertThat(ClusterState.of(engines)).as("by the engine").isEqualTo(expected);

            Program.run(hands, "psql", "-X", "-q", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f", globals);
            BackupManifest.Source made = manifest.source();
            Program.run(
                    hands,
                    "createdb",
                    "--template=template0",
                    "--encoding=" + made.encoding(),
                    "--lc-collate=" + made.collate(),
                    "--lc-ctype=" + made.ctype(),
                    DATABASE);
            Program.run(hands, "pg_restore", "--exit-on-error", "-d", DATABASE, data);
            Program.run(hands, "psql", "-X", "-q", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f", globals);
            assertThat(ClusterState.of(hands)).as("by hand").isEqualTo(expected);

            Path dumpall = directory.resolve("dumpall.sql");
            Program.run(source, "pg_dumpall", "--globals-only", "-f", dumpall.toString());
            // It writes the relative path that the server shows, which no server takes.
            Files.writeString(
                    dumpall, Files.readString(dumpall).replaceAll("LOCATION 'pg_tblspc/[0-9]+'", "LOCATION ''"));
            Program.run(dumpalls, "psql", "-X", "-q", "-d", "postgres", "-f", dumpall.toString());
            Program.run(
                    dumpalls,
                    "/usr/bin/env",
                    "PGOPTIONS=-c default_transaction_read_only=off",
                    "pg_restore",
                    "--host=" + dumpalls.host(),
                    "--port=" + dumpalls.port(),
                    "--username=" + TestPostgres.SUPERUSER,
                    "--create",
                    "--exit-on-error",
                    "-d",
                    "postgres",
                    data);
            // pg_dumpall forgets settings of all roles, lists without an element, and what was revoked from the owner
            // of a
            // parameter.
            expected.computeIfPresent(
                    "settings",
                    (kind, text) ->
                            text.replaceAll("(?m)^(null|r3.*) \\| null \\| (.*work_mem.*|\\{search_path=\\})\n", ""));
            expected.computeIfPresent(
                    "parameters",
                    (kind, text) -> text.replace("work_mem | {app", "work_mem | {postgres=sA/postgres,app"));
            assertThat(ClusterState.of(dumpalls)).as("by pg_dumpall").isEqualTo(expected);

            assertThat(Files.readString(Path.of(globals))).contains("SCRAM-SHA-256$");
        }
    }

    @Test
    void missingRolesAndTablespacesAreCreatedWithAllThatIsTheirs() {
        try (TestPostgres other = TestPostgres.fresh(15, IN_PLACE);
                BackupEngine engine = Source.engine(new DirectoryStore(directory), DATABASE)
                        .source(Source.server(source))
                        .build()) {
            assertThat(engine.run().succeeded()).isTrue();
            other.execute("ALTER ROLE app CONNECTION LIMIT 33");
            engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest(DATABASE), Source.server(other), DATABASE));

            Map<String, String> found = ClusterState.of(other);
            assertThat(found.get("roles")).as("existing roles stay as they are").contains("| 33 |");
            other.execute("ALTER ROLE app CONNECTION LIMIT -1", "ALTER ROLE ALL SET work_mem TO '5MB'");
            other.execute("GRANT SET ON PARAMETER work_mem TO app WITH GRANT OPTION");
            found = ClusterState.of(other);
            assertThat(found.get("roles")).isEqualTo(ClusterState.of(source).get("roles"));
            assertThat(found.get("memberships"))
                    .isEqualTo(ClusterState.of(source).get("memberships"));
            assertThat(found.get("settings")).isEqualTo(ClusterState.of(source).get("settings"));
            assertThat(found.get("tablespaces"))
                    .isEqualTo(ClusterState.of(source).get("tablespaces"));
            assertThat(found.get("databases")).isEqualTo(ClusterState.of(source).get("databases"));
        }
    }

    /** Every kind of role setting, membership, grant, comment and limit, with names and values at random. */
    private static void fill(TestPostgres source) {
        Random random = new Random(7);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            names.add(name("r" + i, random));
        }
        String database = identifier(DATABASE);
        String spaceA = identifier(name("space a", random));
        String spaceB = identifier(name("space b", random));
        List<String> sql = new ArrayList<>();
        for (String name : names) {
            sql.add("CREATE ROLE " + identifier(name));
            sql.add("COMMENT ON ROLE " + identifier(name) + " IS " + literal(name("comment", random)));
        }
        List<String> r = names.stream().map(GlobalsRoundTripIT::identifier).toList();
        sql.addAll(List.of(
                "ALTER ROLE " + r.get(0)
                        + " LOGIN PASSWORD 'geheim' CONNECTION LIMIT 7 VALID UNTIL '2031-01-02 03:04:05+06'",
                "ALTER ROLE " + r.get(1) + " SUPERUSER CREATEDB CREATEROLE NOINHERIT REPLICATION BYPASSRLS VALID UNTIL"
                        + " 'infinity'",
                "ALTER ROLE " + r.get(2) + " CONNECTION LIMIT 0",
                "GRANT " + r.get(3) + " TO " + r.get(0) + " WITH ADMIN OPTION",
                "GRANT " + r.get(3) + " TO " + r.get(2) + " GRANTED BY " + r.get(0),
                "GRANT pg_monitor TO " + r.get(4),
                "GRANT " + r.get(5) + " TO pg_monitor",
                "ALTER ROLE " + r.get(0) + " SET search_path TO \"$user\", public, " + r.get(6) + ", 'select'",
                "ALTER ROLE " + r.get(1) + " SET search_path = ''",
                "SET search_path TO " + r.get(7),
                "ALTER ROLE " + r.get(2) + " SET search_path FROM CURRENT",
                "SELECT set_config('search_path', '', false)",
                "ALTER ROLE " + r.get(3) + " SET search_path FROM CURRENT",
                "SELECT set_config('search_path', 'Foo,bar ,\"Q\"', false)",
                "RESET search_path",
                "ALTER ROLE " + r.get(4) + " SET session_preload_libraries TO 'auto_explain', 'a b'",
                "ALTER ROLE " + r.get(4) + " SET temp_tablespaces TO " + spaceA + ", ''",
                "ALTER ROLE " + r.get(4) + " SET role TO " + r.get(0),
                "ALTER ROLE " + r.get(4) + " SET \"my.setting\" TO " + literal(name("value", random)),
                "ALTER ROLE " + r.get(4) + " SET \"my.empty\" TO ''",
                "ALTER ROLE " + r.get(5) + " SET datestyle TO 'SQL, DMY'",
                "ALTER ROLE " + r.get(5) + " SET timezone TO 'Europe/Berlin'",
                "ALTER ROLE " + r.get(5) + " SET work_mem TO '7MB'",
                "ALTER ROLE ALL SET work_mem TO '5MB'",
                "CREATE TABLESPACE " + spaceA + " OWNER " + r.get(6) + " LOCATION ''",
                "CREATE TABLESPACE " + spaceB + " LOCATION ''",
                "ALTER TABLESPACE " + spaceB + " SET (seq_page_cost = 1.5, effective_io_concurrency = 7)",
                "COMMENT ON TABLESPACE " + spaceB + " IS " + literal(name("comment", random)),
                "GRANT CREATE ON TABLESPACE " + spaceA + " TO " + r.get(7) + " WITH GRANT OPTION",
                "REVOKE CREATE ON TABLESPACE " + spaceA + " FROM " + r.get(6),
                "SET ROLE " + r.get(7),
                "GRANT CREATE ON TABLESPACE " + spaceA + " TO " + r.get(8),
                "RESET ROLE",
                "GRANT SET ON PARAMETER work_mem TO app WITH GRANT OPTION",
                "GRANT SET, ALTER SYSTEM ON PARAMETER \"my.setting\" TO " + r.get(9),
                "REVOKE ALL ON PARAMETER work_mem FROM postgres",
                "CREATE DATABASE " + database + " OWNER " + r.get(8) + " TABLESPACE " + spaceB + " CONNECTION LIMIT 99",
                "COMMENT ON DATABASE " + database + " IS " + literal(name("comment", random)),
                "REVOKE CONNECT, TEMPORARY ON DATABASE " + database + " FROM PUBLIC",
                "GRANT CONNECT ON DATABASE " + database + " TO " + r.get(9) + " WITH GRANT OPTION",
                "SET ROLE " + r.get(9),
                "GRANT CONNECT ON DATABASE " + database + " TO " + r.get(10),
                "RESET ROLE",
                "REVOKE CREATE ON DATABASE " + database + " FROM " + r.get(8),
                "ALTER DATABASE " + database + " SET search_path TO " + r.get(11) + ", public",
                "ALTER DATABASE " + database + " SET \"my.setting\" TO " + literal(name("value", random)),
                "ALTER DATABASE " + database + " SET default_transaction_read_only TO on",
                "ALTER ROLE " + r.get(0) + " IN DATABASE " + database + " SET search_path TO " + r.get(1) + ", ''",
                "ALTER ROLE " + r.get(0) + " IN DATABASE " + database + " SET statement_timeout TO '5min'"));
        source.executeIn("postgres", sql.toArray(String[]::new));
    }

    private static String name(String start, Random random) {
        StringBuilder text = new StringBuilder(start);
        while (text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length < 48) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    private static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static String literal(String value) {
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
