package dev.pgpool.core.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.SessionState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementScannerTest {
    private final StatementScanner scanner = new StatementScanner();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "SELECT 1",
                "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
                "BEGIN",
                "COMMIT",
                "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "SET LOCAL statement_timeout = '5s'",
                "SET TRANSACTION READ ONLY",
                "SET CONSTRAINTS ALL DEFERRED",
                "SELECT set_config('a.b', 'x', true)",
                "SELECT pg_catalog.set_config('a.b', (SELECT f(1, true)), TRUE)",
                "UPDATE t SET role = 'x', reset = 1",
                "SELECT 'SET a TO b; LISTEN c'",
                "SELECT $$ LISTEN x $$",
                "SELECT $t$ pg_advisory_lock(1) $$ $t$",
                "SELECT 1 -- LISTEN x\n",
                "SELECT 1 /* pg_advisory_lock(1) /* nested */ set_config('a', 'b', false) */",
                "SELECT pg_advisory_xact_lock(1), pg_try_advisory_xact_lock_shared(1)",
                "SELECT lastval FROM t",
                "CREATE TABLE temp (temporary int)",
                "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET search_path = a AS 'SELECT set_config(''a'',''b'',false)'",
                "ALTER TABLE app SET (fillfactor = 50)",
                "DECLARE c CURSOR FOR SELECT 1",
                "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1",
                "WITH hold AS (SELECT 1) SELECT * FROM hold",
                "PREPARE TRANSACTION 'x'",
                "SELECT nextval('s')",
                "SELECT nextval('s'), currval('s')",
                "INSERT INTO t DEFAULT VALUES RETURNING lastval()",
                "INSERT INTO t VALUES (1); SELECT lastval()",
                "DO $$ BEGIN UPDATE t SET a = 1; END $$",
                "DO $$ BEGIN SET LOCAL a.b = 'c'; END $$",
                "INSERT INTO t (\"set_config\") VALUES ('it''s; LISTEN x')",
                "SELECT E'it\\'s; LISTEN x; '",
                "SET transaction_isolation = 'serializable'",
                "SELECT * FROM pg_settings FOR UPDATE",
                "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
                "UPDATE t SET a = 1 FROM pg_settings",
                "SELECT U&\"d\\0061ta\" FROM U&\"t!0061\" UESCAPE '!'",
                "DO $$ BEGIN EXECUTE 'ANALYZE ' || quote_ident('t'); EXECUTE format('REINDEX TABLE %I', 't'); END $$",
                "DO $$ BEGIN GRANT EXECUTE ON FUNCTION f() TO app; END $$"
            })
    void harmlessTextHasNoEffectAndCostsNothing(String sql) {
        assertThat(scan(sql)).isSameAs(SessionEffects.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET LOCAL TIME ZONE 'Asia/Tokyo'",
                "set local TimeZone = 'Asia/Tokyo'",
                "SET LOCAL \"DateStyle\" TO german",
                "SET LOCAL NAMES 'latin1'",
                "SET LOCAL intervalstyle = 'iso_8601'",
                "SET LOCAL standard_conforming_strings = off",
                "SET LOCAL client_encoding = 'latin1'",
                "SELECT 1; SELECT pg_catalog.set_config('TimeZone', 'Asia/Tokyo', true)",
                "SELECT set_config(name, setting, true) FROM wanted",
                "DO $$ BEGIN SET LOCAL TimeZone = 'Asia/Tokyo'; END $$",
                "SET LOCAL search_path = tenant",
                "set local \"search_path\" to default",
                "SET LOCAL SCHEMA 'tenant'",
                "SELECT set_config('search_path', $1, true)",
                "SET LOCAL ROLE admin",
                "SET LOCAL SESSION AUTHORIZATION admin",
                "SELECT set_config('role', current_setting('app.role'), true), 1",
                "SELECT set_config('session_authorization', 'admin', true)",
                "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
                "CREATE LOCAL TEMPORARY TABLE t ON COMMIT DROP AS SELECT 1"
            })
    void whatATextIsReadByMayBeSetForATransaction(String sql) {
        SessionEffects effects = scan(sql);

        assertThat(effects.setsLocally()).isTrue();
        assertThat(effects.makes() | effects.clears()).isZero();
        assertThat(effects.settings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "LISTEN x | LISTEN",
                "  listen \"X\" ; | LISTEN",
                "/* c */ LISTEN x | LISTEN",
                "SELECT 1; LISTEN x; SELECT 2 | LISTEN",
                "PREPARE p AS SELECT 1 | PREPARED_STATEMENT",
                "PREPARE transaction AS SELECT 1 | PREPARED_STATEMENT",
                "LOAD 'auto_explain' | LIBRARY",
                "DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT 1 | CURSOR",
                "CREATE TEMP TABLE t (a int) | TEMPORARY_OBJECT",
                "CREATE TEMPORARY TABLE t (a int) ON COMMIT DELETE ROWS | TEMPORARY_OBJECT",
                "create local temp sequence s | TEMPORARY_OBJECT",
                "CREATE OR REPLACE TEMP VIEW v AS SELECT 1 | TEMPORARY_OBJECT",
                "CREATE TABLE pg_temp.t (a int) | TEMPORARY_OBJECT",
                "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1' | TEMPORARY_OBJECT",
                "SELECT 1 AS a INTO TEMP t | TEMPORARY_OBJECT",
                "SELECT 1 AS a INTO TEMPORARY TABLE t | TEMPORARY_OBJECT",
                "SELECT pg_advisory_lock(1) | ADVISORY_LOCK",
                "SELECT PG_CATALOG.Pg_Advisory_Lock (1) | ADVISORY_LOCK",
                "SELECT \"pg_advisory_lock\"/**/(1) | ADVISORY_LOCK",
                "SELECT pg_try_advisory_lock(1, 2) | ADVISORY_LOCK",
                "SELECT pg_advisory_lock_shared(1) | ADVISORY_LOCK",
                "SELECT pg_try_advisory_lock_shared(1) | ADVISORY_LOCK",
                "EXPLAIN ANALYZE SELECT pg_advisory_lock(1) | ADVISORY_LOCK",
                "EXPLAIN (ANALYZE) CREATE TEMP TABLE t AS SELECT 1 | TEMPORARY_OBJECT",
                "INSERT INTO t SELECT pg_try_advisory_lock(1) | ADVISORY_LOCK",
                "SET ROLE app | ROLE",
                "SET SESSION ROLE app | ROLE",
                "SET role TO 'app' | ROLE",
                "SET SESSION AUTHORIZATION app | ROLE",
                "SET SESSION SESSION AUTHORIZATION app | ROLE",
                "SELECT set_config('role', 'app', false) | ROLE",
                "SELECT set_config($1, $2, false) | SETTING",
                "SELECT set_config(concat('a', 'b'), 'c', false) | SETTING",
                "SELECT set_config(n, 'c', false) FROM names | SETTING",
                "PREPARE p AS SELECT set_config('a.b', $1, false) | SETTING,PREPARED_STATEMENT",
                "SET search_path = pg_temp, public | SETTING,TEMPORARY_OBJECT",
                "SET SEED TO 0.5 | RANDOM_SEED",
                "SET LOCAL seed = 0.5; SET seed = 0.5 | RANDOM_SEED",
                "SELECT setseed(0.5) | RANDOM_SEED",
                "SELECT pg_catalog.\"setseed\"(0.5) | RANDOM_SEED",
                "SELECT set_config('seed', '0.5', false) | RANDOM_SEED",
                "SELECT pg_create_physical_replication_slot('s', true, true) | REPLICATION_SLOT",
                "SELECT * FROM pg_create_logical_replication_slot('s', 'test_decoding', temporary => true) | REPLICATION_SLOT",
                "SELECT pg_copy_logical_replication_slot('s', 't', true) | REPLICATION_SLOT",
                "SELECT pg_copy_physical_replication_slot('s', 't', true) | REPLICATION_SLOT",
                "SELECT pg_replication_origin_session_setup('o') | PROCESS",
                "SELECT dblink_connect('c', 'dbname=x') | PROCESS",
                "SELECT public.\"dblink_connect_u\"('c', 'dbname=x') | PROCESS",
                "SELECT pg_backup_start('b') | PROCESS",
                "PREPARE p AS UPDATE pg_settings SET setting = 'x' | SETTING,PREPARED_STATEMENT",
                "SELECT set_config(U&'lock\\005ftimeout', '1', false) | SETTING",
                "SELECT U&\"set\\005fconfig\"($1, '1', false) | SETTING",
                "SELECT U&\"pg!005fadvisory_lock\" UESCAPE '!' (1) | ADVISORY_LOCK",
                "SELECT U&\"pg_advisory\\+00005flock\"(1) | ADVISORY_LOCK",
                "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql AS 'SELECT set_config(''a'', ''b'', false)' | SETTING,TEMPORARY_OBJECT",
                "SET \"größe\".a = 1 | SETTING",
                "SELECT currval('s') | SEQUENCE",
                "SELECT lastval() | SEQUENCE",
                "INSERT INTO t VALUES (currval('s')) | SEQUENCE",
                "DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$ | ADVISORY_LOCK",
                "DO $$ BEGIN IF true THEN LISTEN x; END IF; END $$ | LISTEN",
                "DO 'BEGIN EXECUTE ''CREATE TEMP TABLE t (a int)''; END' | TEMPORARY_OBJECT",
                "DO $$ BEGIN EXECUTE format('SET %I = 1', 'work_mem'); END $$ | SETTING",
            })
    void kindsAreRecognised(String sql, String kinds) {
        assertThat(kinds(scan(sql).makes()).toString().replaceAll("[\\[\\] ]", ""))
                .isEqualTo(kinds);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "SET statement_timeout = '5s' | statement_timeout",
                "SET SESSION Statement_Timeout TO 5 | statement_timeout",
                "set search_path to a, \"B\" | search_path",
                "SET SCHEMA 'a' | search_path",
                "SET a.b = 'c' | a.b",
                "SET \"a\".\"B\" = 'c' | a.b",
                "SET TIME ZONE 'UTC' | timezone",
                "SET NAMES 'UTF8' | client_encoding",
                "SET XML OPTION DOCUMENT | xmloption",
                "SET SESSION TIME ZONE INTERVAL '1' HOUR | timezone",
                "SELECT set_config(E'work_mem', '1MB', false) | work_mem",
                "SELECT U&\"set\\005fconfig\"('work_mem', '1MB', false) | work_mem",
                "SELECT set_limit(0.5) | pg_trgm.similarity_threshold",
                "UPDATE pg_settings SET setting = '1' WHERE name = 'lock_timeout' | *",
                "update only pg_catalog . \"pg_settings\" as s set setting = 1 | *",
                "UPDATE U&\"pg\\005fsettings\" SET setting = '1' | *",
                "UPDATE U&\"pg!005fsettings\" UESCAPE '!' SET setting = '1' | *",
                "WITH x AS (UPDATE app.pg_catalog.pg_settings SET setting = '1' RETURNING 1) SELECT 1 | *",
                "EXPLAIN ANALYZE UPDATE pg_settings SET setting = '1' | *",
                "DO $$ BEGIN UPDATE pg_settings SET setting = '1'; END $$ | *",
                "DO $$ BEGIN EXECUTE format('UPDATE pg_settings SET setting = %L', 1); END $$ | *",
                "SELECT set_config('work_mem', $1, false) | work_mem",
                "SELECT set_config('work_mem', $1, $2) | work_mem",
                "SELECT set_config('a', set_config('b', 'c', false), true) | b",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY | default_transaction_isolation,default_transaction_read_only,default_transaction_deferrable",
                "BEGIN; SET work_mem = '1MB'; COMMIT | work_mem",
                "DO $$ BEGIN SET work_mem = '1MB'; END $$ | work_mem",
                "DO $$ BEGIN EXECUTE 'SET work_mem = 1000'; END $$ | work_mem"
            })
    void namesOfParametersAreRead(String sql, String names) {
        SessionEffects effects = scan(sql);
        assertThat(String.join(",", effects.settings())).isEqualTo(names);
        assertThat(effects.makes()).isZero();
    }

    @Test
    void whatEndsStateIsRecognised() {
        assertThat(kinds(scan("UNLISTEN *").clears())).containsExactly(SessionState.LISTEN);
        assertThat(kinds(scan("DEALLOCATE ALL").clears())).containsExactly(SessionState.PREPARED_STATEMENT);
        assertThat(kinds(scan("DEALLOCATE p").clears())).containsExactly(SessionState.PREPARED_STATEMENT);
        assertThat(kinds(scan("CLOSE c").clears())).containsExactly(SessionState.CURSOR);
        assertThat(kinds(scan("DROP TABLE t").clears())).containsExactly(SessionState.TEMPORARY_OBJECT);
        assertThat(kinds(scan("DISCARD TEMP").clears())).containsExactly(SessionState.TEMPORARY_OBJECT);
        assertThat(kinds(scan("DISCARD ALL").clears())).hasSize(SessionState.count());
        assertThat(scan("DISCARD PLANS")).isSameAs(SessionEffects.NONE);
        assertThat(kinds(scan("SELECT pg_advisory_unlock(1)").clears())).containsExactly(SessionState.ADVISORY_LOCK);
        assertThat(kinds(scan("SELECT pg_advisory_unlock_all()").clears())).containsExactly(SessionState.ADVISORY_LOCK);
        assertThat(kinds(scan("RESET ROLE").clears())).containsExactly(SessionState.ROLE);
        assertThat(kinds(scan("RESET SESSION AUTHORIZATION").clears())).containsExactly(SessionState.ROLE);
        assertThat(scan("RESET ALL").resetsAll()).isTrue();
        assertThat(scan("RESET work_mem").resets()).containsExactly("work_mem");
        assertThat(scan("SET work_mem TO DEFAULT").resets()).containsExactly("work_mem");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DO $$ BEGIN EXECUTE text; END $$",
                "DO $$ BEGIN EXECUTE 'S' || 'ET a.b = 1'; END $$",
                "DO $$ BEGIN EXECUTE format('%s', 'SET a.b = 1'); END $$",
                "DO LANGUAGE plpython3u $$ plpy.execute(text) $$",
                "DO $$ spi_exec_query($text); $$ LANGUAGE 'plperl'"
            })
    void textThatIsMadeOnlyWhenItRunsMayDoAnything(String sql) {
        assertThat(scan(sql).makes()).isEqualTo(SessionEffects.UNREAD);
    }

    @Test
    void whatMayReturnToADefaultIsRecognised() {
        assertThat(scan("SELECT set_config('a.b', NULL, false)").resets()).containsExactly("a.b");
        assertThat(scan("SELECT set_config('a.b', $1, false)").resets()).containsExactly("?a.b");
        assertThat(scan("SELECT set_config('a.b', 'x', false)").resets()).isEmpty();
        assertThat(scan("SET TIME ZONE LOCAL").resets()).containsExactly("timezone");
        assertThat(scan("SET TIME ZONE DEFAULT").resets()).containsExactly("timezone");
        assertThat(scan("SET NAMES; SELECT 1").resets()).containsExactly("client_encoding");
        assertThat(scan("SET NAMES DEFAULT").resets()).containsExactly("client_encoding");
    }

    @Test
    void identifiersBehindIdentifiersAreReadWithoutEnd() {
        assertThat(scan("U&\"a\" ".repeat(200_000))).isSameAs(SessionEffects.NONE);
    }

    @Test
    void textThatSetsManyParametersIsReadInShortTime() {
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            sql.append("SET a.p").append(i).append("=1;");
        }
        SessionEffects effects = scan(sql.toString());
        assertThat(effects.settings()).hasSizeLessThan(1_000);
        assertThat(kinds(effects.makes())).containsExactly(SessionState.SETTING);
    }

    @Test
    void backslashEscapesOnlyWhereStringsDoNotConform() {
        String sql = "SELECT 'it\\'; LISTEN x; --'";
        assertThat(kinds(scan(sql).makes())).containsExactly(SessionState.LISTEN);
        ByteBuf text = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        assertThat(scanner.scan(text, 0, text.writerIndex(), TextForm.BACKSLASHES))
                .isSameAs(SessionEffects.NONE);
    }

    @Test
    void functionCallsAreKnownByNumber() {
        assertThat(kinds(StatementScanner.functionCall(2880).makes())).containsExactly(SessionState.ADVISORY_LOCK);
        assertThat(kinds(StatementScanner.functionCall(2078).makes())).containsExactly(SessionState.SETTING);
        assertThat(StatementScanner.functionCall(952)).isSameAs(SessionEffects.NONE);
    }

    @Test
    void anyBytesAreReadWithoutFailure() {
        Random random = new Random(7);
        String[] pieces = {
            "SET ",
            "'",
            "\"",
            "$$",
            "$a$",
            "/*",
            "*/",
            "--",
            "\n",
            ";",
            "(",
            ")",
            "set_config",
            "pg_advisory_lock",
            "DO ",
            "CREATE TEMP ",
            "ON COMMIT DROP",
            "E'",
            "U&'",
            "\\",
            "a.b",
            "=",
            ",",
            "true",
            "DECLARE ",
            "WITH HOLD",
            "INTO",
            "\0",
            "\uFFFF",
            "1e5",
            "$1",
            "RESET ",
            "PREPARE "
        };
        for (int i = 0; i < 20_000; i++) {
            StringBuilder sql = new StringBuilder();
            for (int k = random.nextInt(12); k >= 0; k--) {
                sql.append(pieces[random.nextInt(pieces.length)]);
            }
            assertThat(scan(sql.toString())).isNotNull();
        }
    }

    private SessionEffects scan(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return scanner.scan(text, 0, text.writerIndex(), TextForm.STANDARD);
    }

    private static List<SessionState> kinds(int bits) {
        List<SessionState> kinds = new ArrayList<>();
        for (SessionState kind : SessionState.values()) {
            if ((bits & kind.bit()) != 0) {
                kinds.add(kind);
            }
        }
        return kinds;
    }
}
