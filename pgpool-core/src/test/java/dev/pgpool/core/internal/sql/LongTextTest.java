package dev.pgpool.core.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.SessionState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A text that passes in pieces is read as one that is held: whatever is found in that is found in this, too. */
class LongTextTest {
    private static final String FILLER = "(1, 'abc; set x = 1', \"q\"), ";
    private static final List<String> PIECES = List.of(
            "SET work_mem = '1MB'",
            "SET a.b TO 'it''s'",
            "select set_config('c.d', 'x', false)",
            "select 1",
            "'",
            "''",
            "\"",
            "$$",
            "$a$",
            "$1",
            "x$y$z",
            "/*",
            "*/",
            "--",
            "\n",
            ";",
            " ",
            "E'a\\'b'",
            "U&'a\\'",
            "e'",
            "\\",
            "LISTEN x",
            "RESET ALL",
            "reset work_mem",
            "pg_advisory_lock(1)",
            "CREATE TEMP TABLE t (a int)",
            "UPDATE pg_settings SET setting = '1'",
            "U&\"pg\\005fsettings\"",
            "DO $$ BEGIN SET e.f = 1; END $$",
            "PREPARE p AS SELECT 1",
            "insert into t values ",
            FILLER.repeat(3_000),
            "/* " + "long ".repeat(20_000) + "*/",
            "'" + "long ".repeat(20_000) + "'");

    private final StatementScanner scanner = new StatementScanner();
    private final LongText text = new LongText();
    private final Random random = new Random(Long.getLong("pgpool.text.seed", 4711));

    @Test
    void whatIsFoundInAShortTextIsFoundInALongOne() {
        for (int i = 0; i < 1_500; i++) {
            StringBuilder sql = new StringBuilder();
            for (int k = random.nextInt(14); k >= 0; k--) {
                sql.append(PIECES.get(random.nextInt(PIECES.size() - (i % 10 == 0 ? 0 : 3))));
                sql.append(random.nextBoolean() ? " " : "");
            }
            boolean backslashes = random.nextInt(4) == 0;
            String shortened = sql.length() > 300 ? sql.substring(0, 300) : sql.toString();
            assertCovers(read(sql.toString(), backslashes), whole(sql.toString(), backslashes), shortened);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET lock_timeout = 99",
                "set session \"Lock_Timeout\" to 99",
                "SELECT set_config('lock_timeout', '99', false)",
                "SELECT pg_catalog.\"set_config\"('lock_timeout', '99', false)",
                "DO $body$ BEGIN SET lock_timeout = 99; END $body$"
            })
    void settingIsFoundWhereverItStands(String setting) {
        String values = FILLER.repeat(9_000);
        for (String before : List.of(
                "select 1; -- " + "x".repeat(300_000) + "\n",
                "/* " + "x'\"$$".repeat(60_000) + " */",
                "insert into t values " + values + "(2);",
                "select '" + "y''".repeat(100_000) + "';",
                "select $q$" + "$q $".repeat(80_000) + "$q$;",
                "select 1;".repeat(40_000))) {
            String sql = before + setting + "; insert into t values " + values + "(3)";
            assertThat(read(sql, false).settings()).as(before.substring(0, 12)).containsExactly("lock_timeout");
        }
    }

    @Test
    void callInTheMiddleOfAnEndlessStatementIsFound() {
        for (int fill = 2_000; fill < 2_400; fill += 7) {
            String values = FILLER.repeat(fill);
            String sql = "insert into t values " + values + "(set_config('a.b', 'c', false))" + values;

            assertThat(read(sql, false).settings()).containsExactly("a.b");
        }
    }

    @Test
    void bulkOfDataDoesNothing() {
        String sql = "insert into t values " + FILLER.repeat(40_000) + "(1) on conflict do update set x = 2";

        assertThat(read(sql, false)).isSameAs(SessionEffects.NONE);
    }

    @Test
    void blockThatIsTooLongToBeReadMayDoAnything() {
        String sql = "DO $$ BEGIN " + "PERFORM f(1); ".repeat(40_000) + " SET a.b = 1; END $$";

        assertThat(read(sql, false).makes() & SessionState.SETTING.bit()).isNotZero();
    }

    private SessionEffects read(String sql, boolean backslashes) {
        ByteBuf buf = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        text.begin(form(backslashes));
        int at = 0;
        while (at < buf.writerIndex()) {
            int to = Math.min(buf.writerIndex(), at + 1 + random.nextInt(random.nextBoolean() ? 3 : 20_000));
            text.feed(buf, at, to);
            at = to;
        }
        return text.end();
    }

    private SessionEffects whole(String sql, boolean backslashes) {
        ByteBuf buf = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return scanner.scan(buf, 0, buf.writerIndex(), form(backslashes));
    }

    private static TextForm form(boolean backslashes) {
        return backslashes ? TextForm.BACKSLASHES : TextForm.STANDARD;
    }

    private static void assertCovers(SessionEffects found, SessionEffects expected, String sql) {
        int sequence = SessionState.SEQUENCE.bit();
        assertThat(found.makes() & expected.makes()).as(sql).isEqualTo(expected.makes() & ~sequence);
        assertThat(found.clears() & expected.clears()).as(sql).isEqualTo(expected.clears());
        assertThat(found.settings()).as(sql).containsAll(expected.settings());
        assertThat(found.resets()).as(sql).containsAll(expected.resets());
        assertThat(found.resetsAll() || !expected.resetsAll()).as(sql).isTrue();
        assertThat(found.setsLocally() || !expected.setsLocally()).as(sql).isTrue();
    }
}
