package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** COPY in both directions and both protocols, ended well and badly. Each test has one server for two clients. */
@OnEveryPostgres
class CopyIT {

    private static final Duration SILENCE = Duration.ofMillis(150);

    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("copied");

    CopyIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void createTable() {
        postgres.execute("CREATE TABLE " + table + " (n int PRIMARY KEY)", "GRANT ALL ON " + table + " TO PUBLIC");
    }

    @Test
    void copyInBySimpleQuery() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN").send();
            assertThat(client.read(1)).containsExactly("CopyInResponse");
            client.copyData("1\n").send();
            other.query("SELECT 'other'").send();
            assertThat(other.isReadable(SILENCE))
                    .as("given a server with an open COPY")
                    .isFalse();
            client.copyData("2\n3").copyData("\n").copyDone().send();
            assertThat(client.readUntilReady()).containsExactly("CommandComplete \"COPY 3\"", "ReadyForQuery I");
            assertThat(other.readUntilReady()).contains("DataRow 1 5 'other'");
            assertThat(client.value("SELECT sum(n) FROM " + table)).isEqualTo("6");
        }
    }

    @Test
    void copyInWithAllInOneWrite() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN")
                    .copyData("1\n")
                    .copyDone()
                    .query("SELECT 'next'");
            assertThat(client.exchange())
                    .containsExactly(
                            "CopyInResponse",
                            "CommandComplete \"COPY 1\"",
                            "ReadyForQuery I",
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 4 'next'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void copyInByExtendedQueryWithTheSyncInFront() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            // as libpq: a Sync right behind the Execute, which the server ignores, and another one behind CopyDone
            client.parse("", "COPY " + table + " FROM STDIN")
                    .bind("")
                    .describePortal("")
                    .execute()
                    .sync()
                    .send();
            assertThat(client.read(4)).containsExactly("ParseComplete", "BindComplete", "NoData", "CopyInResponse");
            other.query("SELECT 'other'").send();
            assertThat(other.isReadable(SILENCE))
                    .as("given a server with an open COPY")
                    .isFalse();
            client.copyData("1\n").copyDone().sync().send();
            assertThat(client.readUntilReady()).containsExactly("CommandComplete \"COPY 1\"", "ReadyForQuery I");
            assertThat(client.isReadable(SILENCE)).as("a second ReadyForQuery").isFalse();
            assertThat(other.readUntilReady()).contains("DataRow 1 5 'other'");
        }
    }

    @Test
    void copyInByExtendedQueryWithOneSync() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.parse("c", "COPY " + table + " FROM STDIN")
                    .bind("c")
                    .execute()
                    .flush()
                    .send();
            assertThat(client.read(3)).containsExactly("ParseComplete", "BindComplete", "CopyInResponse");
            assertThat(client.copyData("1\n").copyDone().sync().exchange())
                    .containsExactly("CommandComplete \"COPY 1\"", "ReadyForQuery I");
            assertThat(other.value("SELECT count(*) FROM " + table)).isEqualTo("1");
            assertThat(client.value("SELECT 'again'")).isEqualTo("again");
        }
    }

    @Test
    void copyOutBySimpleQuery() {
        postgres.execute("INSERT INTO " + table + " VALUES (1), (2)");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            assertThat(client.query("COPY " + table + " TO STDOUT").exchange())
                    .containsExactly(
                            "CopyOutResponse",
                            "CopyData '1\\n'",
                            "CopyData '2\\n'",
                            "CopyDone",
                            "CommandComplete \"COPY 2\"",
                            "ReadyForQuery I");
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
        }
    }

    @Test
    void copyOutByExtendedQuery() {
        postgres.execute("INSERT INTO " + table + " VALUES (1), (2)");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            assertThat(client.parse("", "COPY " + table + " TO STDOUT")
                            .bind("")
                            .execute()
                            .sync()
                            .exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "CopyOutResponse",
                            "CopyData '1\\n'",
                            "CopyData '2\\n'",
                            "CopyDone",
                            "CommandComplete \"COPY 2\"",
                            "ReadyForQuery I");
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
        }
    }

    @Test
    void lateCopyDataAfterAFailureIsDroppedAndTakesNoServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN")
                    .copyData("7\n")
                    .copyData("bad\n")
                    .send();
            assertThat(client.readUntilReady())
                    .hasSize(3)
                    .startsWith("CopyInResponse")
                    .endsWith("ReadyForQuery I")
                    .element(1)
                    .asString()
                    .contains("C \"22P02\"");
            other.run("BEGIN");
            for (int i = 0; i < 100; i++) {
                client.copyData(i + "\n");
            }
            client.copyDone().send();
            assertThat(client.isReadable(SILENCE))
                    .as("an answer to late COPY messages")
                    .isFalse();
            assertThat(other.value("SELECT 'still mine'")).isEqualTo("still mine");
            other.run("COMMIT");
            assertThat(client.query("SELECT count(*) FROM " + table).exchange())
                    .containsExactly(
                            "RowDescription 1 \"count\" 20",
                            "DataRow 1 1 '0'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void uniqueViolationWhileThousandsOfMessagesAreUnderWay() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN");
            for (int i = 0; i < 5_000; i++) {
                client.copyData(i % 1_500 + "\n");
            }
            client.copyDone().query("SELECT 'next'");
            assertThat(client.exchange())
                    .hasSize(7)
                    .startsWith("CopyInResponse")
                    .endsWith(
                            "ReadyForQuery I",
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 4 'next'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I")
                    .element(1)
                    .asString()
                    .contains("C \"23505\"");
            assertThat(other.value("SELECT count(*) FROM " + table)).isEqualTo("0");
        }
    }

    @Test
    void failureOfAnExtendedCopySkipsToTheSync() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.parse("", "COPY " + table + " FROM STDIN").bind("").execute().flush();
            client.copyData("bad\n");
            for (int i = 0; i < 100; i++) {
                client.copyData(i + "\n");
            }
            assertThat(client.copyDone().sync().exchange())
                    .hasSize(5)
                    .startsWith("ParseComplete", "BindComplete", "CopyInResponse")
                    .endsWith("ReadyForQuery I")
                    .element(3)
                    .asString()
                    .contains("C \"22P02\"");
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
            assertThat(client.value("SELECT 'again'")).isEqualTo("again");
        }
    }

    @Test
    void clientEndsTheCopyByCopyFail() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN").copyData("1\n").copyFail("changed my mind");
            assertThat(client.exchange())
                    .containsExactly(
                            "CopyInResponse",
                            "ErrorResponse S \"ERROR\" C \"57014\"" + " M \"COPY from stdin failed: changed my mind\"",
                            "ReadyForQuery I");
            assertThat(other.value("SELECT count(*) FROM " + table)).isEqualTo("0");
        }
    }

    @Test
    void copyInsideATransactionIsRolledBackWithIt() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("BEGIN");
            client.query("COPY " + table + " FROM STDIN").copyData("1\n").copyDone();
            assertThat(client.exchange()).endsWith("CommandComplete \"COPY 1\"", "ReadyForQuery T");
            other.query("SELECT count(*) FROM " + table).send();
            assertThat(other.isReadable(SILENCE))
                    .as("given a server in a transaction")
                    .isFalse();
            client.run("ROLLBACK");
            assertThat(other.readUntilReady()).contains("DataRow 1 1 '0'");
        }
    }

    @Test
    void copyStatementsInOneQueryString() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN; COPY " + table + " TO STDOUT; SELECT 'end'");
            client.copyData("5\n").copyDone();
            assertThat(client.exchange())
                    .containsExactly(
                            "CopyInResponse",
                            "CommandComplete \"COPY 1\"",
                            "CopyOutResponse",
                            "CopyData '5\\n'",
                            "CopyDone",
                            "CommandComplete \"COPY 1\"",
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 3 'end'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(client.value("SELECT 'again'")).isEqualTo("again");
        }
    }

    @Test
    void copyThatFailsBeforeItReadsAnythingWithTheSyncInFront() {
        postgres.execute(
                "CREATE FUNCTION refuse_" + table + "() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_sleep(0.2); RAISE EXCEPTION 'refused'; END $$",
                "CREATE TRIGGER refuse BEFORE INSERT ON " + table + " FOR EACH STATEMENT EXECUTE FUNCTION refuse_"
                        + table + "()");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient direct = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            List<String> expected = refusedCopy(direct);
            assertThat(refusedCopy(client)).isEqualTo(expected);
            for (int i = 0; i < 5; i++) {
                assertThat(other.value("SELECT 'other " + i + "'")).isEqualTo("other " + i);
                assertThat(client.value("SELECT 'mine " + i + "'")).isEqualTo("mine " + i);
            }
        }
    }

    /** The server has not read the early Sync as part of the COPY, so it answers both. */
    private List<String> refusedCopy(WireClient client) {
        client.parse("", "COPY " + table + " FROM STDIN")
                .bind("")
                .execute()
                .sync()
                .send();
        List<String> answers = new ArrayList<>(client.read(3));
        client.copyData("1\n").copyDone().sync().send();
        answers.addAll(client.readUntilReady());
        answers.addAll(client.readUntilReady());
        return answers;
    }

    @Test
    void copyGoesThroughBehindAReset() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.run("CREATE TEMP TABLE copied (a int)").run("BEGIN").run("RESET search_path");
            client.query("COPY copied FROM STDIN").copyData("7\n").copyDone().send();
            assertThat(client.readUntilReady()).contains("CommandComplete \"COPY 1\"");
            client.run("COMMIT");
            assertThat(client.value("SELECT a FROM copied")).isEqualTo("7");
        }
    }
}
