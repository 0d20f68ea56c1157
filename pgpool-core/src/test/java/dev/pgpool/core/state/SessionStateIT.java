package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.config.StatePolicy;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Session state belongs to its client: it is there on every server for the client, and for nobody else on any. */
@OnEveryPostgres
class SessionStateIT {
    private final TestPostgres postgres;

    SessionStateIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    // ---- settings are followed

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET statement_timeout = '7s'",
                "SELECT set_config('statement_timeout', '7000', false)",
                "BEGIN; SET statement_timeout = 7000; COMMIT",
                "BEGIN; SET statement_timeout = 61000; SAVEPOINT s; SET statement_timeout = 62000; ROLLBACK TO s; "
                        + "SET SESSION statement_timeout = '7s'; COMMIT",
                "DO $$ BEGIN EXECUTE 'SET statement_timeout = 7000'; END $$"
            })
    void settingFollowsItsClientToEveryServer(String sql) {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run(sql);
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("7s");
            other.run("BEGIN");
            assertThat(other.value("SHOW statement_timeout")).isEqualTo("0");
            int there = other.serverPid();
            assertThat(client.serverPid()).isNotEqualTo(there);
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("7s");
            other.run("COMMIT");
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    @Test
    void settingThatWasRolledBackIsAsBeforeOnEveryServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SET statement_timeout = '5s'");
            client.run("BEGIN").run("SET statement_timeout = '9s'").run("ROLLBACK");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("5s");
            assertThat(other.value("SHOW statement_timeout")).isEqualTo("0");
            client.run("BEGIN").run("SET LOCAL statement_timeout = '9s'");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("9s");
            client.run("COMMIT");
            assertThat(other.value("SHOW statement_timeout")).isEqualTo("0");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("5s");
        }
    }

    @Test
    void settingOfAnApplicationFollows() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SET app.tenant = 'it''s \\ mine'");
            assertThat(other.value("SELECT coalesce(current_setting('app.tenant', true), '')"))
                    .isEmpty();
            assertThat(client.value("SHOW app.tenant")).isEqualTo("it's \\ mine");
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    @Test
    void searchPathFollowsAndDecidesWhatStatementsMean() {
        String one = TestPostgres.uniqueName("one");
        String two = TestPostgres.uniqueName("two");
        postgres.execute(
                "CREATE SCHEMA " + one,
                "CREATE SCHEMA " + two,
                "GRANT USAGE ON SCHEMA " + one + ", " + two + " TO app",
                "CREATE TABLE " + one + ".t AS SELECT 'one' AS a",
                "CREATE TABLE " + two + ".t AS SELECT 'two' AS a",
                "GRANT SELECT ON " + one + ".t, " + two + ".t TO app");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login("search_path", one);
                WireClient second = pooler.login()) {
            second.run("SET search_path TO " + two + ", public");
            for (int i = 0; i < 3; i++) {
                assertThat(read(first)).contains("DataRow 1 3 'one'");
                assertThat(read(second)).contains("DataRow 1 3 'two'");
            }
        }
    }

    @Test
    void temporaryTableHidesAnotherOnlyFromItsClient() {
        String table = TestPostgres.uniqueName("hidden");
        postgres.execute("CREATE TABLE " + table + " AS SELECT 'for all' AS a", "GRANT SELECT ON " + table + " TO app");
        String sql = "SELECT a FROM " + table;
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient other = pooler.login()) {
            other.parse("s", sql).bind("s").execute().sync().exchange();
            WireClient owner = pooler.login();
            owner.run("BEGIN").run("CREATE TEMP TABLE " + table + " AS SELECT 'mine' AS a");
            assertThat(owner.parse("after", sql).bind("after").execute().sync().exchange())
                    .contains("DataRow 1 4 'mine'");
            owner.run("COMMIT");
            assertThat(owner.bind("after").execute().sync().exchange()).contains("DataRow 1 4 'mine'");
            owner.close();
            assertThat(other.bind("s").execute().sync().exchange()).contains("DataRow 1 7 'for all'");
            assertThat(other.parse("t", sql).bind("t").execute().sync().exchange())
                    .contains("DataRow 1 7 'for all'");
        }
    }

    private static List<String> read(WireClient client) {
        client.closeStatement("s").parse("s", "SELECT a FROM t");
        return client.bind("s").execute().sync().exchange();
    }

    @Test
    void resetReturnsToTheSettingsOfTheStart() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("statement_timeout", "3s", "DateStyle", "German");
                WireClient other = pooler.login()) {
            client.run("SET statement_timeout = '5s'; SET DateStyle = 'SQL'");
            client.run("RESET statement_timeout").run("RESET DateStyle");
            assertThat(other.value("SHOW statement_timeout")).isEqualTo("0");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("3s");
            assertThat(client.value("SHOW DateStyle")).startsWith("German");
            client.run("SET statement_timeout = '5s'; SET DateStyle = 'SQL'; SET work_mem = '5MB'");
            client.run("RESET ALL");
            assertThat(other.value("SHOW work_mem")).isEqualTo("4MB");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("3s");
            assertThat(client.value("SHOW work_mem")).isEqualTo("4MB");
            assertThat(client.value("SHOW DateStyle")).startsWith("German");
            assertThat(client.parameter("DateStyle")).startsWith("German");
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    @Test
    void whatIsSentBehindAResetMeetsTheSettingsOfTheStart() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("TimeZone", "Asia/Tokyo", "app.tenant", "blue")) {
            client.run("PREPARE pinned AS SELECT 1");
            for (String reset : List.of("RESET ALL", "DISCARD ALL", "RESET TimeZone; RESET app.tenant")) {
                client.run("SET TimeZone TO 'UTC'").run("SET app.tenant = 'red'");
                List<String> answers = client.query(reset)
                        .query("SELECT current_setting('TimeZone') || current_setting('app.tenant')")
                        .exchange();
                assertThat(answers).as(reset).contains("DataRow 1 14 'Asia/Tokyoblue'");
                client.run("SET TimeZone TO 'UTC'").run("SET app.tenant = 'red'");
                answers = client.parse("", reset.replaceAll(";.*", ""))
                        .bind("")
                        .execute()
                        .sync()
                        .query("SHOW TimeZone")
                        .exchange();
                assertThat(answers).as(reset).contains("DataRow 1 10 'Asia/Tokyo'");
                client.run("RESET ALL");
            }
        }
    }

    @Test
    void clientIsToldOfTheSettingsThatDiscardAllReturnsTo() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("TimeZone", "Asia/Tokyo")) {
            client.run("SET TimeZone TO 'UTC'").run("DISCARD ALL");
            assertThat(client.value("SHOW TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.parameter("TimeZone")).isEqualTo("Asia/Tokyo");
            client.run("SET TimeZone TO 'Europe/Berlin'");
            assertThat(client.value("SHOW TimeZone")).isEqualTo("Europe/Berlin");
        }
    }

    @Test
    void settingWithoutANameThatCanBeReadPins() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("", "SELECT set_config($1, $2, false)")
                    .bind("", "app.hidden", "secret")
                    .execute()
                    .sync()
                    .exchange();
            client.run("SELECT 1");
            await().untilAsserted(() -> assertThat(pool(pooler).clientsPinned()).isOne());
            assertThat(pool(pooler).pins()).containsEntry(SessionState.SETTING, 1L);
            try (WireClient other = pooler.login()) {
                other.query("SELECT coalesce(current_setting('app.hidden', true), '')")
                        .send();
                client.run("RESET ALL");
                assertThat(other.readUntilReady()).contains("DataRow 1 0 ''");
            }
        }
    }

    // ---- what cannot be followed pins, until it is gone

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PREPARE p AS SELECT 1 | DEALLOCATE p | SELECT count(*) FROM pg_prepared_statements WHERE from_sql",
                "PREPARE p AS SELECT 1 | DEALLOCATE ALL | SELECT count(*) FROM pg_prepared_statements WHERE from_sql",
                "LISTEN x | UNLISTEN * | SELECT count(*) FROM pg_listening_channels()",
                "LISTEN x | UNLISTEN x | SELECT count(*) FROM pg_listening_channels()",
                "CREATE TEMP TABLE mine (a int) | DROP TABLE mine | SELECT count(*) FROM pg_class WHERE relname = 'mine'",
                "SELECT 1 AS a INTO TEMP mine | DISCARD TEMP | SELECT count(*) FROM pg_class WHERE relname = 'mine'",
                "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1' | DROP FUNCTION pg_temp.mine() "
                        + "| SELECT count(*) FROM pg_proc WHERE proname = 'mine'",
                "DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 3) | CLOSE c | SELECT count(*) FROM pg_cursors WHERE is_holdable",
                "SELECT pg_advisory_lock(4711) | SELECT pg_advisory_unlock(4711) | SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711",
                "SELECT pg_catalog.pg_try_advisory_lock_shared(47, 11) | SELECT pg_advisory_unlock_shared(47, 11) | SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 47",
                "SET ROLE app | RESET ROLE | SELECT count(*) FROM (SELECT current_setting('role') AS r) s WHERE r <> 'none'",
                "PREPARE p AS SELECT 1 | DISCARD ALL | SELECT count(*) FROM pg_prepared_statements WHERE from_sql"
            })
    void stateKeepsItsServerUntilItIsGone(String scenario) {
        String[] steps = scenario.split(" \\| ");
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run(steps[0]);
            assertThat(client.value(steps[2])).isEqualTo("1");
            int mine = client.serverPid();
            other.run("BEGIN");
            assertThat(other.serverPid()).isNotEqualTo(mine);
            other.run("COMMIT");
            for (int i = 0; i < 3; i++) {
                assertThat(client.serverPid()).isEqualTo(mine);
                assertThat(other.serverPid()).isNotEqualTo(mine);
            }
            assertThat(client.value(steps[2])).isEqualTo("1");
            client.run(steps[1]);
            assertThat(client.value(steps[2])).isEqualTo("0");
            await().untilAsserted(() -> assertThat(pool(pooler).clientsPinned()).isZero());
            other.run("BEGIN");
            client.run("BEGIN");
            other.run("COMMIT");
            client.run("COMMIT");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEGIN; LISTEN x; ROLLBACK",
                "CREATE TEMP TABLE pg_class_nowhere (a nonsense)",
                "BEGIN; CREATE TEMP TABLE t (a int) ON COMMIT DROP; COMMIT",
                "BEGIN; CREATE TEMP TABLE t (a int); ROLLBACK",
                "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; ROLLBACK",
                "SELECT pg_advisory_lock(1); SELECT pg_advisory_unlock(1)",
                "PREPARE p AS SELECT nonsense",
                "SET ROLE nobody_of_this_name"
            })
    void stateThatDidNotComeToBePinsNobody(String sql) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query(sql).exchange();
            assertThat(other.value("SELECT 1")).isEqualTo("1");
            assertThat(pool(pooler).clientsPinned()).isZero();
            assertThat(pool(pooler).cleanings()).isZero();
        }
    }

    @Test
    void clientThatLeavesTakesItsStateAlong() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            int server = next.serverPid();
            WireClient leaver = pooler.login();
            leaver.run("PREPARE p AS SELECT 1")
                    .run("LISTEN x")
                    .run("CREATE TEMP TABLE mine (a int)")
                    .run("DECLARE c CURSOR WITH HOLD FOR SELECT 1")
                    .run("SELECT pg_advisory_lock(4712)")
                    .run("SET ROLE app")
                    .run("SET statement_timeout = '5s'")
                    .run("SELECT set_config('a.' || 'b', 'mine', false)");
            leaver.close();
            assertThat(next.serverPid()).isEqualTo(server);
            assertThat(
                            next.value(
                                    "SELECT (SELECT count(*) FROM pg_prepared_statements WHERE from_sql)"
                                            + " + (SELECT count(*) FROM pg_listening_channels())"
                                            + " + (SELECT count(*) FROM pg_class WHERE relname = 'mine')"
                                            + " + (SELECT count(*) FROM pg_cursors WHERE is_holdable)"
                                            + " + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"))
                    .isEqualTo("0");
            assertThat(next.value("SELECT concat_ws(',', current_setting('role'), current_setting('statement_timeout'),"
                            + " current_setting('a.b', true))"))
                    .isEqualTo("none,0,");
            assertThat(pool(pooler).cleanings()).isOne();
        }
    }

    @Test
    void clientThatVanishesInTheMiddleOfMakingStateLeavesNone() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.run("LISTEN x").run("BEGIN").run("SET work_mem = '5MB'").run("CREATE TEMP TABLE mine (a int)");
            leaver.query("SELECT pg_advisory_lock(4713), pg_sleep(3600)").send();
            leaver.reset();
            assertThat(
                            next.value(
                                    "SELECT current_setting('work_mem') || (SELECT count(*) FROM pg_listening_channels())"
                                            + " || (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"))
                    .isEqualTo("4MB00");
        }
    }

    @Test
    void serverWithALoadedLibraryIsGivenToNobodyElse() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            WireClient loader = pooler.loginAs("postgres", "app");
            loader.run("LOAD 'plpgsql'");
            int server = loader.serverPid();
            assertThat(pool(pooler).pins()).containsEntry(SessionState.LIBRARY, 1L);
            loader.close();
            try (WireClient next = pooler.loginAs("postgres", "app")) {
                assertThat(next.serverPid()).isNotEqualTo(server);
            }
        }
    }

    @Test
    void textThatIsTooLongToBeReadIsAskedFor() {
        String filler = "/*" + "x".repeat(2 << 20) + "*/";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SELECT 1 " + filler);
            assertThat(other.value("SELECT 1")).isEqualTo("1");
            client.run("SELECT 1;" + filler + "; LISTEN x");
            client.run("SELECT 1");
            assertThat(pool(pooler).pins()).containsEntry(SessionState.LISTEN, 1L);
            client.run("UNLISTEN *");
            assertThat(other.value("SELECT count(*) FROM pg_listening_channels()"))
                    .isEqualTo("0");
        }
    }

    // ---- LISTEN

    @Test
    void listenerIsToldWhileItIsIdle() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient listener = pooler.login();
                WireClient teller = pooler.login()) {
            listener.run("LISTEN news");
            teller.run("BEGIN").run("NOTIFY news, 'first'").run("NOTIFY news, 'second'");
            teller.run("COMMIT");
            List<String> told = listener.read(2);
            assertThat(told.get(0)).contains("NotificationResponse").contains("first");
            assertThat(told.get(1)).contains("second");
            teller.run("BEGIN").run("NOTIFY news, 'never'").run("ROLLBACK");
            assertThat(listener.query("NOTIFY news, 'self'").exchange())
                    .anyMatch(line -> line.contains("self"))
                    .noneMatch(line -> line.contains("never"));
        }
    }

    @Test
    void whoWaitsInVainIsToldWhoKeepsTheServers() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.waitTimeout(Duration.ofMillis(300)));
                WireClient listener = pooler.login();
                WireClient waiter = pooler.login()) {
            listener.run("LISTEN news");
            assertThat(waiter.query("SELECT 1").send().readUntilClosed())
                    .anyMatch(line -> line.contains("query_wait_timeout") && line.contains("pinned here 1"));
        }
    }

    // ---- sequences

    @Test
    void valueOfASequenceIsToldOnlyWhereItIsTheClientsOwn() {
        String sequence = TestPostgres.uniqueName("seq");
        postgres.execute("CREATE SEQUENCE " + sequence, "GRANT ALL ON SEQUENCE " + sequence + " TO app");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SELECT nextval('" + sequence + "')");
            other.run("SELECT nextval('" + sequence + "')");
            assertThat(client.query("SELECT currval('" + sequence + "')").exchange())
                    .anyMatch(line -> line.contains("55000") && line.contains("not known outside"))
                    .last()
                    .isEqualTo("ReadyForQuery I");
            assertThat(client.parse("", "SELECT lastval()")
                            .bind("")
                            .execute()
                            .sync()
                            .exchange())
                    .anyMatch(line -> line.contains("55000"));
            assertThat(client.parse("last", "SELECT lastval()").sync().exchange())
                    .containsExactly("ParseComplete", "ReadyForQuery I");
            client.run("BEGIN").run("SELECT nextval('" + sequence + "')");
            assertThat(client.bind("last").execute().sync().exchange()).contains("DataRow 1 1 '3'");
            client.run("COMMIT");
            assertThat(client.bind("last").execute().sync().exchange()).anyMatch(line -> line.contains("55000"));
            assertThat(client.value("SELECT nextval('" + sequence + "'), currval('" + sequence + "')"))
                    .isEqualTo("4");
        }
    }

    // ---- policies

    @Test
    void rejectedStateFailsAsAStatementFails() {
        try (TestPooler pooler = TestPooler.start(
                        postgres,
                        1,
                        db -> db.sessionState(SessionState.LISTEN, StatePolicy.REJECT)
                                .sessionState(SessionState.SETTING, StatePolicy.REJECT));
                WireClient client = pooler.login()) {
            assertThat(client.query("LISTEN x").exchange())
                    .anyMatch(line -> line.contains("0A000") && line.contains("listen"))
                    .last()
                    .isEqualTo("ReadyForQuery I");
            client.run("BEGIN");
            assertThat(client.parse("", "LISTEN x").bind("").execute().sync().exchange())
                    .hasSize(2)
                    .last()
                    .isEqualTo("ReadyForQuery E");
            assertThat(client.query("LISTEN x").exchange()).anyMatch(line -> line.contains("0A000"));
            client.run("ROLLBACK");
            assertThat(client.parse("named", "LISTEN x").sync().exchange()).anyMatch(line -> line.contains("0A000"));
            assertThat(client.parse("named", "SELECT 1")
                            .bind("named")
                            .execute()
                            .sync()
                            .exchange())
                    .contains("DataRow 1 1 '1'");
            assertThat(client.query("SET work_mem = '1MB'").exchange()).anyMatch(line -> line.contains("0A000"));
            client.run("SET TimeZone TO 'Asia/Tokyo'").run("SET LOCAL work_mem = '1MB'");
            assertThat(client.value("SHOW TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    @Test
    void ignoredStateStaysAsWithPgBouncer() {
        try (TestPooler pooler =
                        TestPooler.start(postgres, 1, db -> db.sessionState(SessionState.SETTING, StatePolicy.IGNORE));
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SET work_mem = '5MB'");
            assertThat(other.value("SHOW work_mem")).isEqualTo("5MB");
        }
    }

    @Test
    void resetQueryRunsAfterEachTransactionIfWanted() {
        String function = TestPostgres.uniqueName("hides");
        postgres.execute("CREATE FUNCTION " + function + "() RETURNS void LANGUAGE sql AS"
                + " $$ SELECT set_config('hidden.a', 'x', false) $$");
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.serverResetQueryAlways(true));
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            int server = client.serverPid();
            client.run("SELECT " + function + "()");
            client.parse("s", "SELECT 1").bind("s").execute().sync().exchange();
            assertThat(other.value("SELECT coalesce(current_setting('hidden.a', true), '')"))
                    .isEmpty();
            assertThat(client.bind("s").execute().sync().exchange()).contains("DataRow 1 1 '1'");
            assertThat(other.serverPid()).isEqualTo(server);
        }
    }

    @Test
    void serverWhoseResetFailsIsClosed() {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 1, db -> db.serverResetQuery("SELECT 1/0").serverResetQueryAlways(true));
                WireClient client = pooler.login()) {
            int server = client.serverPid();
            assertThat(client.serverPid()).isNotEqualTo(server);
        }
    }

    @Test
    void valueThatIsNotAsciiFollowsAClientOfAnotherEncoding() {
        postgres.execute("CREATE SCHEMA IF NOT EXISTS \"größe\"");
        String isRight = "SELECT current_setting('search_path') = '\"gr' || chr(246) || chr(223) || 'e\"'";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient latin = pooler.login("client_encoding", "LATIN1");
                WireClient other = pooler.login()) {
            latin.run("SET search_path TO U&\"gr\\00f6\\00dfe\"");
            for (int i = 0; i < 3; i++) {
                assertThat(other.value(isRight)).isEqualTo("f");
                assertThat(latin.value(isRight)).isEqualTo("t");
            }
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    @Test
    void valueThatIsNotAsciiFollowsAClientOfOurEncoding() {
        String isRight = "SELECT current_setting('search_path') = '\"gr' || chr(246) || chr(223) || 'e\"'";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SET search_path TO \"größe\"");
            for (int i = 0; i < 3; i++) {
                assertThat(other.value(isRight)).isEqualTo("f");
                assertThat(client.value(isRight)).isEqualTo("t");
            }
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    private static PgPoolSnapshot.Pool pool(TestPooler pooler) {
        return pooler.snapshot().pools().get(0);
    }
}
