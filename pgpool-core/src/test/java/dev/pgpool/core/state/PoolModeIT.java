package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import org.junit.jupiter.api.Test;

/** For how long a client keeps its server in each mode. */
@OnEveryPostgres
class PoolModeIT {
    private final TestPostgres postgres;

    PoolModeIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void sessionKeepsItsServerWithAllItsState() {
        try (TestPooler pooler = TestPooler.start(postgres, 2, db -> db.mode(PoolMode.SESSION));
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            int mine = client.serverPid();
            int others = other.serverPid();
            assertThat(others).isNotEqualTo(mine);
            client.run("PREPARE p AS SELECT 'mine'")
                    .run("SET app.x = 'y'")
                    .run("CREATE TEMP TABLE t AS SELECT 1 AS a")
                    .run("LISTEN news");
            for (int i = 0; i < 3; i++) {
                assertThat(other.serverPid()).isEqualTo(others);
                assertThat(client.serverPid()).isEqualTo(mine);
            }
            assertThat(client.value("EXECUTE p")).isEqualTo("mine");
            other.run("NOTIFY news, 'flash'");
            assertThat(client.read(1).get(0)).contains("flash");
        }
    }

    @Test
    void serverOfASessionIsResetForTheNext() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.mode(PoolMode.SESSION))) {
            WireClient leaver = pooler.login();
            int server = leaver.serverPid();
            leaver.parse("s", "SELECT 1").bind("s").execute().sync().exchange();
            leaver.run("SET app.x = 'y'")
                    .run("SET statement_timeout = '5s'")
                    .run("LISTEN x")
                    .run("BEGIN");
            WireClient next = WireClient.connect(pooler.address());
            next.startup(TestPostgres.USER, TestPostgres.DATABASE);
            leaver.close();
            next.awaitLogin("");
            assertThat(next.serverPid()).isEqualTo(server);
            assertThat(next.value("SELECT concat(current_setting('app.x', true), current_setting('statement_timeout'),"
                            + " (SELECT count(*) FROM pg_listening_channels()))"))
                    .isEqualTo("00");
            assertThat(next.parse("s", "SELECT 1").bind("s").execute().sync().exchange())
                    .contains("ParseComplete", "DataRow 1 1 '1'");
            next.close();
        }
    }

    @Test
    void settingsOfTheStartAreThereInASessionToo() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.mode(PoolMode.SESSION))) {
            for (String zone : new String[] {"Asia/Tokyo", "Europe/Berlin"}) {
                try (WireClient client = pooler.login("TimeZone", zone, "options", "-c statement_timeout=1234")) {
                    assertThat(client.value("SHOW TimeZone")).isEqualTo(zone);
                    assertThat(client.value("SHOW statement_timeout")).isEqualTo("1234ms");
                    client.run("SET TimeZone TO 'UTC'").run("DISCARD ALL");
                    assertThat(client.value("SHOW TimeZone")).isEqualTo(zone);
                }
            }
        }
    }

    @Test
    void statementModeGivesTheServerBackAfterEachStatement() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.mode(PoolMode.STATEMENT));
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            int server = client.serverPid();
            assertThat(other.serverPid()).isEqualTo(server);
            assertThat(client.parse("s", "SELECT 2").bind("s").execute().sync().exchange())
                    .contains("DataRow 1 1 '2'");
            client.run("BEGIN; SELECT 1; COMMIT");
            assertThat(client.query("BEGIN").send().readUntilClosed())
                    .anyMatch(line -> line.contains("transaction blocks not allowed in statement pooling mode"));
            assertThat(other.value("SELECT txid_current_if_assigned() IS NULL")).isEqualTo("t");
            assertThat(other.serverPid()).isEqualTo(server);
        }
    }

    @Test
    void modeOfAUserGoesAheadOfThatOfTheDatabase() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres)
                                        .maxConnections(1)
                                        .mode(PoolMode.STATEMENT))
                        .user(TestPostgres.USER, user -> user.mode(PoolMode.SESSION)));
                WireClient client = pooler.login()) {
            client.run("BEGIN").run("COMMIT");
            WireClient waiting = pooler.login();
            waiting.query("SELECT 'served'").send();
            client.run("SELECT 1");
            pooler.pulse();
            assertThat(pooler.snapshot().pools().get(0).clientsWaiting()).isOne();
            client.close();
            assertThat(waiting.readUntilReady()).contains("DataRow 1 6 'served'");
            waiting.close();
            await().untilAsserted(() ->
                    assertThat(pooler.snapshot().pools().get(0).serversIdle()).isOne());
        }
    }
}
