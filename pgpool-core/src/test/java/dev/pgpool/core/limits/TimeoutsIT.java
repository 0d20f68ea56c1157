package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What happens when something takes too long. */
@OnEveryPostgres
class TimeoutsIT {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final String QUERY_TIMEOUT =
            "ErrorResponse S \"ERROR\" C \"57014\" M \"canceling statement due to query_timeout\"";

    private final TestPostgres postgres;

    TimeoutsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void queryThatRunsTooLongIsCancelledAndItsClientLives() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.queryTimeout(SHORT));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            int pid = client.serverPid();
            assertThat(client.query("SELECT pg_sleep(60)").exchange())
                    .containsExactly("RowDescription 1 \"pg_sleep\" 2278", QUERY_TIMEOUT, "ReadyForQuery I");
            assertThat(next.serverPid()).isEqualTo(pid);
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void queryTimeoutFailsTheTransactionAsAnyError() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.queryTimeout(SHORT));
                WireClient client = pooler.login()) {
            int pid = client.run("BEGIN").serverPid();
            assertThat(client.parse("", "SELECT pg_sleep(60)")
                            .bind("")
                            .execute()
                            .sync()
                            .exchange())
                    .containsExactly("ParseComplete", "BindComplete", QUERY_TIMEOUT, "ReadyForQuery E");
            assertThat(client.run("ROLLBACK").serverPid()).isEqualTo(pid);
        }
    }

    @Test
    void manyShortQueriesAreNotOneLongOne() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.queryTimeout(SHORT));
                WireClient client = pooler.login()) {
            client.run("BEGIN");
            for (int i = 0; i < 12; i++) {
                assertThat(client.query("SELECT pg_sleep(0.1)").exchange()).endsWith("ReadyForQuery T");
            }
            client.run("COMMIT");
        }
    }

    @Test
    void queryThatDefiesItsCancelCostsTheConnection() {
        String defiant = "DO $$BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;"
                + " END LOOP; END$$";
        try (TestPooler pooler = TestPooler.start(
                        postgres,
                        1,
                        db -> db.queryTimeout(SHORT)
                                .cancelTimeout(Duration.ofMillis(300))
                                .abandonTimeout(Duration.ofMillis(300)));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            int pid = client.serverPid();
            client.query(defiant).send();
            assertThat(client.readUntilClosed())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "ErrorResponse S \"FATAL\" C \"57014\" M \"terminating connection due to query_timeout");
            assertThat(next.serverPid()).isNotEqualTo(pid);
            postgres.terminateBackend(pid);
        }
    }

    @Test
    void transactionThatIsIdleTooLongIsRolledBackAndItsServerUsedAgain() {
        String table = TestPostgres.uniqueName("idle");
        postgres.execute("CREATE TABLE " + table + " (n int)", "GRANT ALL ON " + table + " TO PUBLIC");
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.idleInTransactionTimeout(SHORT));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            int pid = client.run("BEGIN")
                    .run("INSERT INTO " + table + " VALUES (1)")
                    .serverPid();
            assertThat(client.readUntilClosed())
                    .containsExactly("ErrorResponse S \"FATAL\" C \"25P03\""
                            + " M \"terminating connection due to idle-in-transaction timeout\"");
            assertThat(next.serverPid()).isEqualTo(pid);
            assertThat(next.value("SELECT count(*) FROM " + table)).isEqualTo("0");
        }
    }

    @Test
    void transactionThatWorksIsNotIdle() {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 1, db -> db.idleInTransactionTimeout(SHORT).clientIdleTimeout(SHORT));
                WireClient client = pooler.login()) {
            client.run("BEGIN");
            for (int i = 0; i < 10; i++) {
                client.query("SELECT pg_sleep(0.12)").exchange();
            }
            client.query("SELECT pg_sleep(1)").exchange();
            client.run("COMMIT");
        }
    }

    @Test
    void pipelineThatIsNeverSyncedIsIdleInItsTransaction() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.idleInTransactionTimeout(SHORT));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            client.parse("", "SELECT 1").bind("").execute().flush().send();
            assertThat(client.readUntilClosed()).last().asString().contains("C \"25P03\"");
            assertThat(next.value("SELECT 'served'")).isEqualTo("served");
        }
    }

    @Test
    void transactionThatIsOpenTooLongIsRolledBackWhateverItDoes() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.transactionTimeout(Duration.ofMillis(600)));
                WireClient busy = pooler.login();
                WireClient asleep = pooler.login();
                WireClient next = pooler.login()) {
            busy.query("BEGIN");
            for (int i = 0; i < 100; i++) {
                busy.query("SELECT pg_sleep(0.1)");
            }
            busy.send();
            List<String> answers = busy.readUntilClosed();
            assertThat(answers)
                    .last()
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"25P04\" M \"terminating connection due to transaction"
                            + " timeout\"");
            int pid = asleep.serverPid();
            asleep.query("SELECT pg_sleep(60)").send();
            assertThat(asleep.readUntilClosed()).last().asString().contains("C \"25P04\"");
            assertThat(next.serverPid()).isEqualTo(pid);
        }
    }

    @Test
    void clientThatAsksForNothingIsDisconnected() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.clientIdleTimeout(SHORT));
                WireClient client = pooler.login();
                WireClient busy = pooler.login()) {
            for (int i = 0; i < 10; i++) {
                busy.query("SELECT pg_sleep(0.1)").exchange();
            }
            busy.query("SELECT pg_sleep(1)").exchange();
            assertThat(client.readUntilClosed())
                    .containsExactly("ErrorResponse S \"FATAL\" C \"57P05\""
                            + " M \"terminating connection due to idle-session timeout\"");
            assertThat(busy.readUntilClosed()).last().asString().contains("C \"57P05\"");
        }
    }

    @Test
    void clientThatKeepsItsServerIsIdleOutsideATransaction() {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 1, db -> db.mode(PoolMode.SESSION).clientIdleTimeout(SHORT));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            client.value("SELECT 'keeps the server'");
            next.query("SELECT 'waits'").send();
            assertThat(client.readUntilClosed()).last().asString().contains("C \"57P05\"");
            assertThat(next.readUntilReady()).contains("DataRow 1 5 'waits'");
        }
    }

    @Test
    void timeoutsOfAUserGoAheadOfThoseOfTheDatabase() {
        String patient = postgres.createRole("trust", "unused");
        try (TestPooler pooler = TestPooler.start(builder -> builder.user(
                                patient,
                                user -> user.queryTimeout(Duration.ZERO).clientIdleTimeout(Duration.ZERO))
                        .database(
                                "app",
                                db -> TestPooler.at(db, postgres)
                                        .queryTimeout(SHORT)
                                        .clientIdleTimeout(Duration.ofMillis(100))));
                WireClient client = pooler.loginAs(patient, "app")) {
            assertThat(client.query("SELECT pg_sleep(1), 'slept'").exchange()).contains("CommandComplete \"SELECT 1\"");
            assertThat(client.isReadable(Duration.ofMillis(500))).isFalse();
        }
    }

    @Test
    void clientThatWaitsLongIsToldOnce() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.waitNotice(SHORT));
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            holder.run("BEGIN");
            waiter.query("SELECT 'at last'").send();
            assertThat(waiter.read(1))
                    .containsExactly("NoticeResponse S \"NOTICE\" C \"00000\""
                            + " M \"No server connection available in postgres backend, client being queued\"");
            assertThat(waiter.isReadable(Duration.ofMillis(600)))
                    .as("told again")
                    .isFalse();
            holder.run("COMMIT");
            assertThat(waiter.readUntilReady())
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 7 'at last'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void loginThatWaitsForTheFirstServerHasItsTimeout() {
        CountDownLatch never = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(session -> {
            session.stallUntil(never);
        })) {
            try (TestPooler pooler = TestPooler.start(builder -> builder.loginTimeout(SHORT)
                            .database(
                                    TestPostgres.DATABASE,
                                    db -> db.host("127.0.0.1").port(server.port())));
                    WireClient client = pooler.connect()) {
                assertThat(client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                                .readUntilClosed())
                        .last()
                        .isEqualTo("ErrorResponse S \"FATAL\" C \"08006\" M \"client_login_timeout (server down)\"");
            } finally {
                never.countDown();
            }
        }
    }

    @Test
    void serverThatIsStartingUpMakesClientsWait() {
        ScriptedServer.Script starting = session -> {
            session.readStartup();
            session.send(Backend.error("FATAL", "57P03", "the database system is starting up"));
        };
        try (ScriptedServer server = ScriptedServer.start(starting, starting, session -> {
                    session.login();
                    session.serve();
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient client = pooler.login()) {
            assertThat(client.value("served after all")).isEqualTo("served after all");
            assertThat(server.connections()).isEqualTo(3);
        }
    }

    @Test
    void waitTimeoutTellsOfTheLimitThatOtherPoolsHaveUsedUp() {
        String other = postgres.createRole("trust", "unused");
        try (TestPooler pooler = TestPooler.start(
                        postgres, 0, db -> db.maxServerConnections(1).waitTimeout(SHORT));
                WireClient holder = pooler.login();
                WireClient waiter = pooler.loginAs(other, TestPostgres.DATABASE)) {
            holder.run("BEGIN");
            assertThat(waiter.query("SELECT 1").send().readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("query_wait_timeout: no server within 400 ms (servers 0, with other pools 1 of 1,");
            assertThat(holder.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
        }
    }

    @Test
    void poolWithoutClientsIsDropped() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                postgres,
                database,
                2,
                db -> db.user(TestPostgres.USER).minConnections(1).poolIdleTimeout(SHORT))) {
            try (WireClient client = pooler.login()) {
                client.value("SELECT 1");
                assertThat(pooler.snapshot().pools()).hasSize(1);
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(pooler.snapshot().pools()).isEmpty());
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).isEmpty());
            try (WireClient client = pooler.login()) {
                assertThat(client.value("SELECT 'made again'")).isEqualTo("made again");
            }
        }
    }

    @Test
    void poolsOfTheFallbackEntryHaveATimeoutOfTheirOwn() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                        "named",
                        db -> TestPooler.at(db, postgres)
                                .databaseName(TestPostgres.DATABASE)
                                .autoDatabaseIdleTimeout(SHORT))
                .database("*", db -> TestPooler.at(db, postgres).autoDatabaseIdleTimeout(SHORT)))) {
            try (WireClient named = pooler.loginAs(TestPostgres.USER, "named");
                    WireClient starred = pooler.loginAs(TestPostgres.USER, database)) {
                named.value("SELECT 1");
                starred.value("SELECT 1");
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(pooler.snapshot().pools())
                            .extracting(pool -> pool.key().database())
                            .containsExactly("named"));
        }
    }
}
