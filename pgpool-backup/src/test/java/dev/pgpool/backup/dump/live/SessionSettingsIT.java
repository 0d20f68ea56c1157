package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code ALTER DATABASE ... SET} and {@code ALTER ROLE ... SET} say reaches no session of the engine or of its programs, on
 * the source and on the target, from the first statement on. The target is of the newest version, whose limits the oldest lacks.
 */
@Tag("once")
class SessionSettingsIT {

    /** Each alone would end sessions, refuse statements, or change what they mean; all that a database's owner may set. */
    private static final List<String> OF_OWNERS = List.of(
            "statement_timeout = 1",
            "lock_timeout = 1",
            "idle_in_transaction_session_timeout = 1",
            "idle_session_timeout = 1",
            "tcp_user_timeout = 1",
            "exit_on_error = on",
            "role = 'me'",
            "local_preload_libraries = 'missing'",
            "default_transaction_read_only = on",
            "default_transaction_isolation = 'serializable'",
            "default_transaction_deferrable = on",
            "standard_conforming_strings = off",
            "quote_all_identifiers = on",
            "array_nulls = off",
            "transform_null_equals = on",
            "client_min_messages = 'debug5'",
            "client_encoding = 'LATIN1'",
            "search_path = 'nowhere'",
            "row_security = off",
            "bytea_output = 'escape'",
            "datestyle = 'German'",
            "intervalstyle = 'iso_8601'",
            "extra_float_digits = -15",
            "xmloption = document",
            "default_table_access_method = 'missing'",
            "temp_tablespaces = 'missing'",
            "session_authorization = 'me'");

    private static final List<String> NEWER =
            List.of("transaction_timeout = 1", "restrict_nonsystem_relation_kind = 'view'");

    private static TestPostgres source;
    private static TestPostgres target;

    @TempDir
    Path directory;

    enum SetFor {
        DATABASE("ALTER DATABASE %1$s SET "),
        ROLE("ALTER ROLE %2$s SET "),
        ROLE_IN_DATABASE("ALTER ROLE %2$s IN DATABASE %1$s SET ");

        private final String statement;

        SetFor(String statement) {
            this.statement = statement;
        }
    }

    @BeforeAll
    static void start() {
        source = TestPostgres.fresh(15, Map.of());
        target = TestPostgres.fresh(18, Map.of());
        for (TestPostgres server : List.of(source, target)) {
            server.execute("CREATE ROLE me LOGIN");
        }
    }

    @AfterAll
    static void stop() {
        source.close();
        target.close();
    }

    static Stream<Arguments> places() {
        return Stream.of(SetFor.values())
                .flatMap(where -> Stream.of(DumpFormat.CUSTOM, DumpFormat.PLAIN).map(f -> Arguments.of(where, f)));
    }

    @ParameterizedTest
    @MethodSource("places")
    void settingsReachNoSession(SetFor where, DumpFormat format) {
        String name = TestPostgres.uniqueName("db");
        String boss = name + "_boss";
        for (TestPostgres server : List.of(source, target)) {
            server.execute("CREATE ROLE " + boss + " LOGIN SUPERUSER", "CREATE DATABASE " + name + " OWNER me");
        }
        source.executeIn(
                name,
                "CREATE TABLE t AS SELECT i, 'na\u00efve \u2603 ' || i AS s, i / 7.0::float8 AS f, now() AS at, '1 day 2:03'::interval"
                        + " AS span FROM generate_series(1, 2000) i",
                "CREATE VIEW v AS SELECT 1 AS one",
                "ALTER TABLE t OWNER TO me");
        String rows = "SELECT md5(string_agg(t::text, '|' ORDER BY i)) FROM t";
        String expected = Source.query(source, name, rows);
        set(source, where, name, boss, OF_OWNERS);
        List<String> all = new ArrayList<>(OF_OWNERS);
        all.addAll(NEWER);
        set(target, where, name, boss, all);

        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), name)
                .source(server(source, boss).withAdminDatabase(name))
                .format(format)
                .verifyOn(server(target, boss).withAdminDatabase(name))
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(run.notes()).as("what pg_dump printed").noneMatch(note -> note.contains("DEBUG"));
            assertThat(engine.verify(name, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
            RestoreRequest request = RestoreRequest.intoNew(
                    new RestoreRequest.Latest(name), server(target, boss).withAdminDatabase(name), name);
            engine.restore(request.intoEmpty());
            if (format == DumpFormat.CUSTOM) {
                engine.restore(request.part(RestorePart.table("public", "t")).overwriting(name));
            }
            engine.restore(RestoreRequest.intoNew(
                    new RestoreRequest.Latest(name), server(target, boss).withAdminDatabase(name), name + "_2"));
            engine.restore(request.overwriting(name));
        }

        for (String restored : List.of(name, name + "_2")) {
            target.executeIn(TestPostgres.DATABASE, "ALTER DATABASE " + restored + " RESET ALL");
            assertThat(Source.query(target, restored, rows)).as(restored).isEqualTo(expected);
            assertThat(Source.query(target, restored, "SELECT tableowner FROM pg_tables WHERE tablename = 't'"))
                    .isEqualTo("me");
        }
    }

    private static void set(TestPostgres server, SetFor where, String database, String role, List<String> settings) {
        for (String setting : settings) {
            server.execute(String.format(where.statement, database, role) + setting);
        }
    }

    private static PgServer server(TestPostgres server, String role) {
        return PgServer.of(server.host(), server.port(), role, "");
    }
}
