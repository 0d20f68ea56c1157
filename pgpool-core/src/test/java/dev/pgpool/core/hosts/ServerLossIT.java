package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A server that dies is told once to the client that was using it, and to nobody else. */
@OnEveryPostgres
class ServerLossIT {

    private static final String TERMINATED =
            "ErrorResponse S \"FATAL\" C \"57P01\" M \"terminating connection due to administrator command\"";

    private final TestPostgres postgres;

    ServerLossIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void serverTerminatedInAQueryGivesItsOwnErrorOnce() {
        String slept = "SELECT 'terminated " + TestPostgres.uniqueName("q") + "', pg_sleep(60)";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            victim.query(slept).send();
            postgres.terminateBackend(postgres.awaitQuery(slept));
            assertThat(errors(victim.readUntilClosed())).containsExactly(TERMINATED);
            assertThat(other.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    @Test
    void serverTerminatedWithAPipelineInFlight() {
        String slept = "SELECT 'pipeline " + TestPostgres.uniqueName("q") + "', pg_sleep(60)";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            victim.parse("", "SELECT 'done'").bind("").execute().sync();
            victim.parse("", slept).bind("").execute().sync();
            victim.parse("", "SELECT 'never'").bind("").execute().sync().send();
            postgres.terminateBackend(postgres.awaitQuery(slept));
            assertThat(victim.readUntilClosed())
                    .startsWith(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 4 'done'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I")
                    .endsWith(TERMINATED)
                    .filteredOn(line -> line.startsWith("ReadyForQuery") || line.startsWith("ErrorResponse"))
                    .containsExactly("ReadyForQuery I", TERMINATED);
        }
    }

    @Test
    void serverTerminatedInATransactionBetweenQueries() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            postgres.terminateBackend(victim.run("BEGIN").serverPid());
            victim.query("SELECT 'lost'").send();
            assertThat(errors(victim.readUntilClosed())).containsExactly(TERMINATED);
            assertThat(other.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    @Test
    void connectionCutWithoutAWordIsAnErrorOfConnectionFailure() {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            victim.run("BEGIN");
            network.cut();
            victim.query("SELECT 'lost'").send();
            assertThat(errors(victim.readUntilClosed()))
                    .singleElement()
                    .asString()
                    .matches("ErrorResponse S \"FATAL\" C \"(08006|57P01)\" .*");
            assertThat(other.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    @Test
    void connectionCutInsideARowEndsTheClientWithoutInventedRows() {
        byte[] row = Backend.dataRow("x".repeat(50_000));
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q");
                            session.send(Backend.rowDescription("x"), Arrays.copyOf(row, 20_000));
                        },
                        session -> {
                            session.login();
                            session.serve();
                        });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            victim.query("SELECT x").send();
            assertThat(victim.readUntilClosed()).containsExactly("RowDescription 1 \"x\" 25");
            assertThat(other.value("unaffected")).isEqualTo("unaffected");
        }
    }

    @Test
    void serverThatDiesIdleIsNeverHandedOut() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient second = pooler.login()) {
            for (int i = 0; i < 10; i++) {
                int pid = client.serverPid();
                postgres.terminateBackend(pid);
                pooler.pulse();
                assertThat(client.parse("s" + i, "SELECT pg_backend_pid()")
                                .bind("s" + i)
                                .execute()
                                .sync()
                                .exchange())
                        .hasSize(5)
                        .startsWith("ParseComplete", "BindComplete")
                        .endsWith("CommandComplete \"SELECT 1\"", "ReadyForQuery I");
            }
            assertThat(second.value("SELECT 'fine'")).isEqualTo("fine");
        }
    }

    @Test
    void serverThatDiesAsItIsHandedOutIsToldOrReplacedButNeverSilent() throws SQLException {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                Connection killer = postgres.superuser();
                Statement kill = killer.createStatement()) {
            for (int i = 0; i < 100; i++) {
                try (WireClient client = pooler.login()) {
                    int pid = client.serverPid();
                    kill.execute("SELECT pg_terminate_backend(" + pid + ")");
                    client.query("SELECT 'now'").send();
                    String first = client.read(1).get(0); // the end of the connection without a word fails here
                    assertThat(first)
                            .as("round %s", i)
                            .matches("RowDescription .*|" + TERMINATED + "|"
                                    + "ErrorResponse S \"FATAL\" C \"08006\" .*");
                }
            }
        }
    }

    @Test
    void serverThatClosesInsteadOfAnsweringIsAConnectionFailure() {
        ScriptedServer.Script ends = session -> {
            session.login();
            session.expect("Q");
        };
        ScriptedServer.Script resets = session -> {
            session.login();
            session.expect("Q");
            session.reset();
        };
        ScriptedServer.Script speaks = session -> {
            session.login();
            session.expect("Q").send(Backend.error("FATAL", "57P02", "crash of another process"));
        };
        try (ScriptedServer server = ScriptedServer.start(ends, resets, speaks);
                TestPooler pooler = TestPooler.start(server, 1)) {
            for (String expected : new String[] {"08006", "08006", "57P02"}) {
                try (WireClient victim = pooler.login()) {
                    victim.query("SELECT 1").send();
                    assertThat(errors(victim.readUntilClosed()))
                            .singleElement()
                            .asString()
                            .startsWith("ErrorResponse S \"FATAL\" C \"" + expected + "\"");
                }
            }
        }
    }

    @Test
    void idleServerCutByTheNetworkIsNeverHandedOut() {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 1);
                WireClient client = pooler.login()) {
            for (int i = 0; i < 10; i++) {
                client.value("SELECT 'idle from now on'");
                network.cut();
                pooler.pulse();
                assertThat(client.value("SELECT 'fine'")).isEqualTo("fine");
            }
        }
    }

    @Test
    void restartOfTheServerIsNotSeenByIdleClients() {
        try (TestPostgres own = TestPostgres.fresh(postgres.version(), Map.of());
                TestPooler pooler = TestPooler.start(own, 3);
                WireClient prepared = pooler.login();
                WireClient inTransaction = pooler.login();
                WireClient idle = pooler.login()) {
            prepared.parse("s", "SELECT 'after restart'").sync().exchange();
            inTransaction.run("BEGIN");

            own.restart();

            assertThat(prepared.bind("s").execute().sync().exchange())
                    .containsExactly(
                            "BindComplete",
                            "DataRow 1 13 'after restart'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            assertThat(idle.value("SELECT 'fine'")).isEqualTo("fine");
            inTransaction.query("SELECT 1").send();
            assertThat(errors(inTransaction.readUntilClosed())).containsExactly(TERMINATED);
        }
    }

    @Test
    void idleSessionTimeoutOfTheServerIsNotSeenByClients() {
        try (TestPostgres own = TestPostgres.fresh(postgres.version(), Map.of("idle_session_timeout", "100ms"));
                TestPooler pooler = TestPooler.start(own, 1);
                WireClient client = pooler.login()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.value("SELECT 'fine'")).isEqualTo("fine");
                Awaitility.await()
                        .atMost(Wire.PATIENCE)
                        .until(() -> own.backends(TestPostgres.DATABASE).isEmpty());
            }
        }
    }

    @Test
    void asynchronousMessagesOnAnIdleServerAreAbsorbed() {
        CountDownLatch absorbed = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.expect("Q")
                            .send(
                                    Backend.commandComplete("SELECT 0"),
                                    Backend.readyForQuery('I'),
                                    Backend.notification(1, "channel", "payload"),
                                    Backend.parameterStatus("TimeZone", "Europe/Berlin"),
                                    Backend.notice("WARNING", "01000", "for nobody"));
                    absorbed.countDown();
                    session.serve();
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.query("first").send();
            assertThat(first.read(2)).containsExactly("CommandComplete \"SELECT 0\"", "ReadyForQuery I");
            pooler.pulse();
            assertThat(second.query("second").exchange())
                    .filteredOn(line -> !line.startsWith("ParameterStatus"))
                    .containsExactly(
                            "RowDescription 1 \"echo\" 25",
                            "DataRow 1 6 'second'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void fatalErrorOnAnIdleServerIsAbsorbed() {
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q")
                                    .send(
                                            Backend.commandComplete("SELECT 0"),
                                            Backend.readyForQuery('I'),
                                            Backend.error("FATAL", "57P01", "for nobody"))
                                    // the end of the connection comes later, or not at all
                                    .awaitClose();
                        },
                        session -> {
                            session.login();
                            session.serve();
                        });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            first.query("first").send();
            assertThat(first.read(2)).containsExactly("CommandComplete \"SELECT 0\"", "ReadyForQuery I");
            pooler.pulse();
            assertThat(second.query("second").exchange()).contains("DataRow 1 6 'second'");
            assertThat(first.query("third").exchange())
                    .as("the client that used the server before")
                    .containsExactly(
                            "RowDescription 1 \"echo\" 25",
                            "DataRow 1 5 'third'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void parameterChangedByAReloadOfTheServerReachesClients() {
        try (TestPostgres own = TestPostgres.fresh(postgres.version(), Map.of());
                TestPooler pooler = TestPooler.start(own, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            other.value("SELECT 1");
            own.executeIn(TestPostgres.SUPERUSER, "ALTER SYSTEM SET datestyle = 'German, DMY'");
            own.reload();
            Awaitility.await().atMost(Wire.PATIENCE).until(() -> dateStyle(own).equals("German, DMY"));
            pooler.pulse();
            assertThat(client.query("SELECT 'fine'").exchange())
                    .filteredOn(line -> !line.startsWith("ParameterStatus"))
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 4 'fine'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void serverOutOfStepIsClosedAndItsClientTold() {
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q").send(Backend.parseComplete(), Backend.bindComplete());
                            session.awaitClose();
                        },
                        session -> {
                            session.login();
                            session.serve();
                        });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            victim.query("SELECT 1").send();
            assertThat(errors(victim.readUntilClosed())).hasSize(1);
            assertThat(other.value("fine")).isEqualTo("fine");
        }
    }

    @Test
    void fatalErrorInTheLanguageOfTheServerIsToldOnce() {
        byte[] russian = Backend.message(
                'E',
                "S\u0412\u0410\u0416\u041d\u041e\0VFATAL\0C57P01\0M\u043a\u043e\u043d\u0435\u0446\0\0"
                        .getBytes(StandardCharsets.UTF_8));
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.expect("Q").send(russian);
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient victim = pooler.login()) {
            victim.query("SELECT 1").send();
            assertThat(victim.readUntilClosed()).singleElement().asString().contains("C \"57P01\"");
        }
    }

    @Test
    void shutdownInTheMiddleOfARowNeverCompletesTheRowWithOtherBytes() {
        byte[] row = Backend.dataRow("x".repeat(1_000));
        try (ScriptedServer server = ScriptedServer.start(
                session -> {
                    session.login();
                    session.expect("Q").send(Backend.rowDescription("x"), Arrays.copyOf(row, row.length - 20));
                    session.awaitClose();
                },
                session -> session.awaitClose() /* a cancel request */)) {
            TestPooler pooler = TestPooler.start(server, 1);
            try (WireClient client = pooler.login()) {
                client.query("SELECT x").send();
                assertThat(client.read(1)).containsExactly("RowDescription 1 \"x\" 25");
                assertThat(client.isReadable(Wire.PATIENCE)).isTrue();
                pooler.close();
                assertThat(client.readUntilClosed()).noneMatch(line -> line.startsWith("DataRow"));
            } finally {
                pooler.close();
            }
        }
    }

    private static String dateStyle(TestPostgres server) {
        try (WireClient direct = WireClient.login(server.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            return String.valueOf(direct.value("SHOW datestyle"));
        }
    }

    private static List<String> errors(List<String> answers) {
        return answers.stream().filter(line -> line.startsWith("ErrorResponse")).toList();
    }
}
