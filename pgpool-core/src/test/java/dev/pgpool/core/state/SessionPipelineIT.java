package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Session state in the middle of pipelines, bare transaction commands, and errors of what the pooler says itself. */
@OnEveryRoute
class SessionPipelineIT {

    private final Route route;
    private final String name = TestPostgres.uniqueName("pipeline");

    SessionPipelineIT(Route route) {
        this.route = route;
    }

    /** Scenario 17: what the pooler has a mind of its own about is answered in its place, with one Z per Sync. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "LISTEN %",
                "UNLISTEN *",
                "SHOW application_name",
                "SET statement_timeout = '50s'",
                "DEALLOCATE ALL",
                "RESET ALL",
                "CREATE TEMP TABLE % (a int)",
                "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
                "NOTIFY %"
            })
    void answersOfAPipelineComeInTheOrderOfItsRequests(String template) {
        String sql = template.replace("%", name);
        try (Route.Way way = route.open(2, 1);
                WireClient client = login(way)) {
            client.parse("s", "SELECT 'before'").bind("s").execute();
            client.parse("", sql).bind("").execute();
            client.closeStatement("s")
                    .parse("t", "SELECT 'after'")
                    .bind("t")
                    .execute()
                    .sync();
            client.parse("", "SELECT 'next'")
                    .bind("")
                    .execute()
                    .closeStatement("t")
                    .closeStatement("none")
                    .sync();
            client.query("SELECT 'last'");
            List<String> answers = client.exchange();
            assertThat(answers)
                    .extracting(line -> line.replaceAll(" .*", ""))
                    .filteredOn(type -> !List.of("NotificationResponse", "ParameterStatus", "DataRow")
                            .contains(type))
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete",
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete",
                            "CloseComplete",
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete",
                            "ReadyForQuery",
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete",
                            "CloseComplete",
                            "CloseComplete",
                            "ReadyForQuery",
                            "RowDescription",
                            "CommandComplete",
                            "ReadyForQuery");
            assertThat(answers)
                    .containsSubsequence(
                            "DataRow 1 6 'before'", "DataRow 1 5 'after'", "DataRow 1 4 'next'", "DataRow 1 4 'last'");
        }
    }

    /** Scenario 18: tags, states and warnings are PostgreSQL's, also where nothing but BEGIN and COMMIT is said. */
    @Test
    void bareTransactionCommands() {
        try (Route.Way way = route.open(1, 1);
                WireClient client = login(way);
                WireClient other = login(way)) {
            assertThat(client.query("BEGIN").exchange())
                    .containsExactly("CommandComplete \"BEGIN\"", "ReadyForQuery T");
            assertThat(client.query("COMMIT").exchange())
                    .containsExactly("CommandComplete \"COMMIT\"", "ReadyForQuery I");
            assertThat(client.query("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
                            .exchange())
                    .containsExactly("CommandComplete \"BEGIN\"", "ReadyForQuery T");
            assertThat(client.value("SHOW transaction_isolation")).isEqualTo("serializable");
            assertThat(client.value("SHOW transaction_read_only")).isEqualTo("on");
            assertThat(client.query("ROLLBACK AND CHAIN").exchange())
                    .containsExactly("CommandComplete \"ROLLBACK\"", "ReadyForQuery T");
            assertThat(client.value("SHOW transaction_isolation")).isEqualTo("serializable");
            assertThat(client.query("BEGIN").exchange())
                    .anySatisfy(line -> assertThat(line).contains("25001"))
                    .contains("CommandComplete \"BEGIN\"", "ReadyForQuery T");
            assertThat(client.query("SELECT 1/0").exchange()).contains("ReadyForQuery E");
            assertThat(client.query("COMMIT").exchange())
                    .containsExactly("CommandComplete \"ROLLBACK\"", "ReadyForQuery I");
            assertThat(client.query("COMMIT").exchange())
                    .anySatisfy(line -> assertThat(line).contains("25P01"))
                    .contains("CommandComplete \"COMMIT\"", "ReadyForQuery I");
            assertThat(other.query("ROLLBACK").exchange())
                    .anySatisfy(line -> assertThat(line).contains("25P01"))
                    .contains("CommandComplete \"ROLLBACK\"", "ReadyForQuery I");
            client.parse("", "BEGIN").bind("").execute().describeStatement("").sync();
            assertThat(client.exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete \"BEGIN\"",
                            "ParameterDescription 0",
                            "NoData",
                            "ReadyForQuery T");
            assertThat(client.query("COMMIT").exchange()).contains("ReadyForQuery I");
        }
    }

    /** Scenario 12: a setting that forbids writing, also from the start-up packet, goes with its client. */
    @Test
    void readOnlyOfAClientThatLeftBindsNobody() {
        route.postgres().execute("CREATE TABLE " + name + " (a int)", "GRANT ALL ON " + name + " TO PUBLIC");
        try (Route.Way way = route.open(1, 1)) {
            for (int round = 0; round < 3; round++) {
                try (WireClient reader = login(way);
                        WireClient alsoReader = login(way, "default_transaction_read_only", "on")) {
                    reader.run("SET default_transaction_read_only = on");
                    for (WireClient client : List.of(reader, alsoReader)) {
                        assertThat(client.query("INSERT INTO " + name + " VALUES (1)")
                                        .exchange())
                                .anySatisfy(line -> assertThat(line).contains("25006"));
                    }
                }
                try (WireClient writer = login(way)) {
                    writer.run("INSERT INTO " + name + " VALUES (1)");
                }
            }
        }
    }

    /** Scenario 25: a plan whose result type has changed fails once at most, then the statement works. */
    @Test
    void statementWorksAgainAfterItsTableChanged() {
        route.postgres().execute("CREATE TABLE " + name + " AS SELECT 1 AS a", "GRANT ALL ON " + name + " TO PUBLIC");
        try (Route.Way way = route.open(1, 1);
                WireClient one = login(way);
                WireClient two = login(way)) {
            String sql = "SELECT * FROM " + name;
            for (WireClient client : List.of(one, two)) {
                assertThat(client.parse("s", sql).bind("s").execute().sync().exchange())
                        .contains("DataRow 1 1 '1'");
            }
            route.postgres().execute("ALTER TABLE " + name + " ADD COLUMN b int DEFAULT 2");
            for (WireClient client : List.of(one, two)) {
                // as drivers do on 0A000: close, and prepare again
                List<String> again = client.bind("s").execute().sync().exchange();
                if (again.stream().anyMatch(line -> line.contains("0A000"))) {
                    again = client.closeStatement("s")
                            .parse("s", sql)
                            .describeStatement("s")
                            .bind("s")
                            .execute()
                            .sync()
                            .exchange();
                }
                assertThat(again).contains("DataRow 2 1 '1' 1 '2'");
                assertThat(client.bind("s").execute().sync().exchange()).contains("DataRow 2 1 '1' 1 '2'");
            }
        }
    }

    /** Scenario 24: where a client's own state can't be made again, only this client hears of it. */
    @Test
    void failureOfWhatIsRepeatedReachesItsClientOnly() {
        route.postgres().execute("CREATE TABLE " + name + " AS SELECT 1 AS a", "GRANT ALL ON " + name + " TO PUBLIC");
        try (Route.Way way = route.open(2, 1);
                WireClient client = login(way);
                WireClient other = login(way);
                WireClient third = login(way)) {
            client.parse("s", "SELECT a FROM " + name).bind("s").execute().sync();
            assertThat(client.exchange()).contains("DataRow 1 1 '1'");
            other.run("BEGIN"); // has the server that knows the statement
            assertThat(other.value("SELECT 'in a transaction'")).isEqualTo("in a transaction");
            route.postgres().execute("DROP TABLE " + name);
            assertThat(client.bind("s").execute().sync().exchange())
                    .anySatisfy(line -> assertThat(line).contains("42P01"))
                    .last()
                    .isEqualTo("ReadyForQuery I");
            for (int round = 0; round < 3; round++) {
                assertThat(third.query("SELECT 'third'").exchange())
                        .containsExactly(
                                "RowDescription 1 \"?column?\" 25",
                                "DataRow 1 5 'third'",
                                "CommandComplete \"SELECT 1\"",
                                "ReadyForQuery I");
                assertThat(other.value("SELECT 'other'")).isEqualTo("other");
            }
            other.run("COMMIT");
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    private static WireClient login(Route.Way way, String... parameters) {
        return WireClient.login(way.address(), TestPostgres.USER, way.database(), parameters);
    }
}
