package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What happens to clients when there are fewer servers than work, or none. */
@OnEveryPostgres
class WaitingIT {

    private final TestPostgres postgres;

    WaitingIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void waitersAreServedInTheOrderInWhichTheyCame() {
        String order = TestPostgres.uniqueName("seq");
        postgres.execute("CREATE SEQUENCE " + order, "GRANT ALL ON " + order + " TO PUBLIC");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login()) {
            List<WireClient> waiters = new ArrayList<>();
            holder.run("BEGIN");
            for (int i = 0; i < 20; i++) {
                WireClient waiter = pooler.login();
                waiters.add(waiter.query("SELECT nextval('" + order + "')").send());
                pooler.pulse();
            }
            holder.run("COMMIT");
            for (int i = 0; i < 20; i++) {
                assertThat(waiters.get(i).readUntilReady().get(1)).endsWith("'" + (i + 1) + "'");
                waiters.get(i).close();
            }
        }
    }

    @Test
    void waitTimeoutIsAClearErrorAndThePlaceIsGivenUp() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.waitTimeout(Duration.ofMillis(300)));
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login();
                WireClient later = pooler.login()) {
            holder.run("BEGIN");
            waiter.query("SELECT 'never'").send();
            List<String> answers = waiter.readUntilClosed();
            assertThat(answers).singleElement().asString().matches("ErrorResponse S \"FATAL\" C \"(53300|57014)\" .*");
            assertThat(answers.get(0)).contains("300").containsPattern("(?i)wait");
            assertThat(holder.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            holder.run("COMMIT");
            assertThat(later.value("SELECT 'served'")).isEqualTo("served");
        }
    }

    /** Not that there are too few servers: there are none that it could have. */
    @Test
    void whoWaitsInAPausedPoolIsToldSo() throws Exception {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.waitTimeout(Duration.ofMillis(300)));
                WireClient client = pooler.login()) {
            pooler.pool().pause().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertThat(client.query("SELECT 1").send().readUntilClosed())
                    .last()
                    .asString()
                    .contains(
                            "C \"53300\"",
                            "M \"query_wait_timeout: no server within 300 ms (paused, servers 0 of 1",
                            "H \"An operator has paused the pool, and has to resume it.\"");
        }
    }

    @Test
    void waiterThatTimesOutAsAServerComesNeverLosesTheServer() {
        String database = postgres.createDatabase();
        Duration timeout = Duration.ofMillis(20);
        try (TestPooler pooler = TestPooler.start(
                        postgres,
                        database,
                        1,
                        db -> db.waitTimeout(timeout).user(TestPostgres.USER).minConnections(1));
                WireClient holder = loginWithoutWaiting(pooler)) {
            for (int i = 0; i < 60; i++) {
                try (WireClient waiter = pooler.login()) {
                    // the server comes back at about the moment at which the waiter gives up
                    holder.query("SELECT pg_sleep(" + (15 + i % 10) / 1000.0 + ")")
                            .send();
                    pooler.pulse();
                    waiter.query("SELECT 'mine'").send();
                    String first = waiter.read(1).get(0);
                    assertThat(first).containsPattern("^(RowDescription|ErrorResponse)");
                    assertThat(holder.readUntilReady()).contains("CommandComplete \"SELECT 1\"");
                }
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).hasSize(1));
            assertThat(holder.value("SELECT 'still served'")).isEqualTo("still served");
        }
    }

    @Test
    void poolNeverHoldsMoreServersThanAllowedUnderLoad() throws InterruptedException {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(postgres, database, 3)) {
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new CopyOnWriteArrayList<>();
            for (int t = 0; t < 12; t++) {
                int me = t;
                Thread thread = new Thread(() -> {
                    try (WireClient client = pooler.login()) {
                        for (int i = 0; i < 100; i++) {
                            assertThat(client.value("SELECT " + (me * 1000 + i)))
                                    .isEqualTo(String.valueOf(me * 1000 + i));
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            int most = 0;
            while (threads.stream().anyMatch(Thread::isAlive)) {
                most = Math.max(most, postgres.backends(database).size());
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(most).isBetween(1, 3);
        }
    }

    @Test
    void networkThatRefusesIsWaitedFor() {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 2);
                WireClient client = pooler.login()) {
            client.value("SELECT 'connected'");
            network.refuse(true).cut();
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).servers() == 0);
            client.query("SELECT 'waits'").send();
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).clientsWaiting() == 1);
            network.refuse(false);
            assertThat(client.readUntilReady()).contains("DataRow 1 5 'waits'");
        }
    }

    @Test
    void refusalOfTheServerIsToldInItsOwnWords() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(Backend.error("FATAL", "53300", "sorry, too many clients already"));
                });
                TestPooler pooler = TestPooler.start(builder -> builder.database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(server.port())
                                .waitTimeout(Duration.ofMillis(500))
                                .connectRetryDelay(Duration.ofMillis(50))));
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            List<String> answers = new ArrayList<>();
            if (client.authenticate("").isError()) {
                answers.addAll(client.transcript().lines());
            } else {
                client.query("SELECT 1").send();
                answers.addAll(client.readUntilClosed());
            }
            assertThat(answers)
                    .anyMatch(line -> line.contains("C \"53300\"") && line.contains("sorry, too many clients already"));
        }
    }

    @Test
    void atMostTwoConnectionsAreOpenedAtATime() {
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            // a server that serves meanwhile could serve one client after the other, none of which
                            // waits
                            session.stallUntil(go);
                            session.serve();
                        },
                        session -> {
                            session.stallUntil(go);
                            session.login();
                            session.serve();
                        });
                TestPooler pooler = TestPooler.start(server, 10)) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(pooler.login());
            }
            clients.forEach(client -> client.query("BEGIN").send());
            await().atMost(Wire.PATIENCE).until(() -> server.connections() >= 3);
            pooler.pulse();
            pooler.pulse();
            assertThat(server.connections())
                    .as("one that is in use and two being opened")
                    .isEqualTo(3);
            go.countDown();
            clients.forEach(client -> assertThat(client.readUntilReady()).isNotEmpty());
            clients.forEach(WireClient::close);
            // a script must not be cut off in the middle of a login
            await().atMost(Wire.PATIENCE).until(() -> {
                PgPoolSnapshot.Pool pool = pooler.snapshot().pools().get(0);
                return pool.serversIdle() == pool.servers();
            });
        }
    }

    @Test
    void clientsOverTheLimitAreRefusedAndPlacesAreGivenBack() {
        try (TestPooler pooler = TestPooler.withClientLimit(postgres, 3)) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(pooler.login());
            }
            try (WireClient fourth = pooler.connect()) {
                assertThat(fourth.startup(TestPostgres.USER, TestPostgres.DATABASE)
                                .readUntilClosed())
                        .singleElement()
                        .asString()
                        .matches("ErrorResponse S \"FATAL\" C \"53300\" .*");
            }
            assertThat(clients.get(0).value("SELECT 'unaffected'")).isEqualTo("unaffected");
            for (int round = 0; round < 20; round++) {
                clients.remove(0).close();
                clients.add(await().atMost(Wire.PATIENCE)
                        .ignoreExceptions()
                        .until(() -> loginOrNull(pooler), client -> client != null));
            }
            clients.forEach(WireClient::close);
        }
    }

    /** The first login needs a server, which must be there already if a wait may only be short. */
    private static WireClient loginWithoutWaiting(TestPooler pooler) {
        await().atMost(Wire.PATIENCE)
                .until(() -> pooler.snapshot().pools().get(0).serversIdle() == 1);
        return pooler.login();
    }

    private static @Nullable WireClient loginOrNull(TestPooler pooler) {
        WireClient client = pooler.connect();
        if (client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                .authenticate("")
                .isError()) {
            client.close();
            return null;
        }
        client.readUntilReady();
        return client;
    }
}
