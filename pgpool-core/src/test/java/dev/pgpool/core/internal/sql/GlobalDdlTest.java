package dev.pgpool.core.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.SessionState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What texts do to roles and databases. */
class GlobalDdlTest {
    private final StatementScanner scanner = new StatementScanner();

    private @Nullable GlobalDdl read(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return scanner.scan(text, 0, text.readableBytes(), TextForm.STANDARD).global();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // text | roles | databases | vacated
                "ALTER ROLE app SET work_mem = '1MB'|app|-|-",
                "alter user App reset all|app|-|-",
                "ALTER ROLE \"App\" SET work_mem TO DEFAULT|App|-|-",
                "ALTER ROLE \"a\"\"b\" SET work_mem FROM CURRENT|a\"b|-|-",
                "ALTER ROLE app IN DATABASE shop SET work_mem = 1|app|-|-",
                "ALTER ROLE ALL IN DATABASE shop SET work_mem = 1|-|shop|-",
                "ALTER ROLE app RENAME TO app2|app app2|-|-",
                "ALTER USER app WITH NOLOGIN|app|-|-",
                "ALTER ROLE app SUPERUSER|app|-|-",
                "CREATE ROLE app LOGIN PASSWORD 'x'|app|-|-",
                "CREATE USER app|app|-|-",
                "CREATE GROUP g|g|-|-",
                "DROP ROLE app|app|-|-",
                "DROP ROLE IF EXISTS a, \"B\" ,c;|a B c|-|-",
                "DROP USER a|a|-|-",
                "/* who */ drop /* what */ group g|g|-|-",
                "CREATE DATABASE shop|-|shop|template1",
                "CREATE DATABASE shop OWNER = app TEMPLATE = old ENCODING 'UTF8'|-|shop|old",
                "CREATE DATABASE shop WITH TEMPLATE old|-|shop|old",
                "CREATE DATABASE shop TEMPLATE 'Old'|-|shop|Old",
                "CREATE DATABASE shop TEMPLATE \"Old\" STRATEGY file_copy|-|shop|Old",
                "CREATE DATABASE shop TEMPLATE DEFAULT|-|shop|template1",
                "DROP DATABASE shop|-|shop|shop",
                "DROP DATABASE IF EXISTS shop WITH (FORCE)|-|shop|shop",
                "ALTER DATABASE shop RENAME TO old|-|shop old|shop",
                "ALTER DATABASE shop SET TABLESPACE fast|-|shop|shop",
                "ALTER DATABASE shop SET work_mem = 1|-|shop|-",
                "ALTER DATABASE shop RESET ALL|-|shop|-",
                "SELECT 1; ALTER ROLE a SET b.c = 1; DROP DATABASE d|a|d|d",
                "BEGIN; CREATE ROLE a; CREATE ROLE b; COMMIT|a b|-|-",
                "DO $$ BEGIN ALTER ROLE app SET work_mem = 1; END $$|app|-|-",
                "DO $$ BEGIN EXECUTE 'DROP ROLE app'; END $$|app|-|-",
                "DO $$ BEGIN IF true THEN EXECUTE format('x'); CREATE ROLE app; END IF; END $$|app|-|-",
            })
    void namesAreRead(String sql, @Nullable String roles, @Nullable String databases, @Nullable String vacated) {
        GlobalDdl ddl = read(sql);
        assertThat(ddl).as(sql).isNotNull();
        assertThat(ddl.roles()).isEqualTo(names(roles));
        assertThat(ddl.databases()).isEqualTo(names(databases));
        assertThat(ddl.vacated()).isEqualTo(names(vacated));
        assertThat(ddl.everything()).isFalse();
    }

    private static Set<String> names(@Nullable String list) {
        return list == null ? Set.of() : new TreeSet<>(Arrays.asList(list.split(" ")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER ROLE CURRENT_USER SET work_mem = 1",
                "ALTER ROLE session_user RESET ALL",
                "ALTER USER CURRENT_ROLE SET work_mem = 1",
                "ALTER ROLE ALL SET work_mem = 1",
                "DROP ROLE $1",
                "DROP ROLE aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
            })
    void whatCanNotBeReadIsEverything(String sql) {
        assertThat(read(sql)).isNotNull();
        assertThat(read(sql).everything()).isTrue();
        assertThat(read(sql).outdates("whoever", "wherever")).isTrue();
    }

    @Test
    void namesInUnicodeEscapesAreRead() {
        assertThat(read("DROP ROLE U&\"\\0061pp\"").outdates("app", "wherever")).isTrue();
        assertThat(read("DROP ROLE U&\"\\0061pp\"").outdates("whoever", "wherever"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "CREATE TABLE role (database int)",
                "DROP TABLE IF EXISTS database",
                "ALTER TABLE t RENAME TO database",
                "ALTER ROLE app PASSWORD 'secret'",
                "ALTER ROLE app VALID UNTIL 'infinity' CONNECTION LIMIT 5",
                "CREATE USER MAPPING FOR app SERVER database",
                "DROP USER MAPPING IF EXISTS FOR app SERVER database",
                "ALTER USER MAPPING FOR app SERVER s OPTIONS (SET user 'x')",
                "SELECT 'DROP ROLE app'",
                "SELECT 1 -- ; DROP ROLE app",
                "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DROP ROLE app'",
                "ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO app",
                "COMMENT ON ROLE app IS 'x'",
            })
    void whatOtherSessionsDoNotNoticeIsNothing(String sql) {
        assertThat(read(sql)).isNull();
    }

    @Test
    void whatStandsBehindIsReadAsBefore() {
        ByteBuf text = Unpooled.copiedBuffer(
                "ALTER ROLE a SET x.y = 1; LISTEN c; CREATE TEMP TABLE t (a int)", StandardCharsets.UTF_8);
        SessionEffects effects = scanner.scan(text, 0, text.readableBytes(), TextForm.STANDARD);
        assertThat(effects.makes()).isEqualTo(SessionState.LISTEN.bit() | SessionState.TEMPORARY_OBJECT.bit());
        assertThat(effects.settings()).isEmpty();
        assertThat(effects.single()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "ALTER ROLE,true",
        "CREATE ROLE,true",
        "DROP ROLE,true",
        "ALTER DATABASE,true",
        "CREATE DATABASE,true",
        "DROP DATABASE,true",
        "CREATE TABLE,false",
        "DELETE,false",
        "ALTER ROL,false",
        "'',false"
    })
    void tagsTellWhatWasNotRead(String tag, boolean global) {
        ByteBuf text = Unpooled.copiedBuffer(tag, StandardCharsets.UTF_8);
        assertThat(GlobalDdl.isTag(text, 0, text.readableBytes())).isEqualTo(global);
    }
}
