package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.ServerSession;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Several hosts for one database: which one a connection goes to, and what happens when it fails. */
class HostsIT {
    private static final Consumer<DatabaseBuilder> IMPATIENT = db -> db.waitTimeout(Duration.ofSeconds(1));

    private static final String VERSION = "SHOW server_version_num";

    @Test
    void roundRobinSpreadsConnectionsOverTheHosts() {
        try (TestPooler pooler = pooler(4, db -> {}, at(TestPostgres.shared(15)), at(TestPostgres.shared(18)));
                WireClient a = pooler.login();
                WireClient b = pooler.login();
                WireClient c = pooler.login();
                WireClient d = pooler.login()) {
            List<String> versions = List.of(a, b, c, d).stream()
                    .map(client -> client.run("BEGIN").value(VERSION).substring(0, 2))
                    .sorted()
                    .toList();
            assertThat(versions).containsExactly("15", "15", "18", "18");
        }
    }

    @Test
    void disabledLoadBalancingStaysOnAHostUntilItFails() {
        try (Toxics first = Toxics.before(TestPostgres.shared(15).address());
                TestPooler pooler = pooler(
                        1,
                        db -> db.loadBalanceHosts(LoadBalanceHosts.DISABLE),
                        "127.0.0.1:" + first.port(),
                        at(TestPostgres.shared(18)));
                WireClient client = pooler.login()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.value(VERSION)).startsWith("15");
                end(pooler, TestPostgres.shared(15), client.serverPid());
            }
            assertThat(client.value(VERSION)).startsWith("15");
            int pid = client.serverPid();
            first.refuse(true);
            end(pooler, TestPostgres.shared(15), pid);
            assertThat(client.value(VERSION)).startsWith("18");
            pid = client.serverPid();
            first.refuse(false);
            end(pooler, TestPostgres.shared(18), pid);
            assertThat(client.value(VERSION)).as("it did not fail").startsWith("18");
        }
    }

    /** Ends a session of a server, and waits until the pooler knows: a network between them may tell it later. */
    private static void end(TestPooler pooler, TestPostgres postgres, int pid) {
        postgres.terminateBackend(pid);
        await().atMost(Wire.PATIENCE)
                .until(() -> pooler.pool().servers().stream().noneMatch(server -> server.processId() == pid));
    }

    @Test
    void serverThatStopsIsReplacedByTheNextHost() {
        try (TestPostgres one = TestPostgres.fresh(18, Map.of());
                TestPostgres two = TestPostgres.fresh(18, Map.of());
                TestPooler pooler = pooler(2, db -> {}, at(one), at(two));
                WireClient a = pooler.login();
                WireClient b = pooler.login()) {
            a.run("BEGIN");
            b.run("BEGIN");
            List<TestPostgres> used = List.of(serverOf(a, one, two), serverOf(b, one, two));
            assertThat(used).containsExactlyInAnyOrder(one, two);
            WireClient onOne = used.get(0) == one ? a : b;
            WireClient onTwo = onOne == a ? b : a;
            one.stop();
            assertThat(onOne.readUntilClosed()).last().asString().contains("57P01");
            assertThat(onTwo.run("COMMIT").value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            try (WireClient c = pooler.login();
                    WireClient d = pooler.login()) {
                assertThat(serverOf(c.run("BEGIN"), two)).isEqualTo(two);
                assertThat(serverOf(d.run("BEGIN"), two)).isEqualTo(two);
                two.stop();
                one.start();
                c.readUntilClosed();
                d.readUntilClosed();
            }
            try (WireClient e = pooler.login()) {
                assertThat(serverOf(e, one)).isEqualTo(one);
            }
            two.start();
        }
    }

    @Test
    void errorNamesEveryHostThatWasTried() {
        try (ScriptedServer closed = ScriptedServer.start(ServerSession::awaitClose);
                Toxics refusing = Toxics.before(closed.address()).refuse(true);
                ScriptedServer full = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(Backend.error("FATAL", "53300", "sorry, too many clients already"));
                });
                TestPooler pooler =
                        pooler(1, IMPATIENT, "127.0.0.1:" + refusing.port(), "/no/such/dir:5432", at(full))) {
            assertThat(refusal(pooler))
                    .startsWith("ErrorResponse S \"FATAL\" C \"53300\"")
                    .contains("could not connect to any server: ")
                    // each attempt begins with the next host
                    .contains(" 127.0.0.1:" + refusing.port() + " (")
                    .contains(" /no/such/dir:5432 (")
                    .contains(" 127.0.0.1:" + full.port() + " (")
                    .contains("): sorry, too many clients already");
        }
    }

    @Test
    void hostThatStartsUpOrShutsDownIsPassedOver() {
        for (String state : List.of("57P03", "57P01", "53300")) {
            try (ScriptedServer busy = ScriptedServer.start(session -> {
                        session.readStartup();
                        session.send(Backend.error("FATAL", state, "not now"));
                    });
                    TestPooler pooler = pooler(1, db -> {}, at(busy), at(TestPostgres.shared(18)));
                    WireClient client = pooler.login()) {
                assertThat(client.value(VERSION)).as(state).startsWith("18");
                assertThat(busy.connections()).isEqualTo(1);
            }
        }
    }

    @Test
    void hostThatDoesNotAnswerCostsNoMoreThanTheConnectTimeout() {
        CountDownLatch end = new CountDownLatch(1);
        try (ScriptedServer hanging = ScriptedServer.start(session -> session.stallUntil(end));
                TestPooler pooler = pooler(
                        1, db -> db.connectTimeout(Duration.ofMillis(300)), at(hanging), at(TestPostgres.shared(18)));
                WireClient client = pooler.login()) {
            assertThat(client.value(VERSION)).startsWith("18");
            assertThat(hanging.connections()).isEqualTo(1);
        } finally {
            end.countDown();
        }
    }

    @Test
    void refusalThatAllHostsWouldRepeatEndsTheAttempt() {
        try (ScriptedServer first = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(Backend.error("FATAL", "28P01", "password authentication failed for user \"app\""));
                });
                ScriptedServer second = ScriptedServer.start(ServerSession::awaitClose);
                TestPooler pooler =
                        pooler(1, db -> db.loadBalanceHosts(LoadBalanceHosts.DISABLE), at(first), at(second))) {
            assertThat(refusal(pooler))
                    .startsWith("ErrorResponse S \"FATAL\" C \"28P01\"")
                    .contains("password authentication failed");
            assertThat(second.connections()).isZero();
        }
    }

    @Test
    void unixSocketsAndTcpMayStandInOneList() {
        TestPostgres postgres = TestPostgres.shared(18);
        try (TestPooler pooler = pooler(
                        2,
                        db -> db.port(postgres.port()),
                        postgres.socketDirectory().toString(),
                        postgres.host());
                WireClient a = pooler.login();
                WireClient b = pooler.login()) {
            assertThat(List.of(a, b))
                    .extracting(client ->
                            client.run("BEGIN").value("SELECT coalesce(host(inet_client_addr()), 'unix socket')"))
                    .containsExactlyInAnyOrder("unix socket", "127.0.0.1");
        }
    }

    @Test
    void allAddressesOfANameAreTried() {
        // localhost is 127.0.0.1 and, on most systems, ::1; the server listens on both or on the first one only
        TestPostgres postgres = TestPostgres.shared(18);
        try (TestPooler pooler = pooler(3, db -> {}, "localhost:" + postgres.port());
                WireClient a = pooler.login();
                WireClient b = pooler.login();
                WireClient c = pooler.login()) {
            for (WireClient client : List.of(a, b, c)) {
                assertThat(client.run("BEGIN").value("SELECT 'served'")).isEqualTo("served");
            }
        }
    }

    @Test
    void nameThatNobodyHasIsAClearError() {
        try (TestPooler pooler = pooler(1, IMPATIENT, "no-such-host.invalid:5432")) {
            assertThat(refusal(pooler))
                    .startsWith("ErrorResponse S \"FATAL\" C \"53300\" M \"query_wait_timeout: ")
                    .contains("at \"no-such-host.invalid\", port 5432: could not translate host name");
        }
    }

    @Test
    void newClientsGetTheVersionAndDefaultsOfTheServerThatIsThereNow() {
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.loginWith("server_version=15.19", "TimeZone=UTC");
                            session.expect("Q").send(Backend.commandComplete("SELECT 1"), Backend.readyForQuery('I'));
                            // the server is restarted as another version
                        },
                        session -> {
                            session.loginWith("server_version=18.6", "TimeZone=Asia/Tokyo");
                            session.serve();
                        });
                TestPooler pooler = pooler(1, db -> {}, at(server))) {
            try (WireClient before = pooler.login()) {
                assertThat(before.parameter("server_version")).isEqualTo("15.19");
                before.query("SELECT 1").exchange();
            }
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).servers() == 0);
            try (WireClient after = pooler.login()) {
                assertThat(after.parameter("server_version")).isEqualTo("18.6");
                assertThat(after.parameter("TimeZone")).isEqualTo("Asia/Tokyo");
            }
        }
    }

    @Test
    void newClientsGetTheParametersOfARestartedServer() {
        try (TestPostgres postgres = TestPostgres.fresh(18, Map.of());
                TestPooler pooler = pooler(1, db -> {}, at(postgres))) {
            try (WireClient before = pooler.login()) {
                assertThat(before.parameter("DateStyle")).isEqualTo("ISO, MDY");
            }
            postgres.execute("ALTER SYSTEM SET datestyle = 'SQL, DMY'");
            postgres.restart();
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).servers() == 0);
            try (WireClient after = pooler.login()) {
                assertThat(after.parameter("DateStyle")).isEqualTo("SQL, DMY");
                assertThat(after.value("SHOW datestyle")).isEqualTo("SQL, DMY");
            }
        }
    }

    private static TestPooler pooler(int servers, Consumer<DatabaseBuilder> more, String... hosts) {
        return TestPooler.start(builder -> builder.database(TestPostgres.DATABASE, db -> {
            db.hosts(hosts).maxConnections(servers).connectRetryDelay(Duration.ofMillis(50));
            more.accept(db);
        }));
    }

    private static String at(TestPostgres postgres) {
        return postgres.host() + ":" + postgres.port();
    }

    private static String at(ScriptedServer server) {
        return "127.0.0.1:" + server.port();
    }

    /** Which of the servers runs the client's statements. */
    private static TestPostgres serverOf(WireClient client, TestPostgres... candidates) {
        String port = client.value("SHOW port");
        for (TestPostgres candidate : candidates) {
            if (port.equals(String.valueOf(candidate.port()))) {
                return candidate;
            }
        }
        throw new AssertionError("a server on port " + port);
    }

    /** The error that ends a login. */
    private static String refusal(TestPooler pooler) {
        try (WireClient client = pooler.connect()) {
            return client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                    .readUntilClosed()
                    .get(0);
        }
    }
}
