package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The same text of two clients is the same statement only if both read it alike. */
@OnEveryPostgres
class StatementMeaningIT {
    /** The literal becomes a constant when the statement is parsed, by the TimeZone of that moment. */
    private static final String NOON = "SELECT extract(epoch FROM timestamptz '1970-01-01 12:00')::int";

    private final TestPostgres postgres;

    StatementMeaningIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void clientsOfDifferentTimeZonesReadTheSameTextDifferently() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient utc = pooler.login("TimeZone", "UTC");
                WireClient tokyo = pooler.login("TimeZone", "Asia/Tokyo")) {
            assertThat(utc.parse("noon", NOON).bind("noon").execute().sync().exchange())
                    .contains("DataRow 1 5 '43200'");
            assertThat(tokyo.parse("noon", NOON).bind("noon").execute().sync().exchange())
                    .contains("DataRow 1 5 '10800'");
            assertThat(utc.bind("noon").execute().sync().exchange()).contains("DataRow 1 5 '43200'");
        }
    }

    @Test
    void clientThatChangesItsTimeZoneDoesNotChangeTheStatementOfOthers() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient settled = pooler.login("TimeZone", "UTC");
                WireClient traveller = pooler.login("TimeZone", "UTC")) {
            traveller.parse("noon", NOON).sync().exchange();
            traveller.run("SET TimeZone TO 'Asia/Tokyo'");
            traveller.bind("noon").execute().sync().exchange();
            assertThat(settled.parse("noon", NOON).bind("noon").execute().sync().exchange())
                    .contains("DataRow 1 5 '43200'");
        }
    }

    @Test
    void whatIsParsedBehindALocalTimeZoneInTheSameWriteIsNobodyElses() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient traveller = pooler.login("TimeZone", "UTC");
                WireClient settled = pooler.login("TimeZone", "UTC")) {
            traveller
                    .query("BEGIN; SET LOCAL TimeZone TO 'Asia/Tokyo'")
                    .parse("noon", NOON)
                    .sync()
                    .exchange();
            traveller.run("ROLLBACK");
            assertThat(settled.parse("noon", NOON).bind("noon").execute().sync().exchange())
                    .contains("DataRow 1 5 '43200'");
        }
    }

    @Test
    void whatIsParsedBehindTheEndOfATransactionInTheSameWriteIsNobodyElses() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient traveller = pooler.login("TimeZone", "UTC");
                WireClient tokyo = pooler.login("TimeZone", "Asia/Tokyo")) {
            traveller.run("BEGIN; SET LOCAL TimeZone TO 'Asia/Tokyo'");
            traveller.query("COMMIT").parse("noon", NOON).sync().exchange();
            assertThat(tokyo.parse("noon", NOON).bind("noon").execute().sync().exchange())
                    .contains("DataRow 1 5 '10800'");
        }
    }

    @Test
    void clientsOfDifferentNamesShareAStatement() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient first = pooler.login("application_name", "first");
                WireClient second = pooler.login("application_name", "second");
                WireClient holder = pooler.login()) {
            first.parse("s", "SELECT 1").sync().exchange();
            second.parse("t", "SELECT 1").sync().exchange();
            long home = serverParses(pooler);
            holder.run("BEGIN");

            first.bind("s").execute().sync().exchange();
            second.bind("t").execute().sync().exchange();

            assertThat(serverParses(pooler) - home).as("on the other server").isEqualTo(1);
        }
    }

    @Test
    void steadyUseIsParsedNoMoreOnceEachServerHasACopyThatIsYoungEnough() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient holder = pooler.login()) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                WireClient client = pooler.login();
                clients.add(client);
                client.parse("s" + i, "SELECT $1::int").sync().exchange();
            }
            for (int round = 0; round < 6; round++) {
                if (round == 2) {
                    assertThat(serverParses(pooler))
                            .as("five of their own, and one more on each server")
                            .isEqualTo(7);
                }
                holder.run(round % 2 == 0 ? "BEGIN" : "ROLLBACK");
                for (int i = 0; i < 5; i++) {
                    clients.get(i).bind("s" + i, "1").execute().sync().exchange();
                }
            }
            assertThat(serverParses(pooler)).isEqualTo(7);
            clients.forEach(WireClient::close);
        }
    }

    /** The worst case of a client that prepares for one use: on its own server, and once more where it runs. */
    @Test
    void clientThatRunsOnceAndLeavesCostsAtMostOneParseMoreThanItsOwn() {
        int visitors = 40;
        try (TestPooler pooler = TestPooler.start(postgres, 3);
                WireClient holder = pooler.login()) {
            Random random = new Random(7);
            long elsewhere = 0;
            for (int i = 0; i < visitors; i++) {
                try (WireClient client = pooler.login()) {
                    client.parse("a", "SELECT pg_backend_pid(), $1::int").parse("b", "SELECT $1::text");
                    client.bind("a", "1").execute();
                    List<String> there = client.sync().exchange();
                    holder.query(random.nextBoolean() ? "BEGIN" : "ROLLBACK").exchange();
                    List<String> here = client.bind("a", "1")
                            .execute()
                            .bind("b", "x")
                            .execute()
                            .sync()
                            .exchange();
                    if (!here.get(1).equals(there.get(3))) {
                        elsewhere++;
                    }
                }
            }
            assertThat(serverParses(pooler))
                    .isGreaterThanOrEqualTo(2 * visitors)
                    .isLessThanOrEqualTo(2 * visitors + 2 * elsewhere);
            assertThat(elsewhere).isBetween(5L, visitors - 5L);
        }
    }

    private static long serverParses(TestPooler pooler) {
        return pooler.snapshot().pools().get(0).traffic().serverParses();
    }

    @Test
    void discardAllReturnsToTheSettingsOfTheStart() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("TimeZone", "Asia/Tokyo", "search_path", "pg_catalog")) {
            client.run("SET TimeZone TO 'UTC'");
            client.run("DISCARD ALL");
            assertThat(client.query("SHOW TimeZone").exchange()).contains("DataRow 1 10 'Asia/Tokyo'");
            assertThat(client.query("SHOW search_path").exchange()).contains("DataRow 1 10 'pg_catalog'");
        }
    }

    @Test
    void transactionCommandsLikeThoseOfJdbcAreParsedOnceForAllClients() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.login()) {
                    client.parse("S_1", "BEGIN")
                            .bind("S_1")
                            .execute()
                            .parse("S_2", "SELECT 1")
                            .bind("S_2")
                            .execute()
                            .sync()
                            .exchange();
                    client.parse("S_3", "COMMIT").bind("S_3").execute().sync().exchange();
                }
            }
            assertThat(serverParses(pooler))
                    .as("BEGIN, COMMIT, and SELECT three times")
                    .isEqualTo(5);
        }
    }
}
