package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A client that leaves in the middle: its work is undone, its server used again or closed, and nothing of it reaches the
 * next client, which in most of these tests waits for the only server.
 */
@OnEveryPostgres
class AbandonedWorkIT {

    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("abandoned");

    AbandonedWorkIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void createTable() {
        postgres.execute("CREATE TABLE " + table + " (n int)", "GRANT ALL ON " + table + " TO PUBLIC");
    }

    @Test
    void clientVanishesInTheMiddleOfAGigabyteOfRows() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")
                    .send();
            leaver.read(100);
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientVanishesInsideALargeRow() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.query("SELECT repeat('x', 100000000)").send();
            assertThat(leaver.read(1)).containsExactly("RowDescription 1 \"repeat\" 25");
            assertThat(leaver.readByte()).isEqualTo('D');
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientVanishesAfterHalfABind() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.parse("s", "SELECT length($1)").flush().send();
            assertThat(leaver.read(1)).containsExactly("ParseComplete");
            byte[] bind = Frontend.bind("", "s", List.of("y".repeat(100_000)));
            leaver.sendRaw(bind, 0, bind.length / 2);
            pooler.pulse();
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientVanishesInAnOpenTransaction() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.run("BEGIN").run("INSERT INTO " + table + " VALUES (1)").run("SELECT pg_advisory_xact_lock(8181)");
            leaver.reset();
            assertServerIsClean(next);
            assertThat(next.value("SELECT pg_try_advisory_xact_lock(8181)")).isEqualTo("t");
        }
    }

    @Test
    void clientSaysGoodbyeInAnOpenTransaction() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.run("BEGIN").run("INSERT INTO " + table + " VALUES (1)");
            leaver.terminate().send();
            assertThat(leaver.isClosedByPeer()).isTrue();
            leaver.close();
            assertServerIsClean(next);
        }
    }

    @Test
    void batchThatItsClientNeverEndedIsNotCommitted() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            int server = next.serverPid();
            WireClient leaver = pooler.login();
            leaver.parse("", "INSERT INTO " + table + " VALUES (1)")
                    .bind("")
                    .execute()
                    .flush()
                    .send();
            assertThat(leaver.read(3)).last().asString().startsWith("CommandComplete");
            leaver.reset();
            assertServerIsClean(next);
            WireClient polite = pooler.login();
            polite.parse("", "INSERT INTO " + table + " VALUES (2)")
                    .bind("")
                    .execute()
                    .terminate()
                    .send();
            polite.readUntilClosed();
            assertThat(next.value("SELECT count(*) FROM " + table)).isEqualTo("0");
            WireClient hasty = pooler.login();
            hasty.query("SELECT 'last words'").terminate().send();
            hasty.close();
            assertThat(next.serverPid()).isEqualTo(server);
        }
    }

    @Test
    void clientVanishesInAFailedTransaction() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.run("BEGIN").query("SELECT 1/0").exchange();
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientVanishesInTheMiddleOfACopyIn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.query("COPY " + table + " FROM STDIN").send();
            assertThat(leaver.read(1)).containsExactly("CopyInResponse");
            byte[] data = Frontend.copyData("1\n2\n3\n".getBytes(StandardCharsets.US_ASCII));
            leaver.sendRaw(data).sendRaw(data, 0, 7);
            pooler.pulse();
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientVanishesInTheMiddleOfACopyOut() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 300000)) TO STDOUT")
                    .send();
            leaver.read(10);
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void longQueryOfAClientThatLeftIsCancelled() {
        String endless = "SELECT '" + table + "', pg_sleep(3600)";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            leaver.query(endless).send();
            postgres.awaitQuery(endless);
            leaver.reset();
            assertServerIsClean(next);
            assertThat(postgres.query(
                            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = $$" + endless + "$$"))
                    .isEmpty();
        }
    }

    @Test
    void pipelineOfAClientThatLeftDoesNotReachTheNext() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login()) {
            WireClient leaver = pooler.login();
            for (int i = 0; i < 200; i++) {
                leaver.parse("", "SELECT repeat('z', 20000)").bind("").execute().sync();
            }
            leaver.send();
            leaver.reset();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientThatHalfClosesGetsItsAnswersOrLeavesCleanly() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient next = pooler.login();
                WireClient leaver = pooler.login()) {
            leaver.query("SELECT 'last'").send();
            leaver.halfClose();
            leaver.readUntilClosed();
            assertServerIsClean(next);
        }
    }

    @Test
    void clientThatVanishesWhileWaitingGivesUpItsPlace() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient next = pooler.login()) {
            holder.run("BEGIN");
            for (int i = 0; i < 20; i++) {
                WireClient waiter = pooler.login();
                waiter.query("INSERT INTO " + table + " VALUES (" + i + ")").send();
                pooler.pulse();
                waiter.reset();
            }
            next.query("SELECT count(*) FROM " + table).send();
            pooler.pulse();
            holder.run("COMMIT");
            assertThat(next.readUntilReady())
                    .containsExactly(
                            "RowDescription 1 \"count\" 20",
                            "DataRow 1 1 '0'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void hundredsOfAbandonedClientsLeakNoServerAndNoTransaction() {
        Random random = new Random(63);
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(postgres, database, 2)) {
            for (int i = 0; i < 200; i++) {
                WireClient leaver = pooler.login();
                switch (random.nextInt(6)) {
                    case 0 -> leaver.query("BEGIN").send();
                    case 1 -> leaver.query("BEGIN; SELECT 1/0").send();
                    case 2 ->
                        leaver.parse("s" + i, "SELECT repeat('x', 100000)")
                                .bind("s" + i)
                                .execute()
                                .flush()
                                .send();
                    case 3 -> leaver.query("SELECT generate_series(1, 100000)").send();
                    case 4 -> leaver.query("SELECT pg_sleep(60)").send();
                    default -> leaver.sendRaw(Frontend.query("SELECT 'never all here'"), 0, 9);
                }
                if (random.nextBoolean()) {
                    leaver.isReadable(Duration.ofMillis(3));
                }
                if (random.nextBoolean()) {
                    leaver.reset();
                } else {
                    leaver.close();
                }
            }
            try (WireClient first = pooler.login();
                    WireClient second = pooler.login()) {
                first.run("BEGIN");
                second.run("BEGIN");
                assertThat(first.value("SELECT txid_current_if_assigned() IS NULL"))
                        .isEqualTo("t");
                assertThat(first.serverPid()).isNotEqualTo(second.serverPid());
                await().atMost(Wire.PATIENCE)
                        .untilAsserted(
                                () -> assertThat(postgres.backends(database)).hasSize(2));
                first.run("COMMIT");
                second.run("COMMIT");
            }
        }
    }

    /** The next client sees exactly its own answers, outside a transaction, and nothing of what was undone. */
    private void assertServerIsClean(WireClient next) {
        assertThat(next.query("SELECT count(*) FROM " + table).exchange())
                .containsExactly(
                        "RowDescription 1 \"count\" 20",
                        "DataRow 1 1 '0'",
                        "CommandComplete \"SELECT 1\"",
                        "ReadyForQuery I");
        assertThat(next.parse("clean", "SELECT $1::text")
                        .bind("clean", "mine")
                        .execute()
                        .sync()
                        .exchange())
                .containsExactly(
                        "ParseComplete",
                        "BindComplete",
                        "DataRow 1 4 'mine'",
                        "CommandComplete \"SELECT 1\"",
                        "ReadyForQuery I");
    }
}
