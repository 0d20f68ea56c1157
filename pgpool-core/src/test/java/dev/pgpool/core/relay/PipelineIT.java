package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A client that sends ahead of the answers keeps its server until the last of them has arrived. */
@OnEveryPostgres
class PipelineIT {

    /** How long a test of "nothing comes" listens; a wrong pooler answers within a round trip. */
    private static final Duration SILENCE = Duration.ofMillis(150);

    private final TestPostgres postgres;

    PipelineIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void threeTransactionsInOneWriteAllRunBeforeAWaiterGetsTheServer() throws SQLException {
        String order = newSequence();
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login();
                Connection gate = postgres.superuser();
                Statement lock = gate.createStatement()) {
            lock.execute("SELECT pg_advisory_lock(52)");
            first.parse("", "SELECT pg_advisory_xact_lock(52)")
                    .bind("")
                    .execute()
                    .sync();
            nextval(first, order).sync();
            nextval(first, order).sync().send();
            postgres.awaitQuery("SELECT pg_advisory_xact_lock(52)");
            second.query("SELECT nextval('" + order + "')").send();
            assertThat(second.isReadable(SILENCE))
                    .as("the server has been shared")
                    .isFalse();

            lock.execute("SELECT pg_advisory_unlock(52)");

            assertThat(first.exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 0 ''",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I",
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '1'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I",
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '2'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(second.readUntilReady()).contains("DataRow 1 1 '3'");
        }
    }

    @Test
    void serverStaysWhileTheSyncOfTheNextTransactionIsAwaited() {
        String order = newSequence();
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            nextval(first, order).sync();
            nextval(first, order).send();
            assertThat(first.readUntilReady()).contains("DataRow 1 1 '1'");
            second.query("SELECT nextval('" + order + "')").send();
            assertThat(second.isReadable(SILENCE))
                    .as("released before the last Sync")
                    .isFalse();

            assertThat(first.sync().exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '2'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(second.readUntilReady()).contains("DataRow 1 1 '3'");
        }
    }

    @Test
    void segmentThatStartsWithASyncAndOpensATransaction() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.parse("", "SELECT 1").bind("").execute().send();
            assertThat(first.sync().query("BEGIN").exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '1'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I",
                            "CommandComplete \"BEGIN\"",
                            "ReadyForQuery T");
            second.query("SELECT 2").send();
            assertThat(second.isReadable(SILENCE))
                    .as("given a server in a transaction")
                    .isFalse();

            assertThat(first.query("COMMIT").exchange())
                    .containsExactly("CommandComplete \"COMMIT\"", "ReadyForQuery I");
            assertThat(second.readUntilReady())
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 23",
                            "DataRow 1 1 '2'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void answersToAFlushComeWithoutASyncAndPinTheServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.parse("s", "SELECT generate_series(1, $1::int)")
                    .describeStatement("s")
                    .flush()
                    .send();
            assertThat(first.read(3))
                    .containsExactly(
                            "ParseComplete", "ParameterDescription 1 23", "RowDescription 1 \"generate_series\" 23");
            second.query("SELECT 2").send();
            assertThat(second.isReadable(SILENCE)).as("released at a Flush").isFalse();

            first.bindPortal("p", "s", "3").execute("p", 2).flush().send();
            assertThat(first.read(4))
                    .containsExactly("BindComplete", "DataRow 1 1 '1'", "DataRow 1 1 '2'", "PortalSuspended");
            assertThat(first.execute("p", 0).closePortal("p").sync().exchange())
                    .containsExactly(
                            "DataRow 1 1 '3'", "CommandComplete \"SELECT 1\"", "CloseComplete", "ReadyForQuery I");
            assertThat(second.readUntilReady()).contains("DataRow 1 1 '2'");
        }
    }

    @Test
    void errorSkipsToTheSyncAndTheNextTransactionRuns() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            // the planner must not see it coming, so that the failure is one of Execute
            client.parse("", "SELECT 1/(random() * 0)::int").bind("").execute();
            client.parse("later", "SELECT 'skipped'").bind("later").execute().sync();
            client.parse("", "SELECT 'runs'").bind("").execute().sync();
            assertThat(client.exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "ErrorResponse S \"ERROR\" C \"22012\" M \"division by zero\"",
                            "ReadyForQuery I",
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 4 'runs'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(client.bind("later").sync().exchange())
                    .first()
                    .asString()
                    .contains("C \"26000\"", "prepared statement \"later\" does not exist");
        }
    }

    @Test
    void simpleQueryBehindAnErrorIsSkippedToo() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.parse("", "SELEC").query("SELECT 'skipped'").sync().send();
            assertThat(client.readUntilReady())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"42601\" M \"syntax error at or near \"SELEC\"\"",
                            "ReadyForQuery I");
            assertThat(client.isReadable(SILENCE))
                    .as("an answer to a skipped query")
                    .isFalse();
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
        }
    }

    @Test
    void emptyQueriesAndBareSyncsAreAnsweredOneForOne() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(client.sync().query("").sync().query(";").sync().exchange())
                    .containsExactly(
                            "ReadyForQuery I",
                            "EmptyQueryResponse",
                            "ReadyForQuery I",
                            "ReadyForQuery I",
                            "EmptyQueryResponse",
                            "ReadyForQuery I",
                            "ReadyForQuery I");
        }
    }

    @Test
    void pipelineOfTwoThousandTransactionsWrittenBeforeAnythingIsRead() {
        int transactions = 2_000;
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login()) {
            client.parse("n", "SELECT $1::int");
            for (int i = 0; i < transactions; i++) {
                client.bind("n", String.valueOf(i)).execute().sync();
            }
            List<String> rows = client.exchange().stream()
                    .filter(line -> line.startsWith("DataRow"))
                    .map(line -> line.replaceAll(".*'(.*)'", "$1"))
                    .toList();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < transactions; i++) {
                expected.add(String.valueOf(i));
            }
            assertThat(rows).isEqualTo(expected);
        }
    }

    @Test
    void twoClientsOnOneServerNeverGetEachOthersRows() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient even = pooler.login();
                WireClient odd = pooler.login()) {
            for (int i = 0; i < 5_000; i++) {
                even.query("SELECT " + 2 * i).send();
                odd.parse("", "SELECT $1::int")
                        .bind("", String.valueOf(2 * i + 1))
                        .execute()
                        .sync()
                        .send();
                assertThat(even.readUntilReady().get(1)).endsWith("'" + 2 * i + "'");
                assertThat(odd.readUntilReady().get(2)).endsWith("'" + (2 * i + 1) + "'");
            }
        }
    }

    private String newSequence() {
        String name = TestPostgres.uniqueName("seq");
        postgres.execute("CREATE SEQUENCE " + name, "GRANT ALL ON " + name + " TO " + TestPostgres.USER);
        return name;
    }

    private static WireClient nextval(WireClient client, String sequence) {
        return client.parse("", "SELECT nextval('" + sequence + "')").bind("").execute();
    }

    @Test
    void clientThatSaysGoodbyeStillGetsAllItsAnswers() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            WireClient client = pooler.login();
            List<String> answers = client.query("SELECT repeat('x', 10)")
                    .query("SELECT 2")
                    .parse("", "SELECT 3")
                    .bind("")
                    .execute()
                    .sync()
                    .terminate()
                    .send()
                    .readUntilClosed();
            assertThat(answers)
                    .contains("DataRow 1 10 'xxxxxxxxxx'", "DataRow 1 1 '2'", "DataRow 1 1 '3'")
                    .last()
                    .isEqualTo("ReadyForQuery I");
            WireClient unsynced = pooler.login();
            assertThat(unsynced.parse("", "SELECT 4").terminate().send().readUntilClosed())
                    .containsExactly("ParseComplete");
            try (WireClient next = pooler.login()) {
                assertThat(next.value("SELECT 5")).isEqualTo("5");
            }
        }
    }
}
