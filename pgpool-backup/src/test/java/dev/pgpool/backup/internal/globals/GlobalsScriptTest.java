package dev.pgpool.backup.internal.globals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A globals script is read back statement by statement; anything else in it refuses all of it. */
class GlobalsScriptTest {

    /** Any role may set it to any list of tablespaces that exist; where they do not, nothing may ask for them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            fast                   | 'fast'
            "Fast"                 | 'Fast'
            FAST                   | 'fast'
            ` Fast , "S""p,ace" `  | 'fast', 'S"p,ace'
            ""                     | ''
            a;DROP/**/ROLE/**/x;-- | 'a;drop/**/role/**/x;--'
            o'x,B                  | 'o''x', 'b'
            """)
    void aListOfTablespacesIsWrittenNameByName(String value, String names) {
        assertThat(GlobalsWriter.alter("ROLE \"me\"", "temp_tablespaces", value))
                .isEqualTo("ALTER ROLE \"me\" SET \"temp_tablespaces\" TO " + names);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a,,b", "\"a", "a b", "\"a\"b"})
    void whatIsNoListOfTablespacesTakesTheWayItCame(String value) {
        assertThat(GlobalsWriter.alter("ROLE \"me\"", "temp_tablespaces", value))
                .startsWith("DO ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // What older versions of this library made of a hostile search path.
                "ALTER ROLE \"me\" SET \"search_path\" TO a;ALTER/**/ROLE/**/me/**/SUPERUSER;--;",
                "ALTER ROLE \"me\" SET \"search_path\" TO a;GRANT\"postgres\"TO\"me\";--;",
                "ALTER ROLE \"me\" SET \"search_path\" TO a;GRANT\"postgres\"TO\"me\";",
                "ALTER ROLE \"me\" SET \"search_path\" TO $$a$$;",
                "ALTER ROLE \"me\" SET \"search_path\" TO 'a' 'b';",
                "ALTER ROLE \"me\" SET \"search_path\" TO E'\\'';",
                "ALTER ROLE \"me\" SET \"search_path\" TO 'a\\';",
                "ALTER ROLE me SUPERUSER;",
                "ALTER ROLE \"me\" SUPERUSER;",
                "ALTER SYSTEM SET archive_command TO 'rm';",
                "COPY x FROM PROGRAM 'rm';",
                "SELECT pg_catalog.pg_read_file('x');",
                "SELECT pg_catalog.pg_read_file('x') \\gexec",
                "SELECT 'COPY x FROM PROGRAM ''rm''' WHERE true \\gexec",
                "SELECT 'GRANT \"a\" TO \"b\"; DROP ROLE \"c\"' WHERE true \\gexec",
                "SELECT 'SET ROLE \"a\"; DROP ROLE \"c\"; RESET ROLE' WHERE true \\gexec",
                "DO 'BEGIN DROP ROLE x; END';",
                "DO 'BEGIN PERFORM pg_catalog.set_config(''a'', ''b'', true); DROP ROLE x; END';",
                "DO 'BEGIN PERFORM pg_catalog.set_config(''a'', ''b'', true); ALTER ROLE \"x\" SET \"a\" FROM CURRENT; DROP ROLE"
                        + " x; END';",
                "\\! rm -rf /",
                "CREATE ROLE \"a\";\\! rm",
                "CREATE ROLE \"a\"; CREATE ROLE \"b\";",
                "CREATE ROLE \"a\" SUPERUSER;",
                "CREATE ROLE \"a",
                "CREATE ROLE \"a\"",
                "CREATE ROLE /* x */ \"a\";",
                "CREATE ROLE U&\"a\";",
                "COMMENT ON ROLE \"a\" IS 'x' -- y\n;",
                "DROP DATABASE \"app\";",
                "REVOKE \"a\" FROM \"b\";"
            })
    void whatTheLibraryDoesNotWriteIsRefused(String script) {
        assertThatThrownBy(() -> new GlobalsScript("-- roles\nCREATE ROLE \"first\";\n" + script + "\n"))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                .hasMessageContaining("statement 2");
    }

    @Test
    void scriptsOfOlderVersionsAreRead() {
        GlobalsScript script = new GlobalsScript(String.join(
                "\n",
                "-- roles without passwords: pg_authid could not be read",
                "CREATE ROLE \"a\"\"b\";",
                "ALTER ROLE \"a\"\"b\" WITH NOSUPERUSER INHERIT LOGIN CONNECTION LIMIT -1 PASSWORD 'SCRAM-SHA-256$4096:x=$y:z=';",
                "COMMENT ON ROLE \"a\"\"b\" IS  E'it''s a\\nrole';",
                "GRANT \"g\" TO \"a\"\"b\" WITH ADMIN OPTION;",
                "ALTER ROLE ALL SET \"work_mem\" TO '5MB';",
                "ALTER ROLE \"a\"\"b\" SET \"search_path\" TO \"$user\", public;",
                "ALTER DATABASE \"app\" SET \"statement_timeout\" TO '5min';",
                "ALTER ROLE \"a\"\"b\" IN DATABASE \"app\" SET \"work_mem\" TO '7MB';",
                "CREATE TABLESPACE \"t\" OWNER \"a\"\"b\" LOCATION '/srv/t';",
                "ALTER DATABASE \"app\" OWNER TO \"a\"\"b\";",
                "GRANT CONNECT ON DATABASE \"app\" TO PUBLIC;",
                "GRANT CONNECT ON DATABASE \"app\" TO \"g\" WITH GRANT OPTION;",
                ""));
        assertThat(script.roles()).containsExactly("a\"b");
        assertThat(script.tablespaces()).containsExactly("t");
        assertThat(script.statements()).hasSize(12);
    }

    @Test
    void anyTextIsReadBackAsItWasWritten() {
        Random random = new Random(11);
        String alphabet = "aB\"'\\\n\r\t ;$-/*{}():,=é日%E_.";
        for (int round = 0; round < 3000; round++) {
            String name = text(random, alphabet);
            String value = text(random, alphabet);
            String target = text(random, alphabet);
            GlobalsWriter writer = new GlobalsWriter();
            writer.statementIf("CREATE ROLE " + Sessions.identifier(name), "true");
            writer.statement("COMMENT ON ROLE " + Sessions.identifier(name) + " IS " + Sessions.literal(value));
            writer.statement(GlobalsWriter.alter("ROLE " + Sessions.identifier(name), "search_path", value));
            writer.onDatabase(
                    value,
                    GlobalsWriter.alter(
                            "ROLE " + Sessions.identifier(name) + " IN DATABASE " + Sessions.identifier(value),
                            "search_path",
                            value));
            writer.onDatabase(
                    value,
                    "SET ROLE " + Sessions.identifier(name) + "; GRANT CONNECT, CREATE ON DATABASE "
                            + Sessions.identifier(value) + " TO PUBLIC; RESET ROLE");

            List<GlobalsStatement> statements = new GlobalsScript(writer.text()).statements();

            assertThat(statements).as(writer.text()).hasSize(5);
            assertThat(statements).extracting(GlobalsStatement::name).containsExactly(name, name, name, name, value);
            assertThat(statements.get(3).database()).isEqualTo(value);
            GlobalsStatement moved = GlobalsStatement.parse(
                    "SELECT " + Sessions.literal(statements.get(3).in(target).sql()) + " WHERE true \\gexec");
            assertThat(moved.database()).isEqualTo(target);
            assertThat(moved.name()).isEqualTo(name);
            assertThat(statements.get(4).in(target).name()).isEqualTo(target);
        }
    }

    @Test
    void listsAreWrittenNameByNameAndWhatIsNoListOfSetTakesItsWayBack() {
        assertThat(GlobalsWriter.alter("ROLE \"r\"", "search_path", "\"$user\", public, \"a\"\"b,c\""))
                .isEqualTo("ALTER ROLE \"r\" SET \"search_path\" TO '$user', 'public', 'a\"b,c'");
        assertThat(GlobalsWriter.alter("ROLE \"r\"", "search_path", "\"\""))
                .isEqualTo("ALTER ROLE \"r\" SET \"search_path\" TO ''");
        assertThat(GlobalsWriter.alter("ROLE \"r\"", "datestyle", "SQL, DMY"))
                .isEqualTo("ALTER ROLE \"r\" SET \"datestyle\" TO 'SQL, DMY'");
        for (String odd : List.of("", "Foo", "a b", "a,b", "a;b", "\"a\"b", "'a'", "a, ")) {
            assertThat(GlobalsWriter.alter("ROLE \"r\"", "search_path", odd))
                    .as(odd)
                    .startsWith("DO ")
                    .endsWith("ALTER ROLE \"r\" SET \"search_path\" FROM CURRENT; END'");
        }
    }

    private static String text(Random random, String alphabet) {
        StringBuilder text = new StringBuilder("x");
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
