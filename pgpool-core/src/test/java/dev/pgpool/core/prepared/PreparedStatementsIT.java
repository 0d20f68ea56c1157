package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prepared statements follow their client to whatever server it is given. */
@OnEveryPostgres
class PreparedStatementsIT {

    private static final String WHERE_AM_I = "SELECT pg_backend_pid()";

    private final TestPostgres postgres;

    PreparedStatementsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** Of all statements on the client's server, those of the pooler too: in a string that the pooler does not look into. */
    private static @Nullable String onServer(WireClient client, String columns) {
        return client.value("SELECT (xpath('//v/text()', query_to_xml('SELECT " + columns.replace("'", "''")
                + " AS v FROM pg_pre' || 'pared_statements', false, false, '')))[1]");
    }

    @Test
    void bindOnAnotherServerPreparesThereFirst() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient holder = pooler.login()) {
            assertThat(client.parse("s1", WHERE_AM_I).sync().exchange())
                    .containsExactly("ParseComplete", "ReadyForQuery I");
            int preparedOn = holder.run("BEGIN").serverPid();

            List<String> answers = client.bind("s1").execute().sync().exchange();

            assertThat(answers)
                    .hasSize(4)
                    .startsWith("BindComplete")
                    .endsWith("CommandComplete \"SELECT 1\"", "ReadyForQuery I");
            assertThat(answers.get(1)).startsWith("DataRow 1 ").doesNotContain("'" + preparedOn + "'");
        }
    }

    @Test
    void describeOnAnotherServerGivesExactlyOneDescription() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient holder = pooler.login()) {
            client.parse("s1", "SELECT $1::int AS n, $2::text AS t").sync().exchange();
            holder.run("BEGIN");
            assertThat(client.describeStatement("s1").sync().exchange())
                    .containsExactly(
                            "ParameterDescription 2 23 25", "RowDescription 2 \"n\" 23 \"t\" 25", "ReadyForQuery I");
        }
    }

    @Test
    void statementThatFailedToParseMayBeParsedAgain() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(client.parse("s1", "SELEC 1").sync().exchange())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"42601\" M \"syntax error at or near \"SELEC\"\"",
                            "ReadyForQuery I");
            assertThat(client.parse("s1", "SELECT 1")
                            .bind("s1")
                            .execute()
                            .sync()
                            .exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '1'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void statementThatFailedToParseIsNotThereForOthers() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            String table = TestPostgres.uniqueName("later");
            String sql = "SELECT count(*) FROM " + table;
            assertThat(first.parse("s", sql).sync().exchange().get(0)).contains("C \"42P01\"");
            postgres.execute("CREATE TABLE " + table + " ()", "GRANT ALL ON " + table + " TO PUBLIC");
            assertThat(second.parse("s", sql).bind("s").execute().sync().exchange())
                    .contains("ParseComplete", "DataRow 1 1 '0'");
            assertThat(first.parse("s", sql).bind("s").execute().sync().exchange())
                    .contains("ParseComplete", "DataRow 1 1 '0'");
        }
    }

    @Test
    void closeSkippedByAFailedPipelineIsRestored() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxPreparedStatements(1));
                WireClient client = pooler.login()) {
            client.parse("a", "SELECT 'a'").sync().exchange();

            // the planner must not see it coming, so that the failure is one of Execute
            client.parse("", "SELECT 1/(random() * 0)::int").bind("").execute();
            assertThat(client.parse("b", "SELECT 'b'").sync().exchange())
                    .contains("ErrorResponse S \"ERROR\" C \"22012\" M \"division by zero\"")
                    .endsWith("ReadyForQuery I");

            assertThat(client.bind("a").execute().sync().exchange())
                    .containsExactly(
                            "BindComplete", "DataRow 1 1 'a'", "CommandComplete \"SELECT 1\"", "ReadyForQuery I");
            assertThat(client.parse("b", "SELECT 'b'")
                            .bind("b")
                            .execute()
                            .sync()
                            .exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 'b'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void moreStatementsInOnePipelineThanAServerKeeps() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxPreparedStatements(2));
                WireClient client = pooler.login()) {
            for (int i = 0; i < 5; i++) {
                client.parse("s" + i, "SELECT 'v" + i + "'");
            }
            for (int i = 0; i < 5; i++) {
                client.bind("s" + i).execute();
            }
            assertThat(client.sync().exchange())
                    .filteredOn(line -> line.startsWith("DataRow"))
                    .containsExactly(
                            "DataRow 1 2 'v0'",
                            "DataRow 1 2 'v1'",
                            "DataRow 1 2 'v2'",
                            "DataRow 1 2 'v3'",
                            "DataRow 1 2 'v4'");
            assertThat(onServer(client, "count(*)")).isEqualTo("2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEALLOCATE ALL", "DISCARD ALL"})
    void forgettingAllStatementsHurtsNobodyElse(String command) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            for (WireClient client : List.of(first, second)) {
                assertThat(client.parse("s", "SELECT 'shared'")
                                .bind("s")
                                .execute()
                                .sync()
                                .exchange())
                        .contains("ParseComplete", "DataRow 1 6 'shared'");
            }
            assertThat(first.query(command).exchange())
                    .contains("CommandComplete \"" + command + "\"")
                    .endsWith("ReadyForQuery I");

            assertThat(second.bind("s").execute().sync().exchange())
                    .containsExactly(
                            "BindComplete", "DataRow 1 6 'shared'", "CommandComplete \"SELECT 1\"", "ReadyForQuery I");
            assertThat(first.bind("s").sync().exchange().get(0)).contains("C \"26000\"");
            assertThat(first.parse("s", "SELECT 'shared'")
                            .bind("s")
                            .execute()
                            .sync()
                            .exchange())
                    .contains("ParseComplete", "DataRow 1 6 'shared'");
        }
    }

    @Test
    void deallocateAllInTheExtendedProtocol() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.parse("s", "SELECT 'shared'").sync().exchange();
            second.parse("s", "SELECT 'shared'").sync().exchange();
            first.parse("", "DEALLOCATE ALL").bind("").execute().sync().exchange();
            assertThat(second.bind("s").execute().sync().exchange()).contains("DataRow 1 6 'shared'");
            assertThat(first.bind("s").sync().exchange().get(0)).contains("C \"26000\"");
        }
    }

    @Test
    void unnamedStatementOfAnotherClientIsNeverBound() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.parse("", "SELECT 'first'").sync().exchange();
            second.parse("", "SELECT 'second'").sync().exchange();
            assertThat(first.bind("").execute().sync().exchange())
                    .containsExactly(
                            "BindComplete", "DataRow 1 5 'first'", "CommandComplete \"SELECT 1\"", "ReadyForQuery I");
            assertThat(second.describeStatement("").bind("").execute().sync().exchange())
                    .containsExactly(
                            "ParameterDescription 0",
                            "RowDescription 1 \"?column?\" 25",
                            "BindComplete",
                            "DataRow 1 6 'second'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void unnamedStatementIsReplayedOnAnotherServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient holder = pooler.login()) {
            client.parse("", "SELECT pg_backend_pid(), $1::int").sync().exchange();
            int parsedOn = holder.run("BEGIN").serverPid();
            List<String> answers = client.bind("", "5").execute().sync().exchange();
            assertThat(answers).hasSize(4).startsWith("BindComplete").endsWith("ReadyForQuery I");
            assertThat(answers.get(1)).endsWith(" 1 '5'").doesNotContain("'" + parsedOn + "'");
        }
    }

    @Test
    void unnamedStatementNeverParsedDoesNotExist() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.parse("", "SELECT 'first'").sync().exchange();
            assertThat(second.bind("").sync().exchange())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"26000\" M \"unnamed prepared statement does not exist\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void duplicateAndUnknownNamesAreErrorsThatTheClientSurvives() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("s", "SELECT 1").sync().exchange();
            assertThat(client.parse("s", "SELECT 2").bind("s").execute().sync().exchange())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"42P05\" M \"prepared statement \"s\" already exists\"",
                            "ReadyForQuery I");
            assertThat(client.bind("t").execute().sync().exchange())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"26000\" M \"prepared statement \"t\" does not exist\"",
                            "ReadyForQuery I");
            assertThat(client.describeStatement("t").sync().exchange())
                    .containsExactly(
                            "ErrorResponse S \"ERROR\" C \"26000\" M \"prepared statement \"t\" does not exist\"",
                            "ReadyForQuery I");
            assertThat(client.bind("s").execute().sync().exchange()).contains("DataRow 1 1 '1'");
        }
    }

    @Test
    void ourErrorFailsTheTransactionItIsIn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.run("BEGIN");
            assertThat(client.bind("nothing").sync().exchange()).endsWith("ReadyForQuery E");
            assertThat(client.query("SELECT 1").exchange().get(0)).contains("C \"25P02\"");
            assertThat(client.query("COMMIT").exchange())
                    .containsExactly("CommandComplete \"ROLLBACK\"", "ReadyForQuery I");
        }
    }

    @Test
    void ourErrorTakesItsPlaceInThePipeline() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("s", "SELECT 'before'").bind("s").execute();
            client.bind("unknown").execute();
            client.parse("t", "SELECT 'after'").bind("t").execute().sync();
            client.bind("s").execute().sync();
            assertThat(client.exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 6 'before'",
                            "CommandComplete \"SELECT 1\"",
                            "ErrorResponse S \"ERROR\" C \"26000\""
                                    + " M \"prepared statement \"unknown\" does not exist\"",
                            "ReadyForQuery I",
                            "BindComplete",
                            "DataRow 1 6 'before'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(client.bind("t").sync().exchange().get(0)).contains("C \"26000\"");
        }
    }

    @Test
    void closedStatementIsGoneAndItsNameFree() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("s", "SELECT 1").sync().exchange();
            assertThat(client.closeStatement("s")
                            .closeStatement("never was")
                            .sync()
                            .exchange())
                    .containsExactly("CloseComplete", "CloseComplete", "ReadyForQuery I");
            assertThat(client.bind("s").sync().exchange().get(0)).contains("C \"26000\"");
            assertThat(client.parse("s", "SELECT 2").bind("s").execute().sync().exchange())
                    .contains("ParseComplete", "DataRow 1 1 '2'");
        }
    }

    @Test
    void sameTextIsPreparedOncePerServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (int i = 0; i < 20; i++) {
                try (WireClient client = pooler.login()) {
                    client.parse("mine" + i, "SELECT 'of twenty'")
                            .bind("mine" + i)
                            .execute();
                    assertThat(client.sync().exchange()).contains("ParseComplete", "DataRow 1 9 'of twenty'");
                }
            }
            try (WireClient client = pooler.login()) {
                assertThat(onServer(client, "count(*) FILTER (WHERE statement = 'SELECT ''of twenty''')"))
                        .isEqualTo("1");
            }
        }
    }

    @Test
    void statementsThatOnlyDifferInTypesOrWhoseBytesRunTogetherAreDistinct() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("int", "SELECT $1", 23).parse("text", "SELECT $1", 25).parse("none", "SELECT $1");
            // text, number of types and types give the same string when they are put together without separators
            client.parse("one", "SELECT 1", 23).parse("eleven", "SELECT 11", 23).parse("112", "SELECT 112");
            client.parse("both", "SELECT $1 || '1'", 25, 23).parse("other", "SELECT $1 || '12'", 25);
            for (String name : List.of("int", "text", "none", "one", "eleven", "112", "both", "other")) {
                client.describeStatement(name);
            }
            List<String> described = client.sync().exchange();
            assertThat(described.subList(0, 8)).containsOnly("ParseComplete");
            assertThat(described)
                    .filteredOn(line -> line.startsWith("ParameterDescription"))
                    .containsExactly(
                            "ParameterDescription 1 23",
                            "ParameterDescription 1 25",
                            "ParameterDescription 1 25",
                            "ParameterDescription 1 23",
                            "ParameterDescription 1 23",
                            "ParameterDescription 0",
                            "ParameterDescription 2 25 23",
                            "ParameterDescription 1 25");
            assertThat(client.bind("one", "0")
                            .execute()
                            .bind("eleven", "0")
                            .execute()
                            .bind("112")
                            .execute()
                            .sync()
                            .exchange())
                    .filteredOn(line -> line.startsWith("DataRow"))
                    .containsExactly("DataRow 1 1 '1'", "DataRow 1 2 '11'", "DataRow 1 3 '112'");
        }
    }

    @Test
    void tenThousandStatementsWithoutACloseStayBoundedOnTheServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxPreparedStatements(100));
                WireClient client = pooler.login()) {
            for (int batch = 0; batch < 100; batch++) {
                for (int i = 0; i < 100; i++) {
                    int n = batch * 100 + i;
                    client.parse("s" + n, "SELECT " + n);
                }
                assertThat(client.sync().exchange()).hasSize(101).endsWith("ReadyForQuery I");
            }
            assertThat(client.bind("s0")
                            .execute()
                            .bind("s9999")
                            .execute()
                            .sync()
                            .exchange())
                    .contains("DataRow 1 1 '0'", "DataRow 1 4 '9999'");
            assertThat(onServer(client, "count(*)")).isEqualTo("100");
        }
    }

    @Test
    void parseInAFailedTransactionFailsAndLeavesTheNameFree() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            other.parse("o", "SELECT 'known to the server'").sync().exchange();
            client.run("BEGIN").query("SELECT 1/0").exchange();
            assertThat(client.parse("s", "SELECT 'known to the server'").sync().exchange())
                    .hasSize(2)
                    .endsWith("ReadyForQuery E")
                    .first()
                    .asString()
                    .contains("C \"25P02\"");
            client.run("ROLLBACK");
            assertThat(client.parse("s", "SELECT 'known to the server'").sync().exchange())
                    .containsExactly("ParseComplete", "ReadyForQuery I");
        }
    }

    @Test
    void unnamedStatementSurvivesAClientWithOtherSettings() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login("application_name", "other")) {
            other.parse("n", "SELECT 'theirs'").sync().exchange();
            client.parse("", "SELECT 'mine'").sync().exchange();
            other.bind("n").execute().sync().exchange();
            assertThat(client.bind("").execute().sync().exchange())
                    .containsExactly(
                            "BindComplete", "DataRow 1 4 'mine'", "CommandComplete \"SELECT 1\"", "ReadyForQuery I");
        }
    }

    @Test
    void statementWhoseTableGoesAndComesBackInAPipeline() {
        String table = TestPostgres.uniqueName("comes_and_goes");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("search_path", "public");
                WireClient owner =
                        WireClient.login(postgres.address(), TestPostgres.SUPERUSER, TestPostgres.DATABASE)) {
            owner.run("CREATE TABLE " + table + " AS SELECT 'row'::text AS t")
                    .run("ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER);
            client.parse("a", "SELECT t FROM " + table).sync();
            client.query("DROP TABLE " + table);
            assertThat(client.bind("a").execute().sync().exchange())
                    .contains("CommandComplete \"DROP TABLE\"")
                    .anyMatch(line -> line.contains("C \"42P01\""));
            owner.run("CREATE TABLE " + table + " AS SELECT 'again'::text AS t")
                    .run("GRANT ALL ON " + table + " TO PUBLIC");
            assertThat(client.bind("a").execute().sync().exchange()).contains("DataRow 1 5 'again'");
        }
    }

    @Test
    void evictionsAndParsesThatWereSkippedAreBothUndone() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxPreparedStatements(1));
                WireClient client = pooler.login()) {
            client.parse("a", "SELECT 'a'").sync().exchange();
            client.parse("b", "SELECT 'b'").sync().exchange();
            for (int i = 0; i < 3; i++) {
                client.parse("", "SELEC");
                client.bind("a").execute().bind("b").execute().bind("a").execute();
                assertThat(client.sync().exchange()).hasSize(2).endsWith("ReadyForQuery I");
                assertThat(client.bind("a").execute().bind("b").execute().sync().exchange())
                        .filteredOn(line -> line.startsWith("DataRow") || line.startsWith("Error"))
                        .containsExactly("DataRow 1 1 'a'", "DataRow 1 1 'b'");
            }
        }
    }

    @Test
    void nameIsKeptWhenItsSecondParseFailsAndItsCloseIsSkipped() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("c", "SELECT 'kept'").sync().exchange();
            assertThat(client.parse("c", "SELECT * FROM not_there")
                            .closeStatement("c")
                            .sync()
                            .exchange())
                    .hasSize(2)
                    .endsWith("ReadyForQuery I");
            assertThat(client.bind("c").execute().sync().exchange()).contains("DataRow 1 4 'kept'");
        }
    }
}
