package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import dev.pgpool.core.stats.ServerInfo;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator does to a running pooler: pause, resume, disable, reconnect, kill, drain. */
@OnEveryPostgres
class LiveControlIT {

    private final TestPostgres postgres;

    LiveControlIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private static void join(CompletionStage<?> stage) throws Exception {
        stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void pauseWaitsForTransactionsClosesServersAndHoldsClientsUntilResume() throws Exception {
        try (TestPooler pooler = TestPooler.start(postgres, 3);
                WireClient busy = pooler.login();
                WireClient idle = pooler.login()) {
            busy.run("BEGIN");
            idle.run("SELECT 1");
            CompletableFuture<Void> paused = pooler.pool().pause().toCompletableFuture();
            await().until(() -> pooler.pool().servers().size() == 1);
            assertThat(paused).isNotDone();
            assertThat(pooler.snapshot().status()).isEqualTo(Status.PAUSED);

            idle.query("SELECT 'held'").send();
            assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            busy.run("COMMIT");
            join(paused);
            assertThat(pooler.pool().servers()).isEmpty();
            assertThat(idle.isReadable(Duration.ofMillis(300))).isFalse();
            try (WireClient late = pooler.login()) {
                assertThat(late.query("SELECT 'too'").send().isReadable(Duration.ofMillis(100)))
                        .isFalse();
                pooler.pool().resume();
                assertThat(late.readUntilReady().get(1)).contains("too");
            }
            assertThat(idle.readUntilReady().get(1)).contains("held");
            assertThat(pooler.snapshot().status()).isEqualTo(Status.ACTIVE);
        }
    }

    @Test
    void postgresIsRestartedBehindAPauseAndNobodyNotices() throws Exception {
        try (TestPostgres own = TestPostgres.fresh(postgres.version(), Map.of());
                TestPooler pooler = TestPooler.start(own, 2)) {
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger done = new AtomicInteger();
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(CompletableFuture.runAsync(() -> {
                    try (WireClient client = pooler.login()) {
                        while (!stop.get()) {
                            client.run("BEGIN");
                            client.run("SELECT 1");
                            client.run("COMMIT");
                            done.incrementAndGet();
                        }
                    }
                }));
            }
            await().until(() -> done.get() > 100);
            join(pooler.pool().pause());
            own.restart();
            int before = done.get();
            pooler.pool().resume();
            await().until(() -> done.get() > before + 100);
            stop.set(true);
            for (CompletableFuture<Void> client : clients) {
                join(client);
            }
        }
    }

    @Test
    void pauseOfOneDatabaseLeavesOthersAlone() throws Exception {
        String other = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                        settings -> settings.database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                                .database(other, db -> TestPooler.at(db, postgres)));
                WireClient here = pooler.login();
                WireClient there = pooler.loginAs(TestPostgres.USER, other)) {
            here.run("SELECT 1");
            join(pooler.pool().pause(TestPostgres.DATABASE));
            assertThat(there.value("SELECT 'open'")).isEqualTo("open");
            assertThat(here.query("SELECT 'shut'").send().isReadable(Duration.ofMillis(200)))
                    .isFalse();
            assertThat(pooler.snapshot().databases())
                    .filteredOn(database -> database.paused())
                    .singleElement()
                    .satisfies(database -> assertThat(database.name()).isEqualTo(TestPostgres.DATABASE));
            pooler.pool().resume(TestPostgres.DATABASE);
            assertThat(here.readUntilReady().get(1)).contains("shut");
        }
    }

    @Test
    void resumeEndsAPauseThatIsStillWaiting() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            CompletableFuture<Void> paused = pooler.pool().pause().toCompletableFuture();
            pooler.pool().resume();
            assertThatThrownBy(() -> join(paused))
                    .hasRootCauseMessage("PAUSE was revoked by RESUME before it was complete");
            assertThat(busy.value("SELECT 'still here'")).isEqualTo("still here");
            busy.run("COMMIT");
        }
    }

    @Test
    void pauseEndsConnectsThatAreUnderWay() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TestPooler pooler = TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1").port(silent.getLocalPort()).connectTimeout(Duration.ofMinutes(5))));
                WireClient waiter = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            await().until(() -> pooler.snapshot().pools().stream()
                    .anyMatch(pool -> pool.serverStates().connecting() > 0));
            join(pooler.pool().pause());
            assertThat(pooler.snapshot().pools().get(0).servers()).isZero();
            assertThat(waiter.isReadable(Duration.ofMillis(100)))
                    .as("it waits on")
                    .isFalse();
        }
    }

    @Test
    void commandsThatMakeNoSenseSaySo() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            PgPool pool = pooler.pool();
            assertThatThrownBy(pool::resume)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("pooler is not paused/suspended");
            assertThatThrownBy(() -> pool.resume(TestPostgres.DATABASE))
                    .hasMessage("database " + TestPostgres.DATABASE + " is not paused");
            assertThatThrownBy(() -> join(pool.pause("nowhere"))).hasRootCauseMessage("no such database: nowhere");
            assertThatThrownBy(() -> pool.kill("pgbouncer")).hasMessage("cannot kill admin db: pgbouncer");
            assertThatThrownBy(() -> pool.killClient(123_456)).hasMessage("client not found");
            join2(pool.pause());
            assertThatThrownBy(() -> join(pool.pause())).hasRootCauseMessage("already suspended/paused");
            pool.resume();
        }
    }

    private static void join2(CompletionStage<?> stage) {
        stage.toCompletableFuture().join();
    }

    @Test
    void disabledDatabaseLetsNobodyElseIn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient inside = pooler.login()) {
            pooler.pool().disable(TestPostgres.DATABASE);
            try (WireClient outside = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(outside.readUntilClosed())
                        .last()
                        .asString()
                        .contains("55000", "database \"" + TestPostgres.DATABASE + "\" is disabled");
            }
            assertThat(inside.value("SELECT 'stays'")).isEqualTo("stays");
            assertThat(pooler.snapshot().databases().get(0).disabled()).isTrue();
            pooler.pool().enable(TestPostgres.DATABASE);
            try (WireClient outside = pooler.login()) {
                assertThat(outside.value("SELECT 'in'")).isEqualTo("in");
            }
        }
    }

    @Test
    void reconnectReplacesServersWhenTheyAreGivenBack() throws Exception {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient busy = pooler.login();
                WireClient other = pooler.login()) {
            busy.run("BEGIN");
            int old = busy.serverPid();
            int idle = other.serverPid();
            pooler.pool().reconnect(TestPostgres.DATABASE);
            CompletableFuture<Void> closed = pooler.pool().waitClose().toCompletableFuture();
            assertThat(busy.serverPid()).isEqualTo(old);
            assertThat(other.serverPid()).isNotEqualTo(idle).isNotEqualTo(old);
            assertThat(pooler.pool().servers())
                    .filteredOn(ServerInfo::closeNeeded)
                    .singleElement()
                    .satisfies(server -> assertThat(server.processId()).isEqualTo(old));
            assertThat(closed).isNotDone();
            busy.run("COMMIT");
            join(closed);
            assertThat(busy.serverPid()).isNotEqualTo(old);
            assertThat(pooler.snapshot().pools().get(0).serverCloses()).containsEntry(CloseReason.SERVER_REPLACED, 2L);
        }
    }

    /** In session mode a client has its server for as long as it likes, unless the pool closes fast. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reconnectEndsSessionsBetweenTransactionsOnlyWhereServersCloseFast(boolean fast) {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 3, db -> db.mode(PoolMode.SESSION).serverFastClose(fast));
                WireClient idle = pooler.login();
                WireClient busy = pooler.login();
                WireClient later = pooler.login()) {
            int kept = idle.serverPid();
            busy.run("BEGIN");
            int held = busy.serverPid();
            pooler.pool().reconnect();
            if (fast) {
                assertThat(idle.readUntilClosed()).last().asString().contains("57P01");
            } else {
                assertThat(idle.serverPid()).isEqualTo(kept);
            }
            assertThat(busy.serverPid()).as("within its transaction").isEqualTo(held);
            busy.run("COMMIT");
            if (fast) {
                assertThat(busy.readUntilClosed()).last().asString().contains("57P01");
            } else {
                assertThat(busy.serverPid()).isEqualTo(held);
            }
            assertThat(later.serverPid()).as("a server made since").isNotIn(kept, held);
            later.run("SELECT 1");
            assertThat(later.value("SELECT 'stays'")).isEqualTo("stays");
        }
    }

    @Test
    void killClosesClientsAndServersAndLeavesTheDatabasePaused() {
        String other = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                        settings -> settings.database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                                .database(other, db -> TestPooler.at(db, postgres)));
                WireClient busy = pooler.login();
                WireClient idle = pooler.login();
                WireClient bystander = pooler.loginAs(TestPostgres.USER, other)) {
            busy.run("BEGIN");
            int pid = busy.serverPid();
            pooler.pool().kill(TestPostgres.DATABASE);
            assertThat(busy.readUntilClosed()).last().asString().contains("57P01");
            assertThat(idle.readUntilClosed())
                    .last()
                    .asString()
                    .contains("57P01", "terminating connection due to administrator command");
            await().until(() -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE pid = " + pid)
                    .isEmpty());
            assertThat(bystander.value("SELECT 'unharmed'")).isEqualTo("unharmed");
            try (WireClient late = pooler.login()) {
                assertThat(late.query("SELECT 'later'").send().isReadable(Duration.ofMillis(200)))
                        .isFalse();
                pooler.pool().resume(TestPostgres.DATABASE);
                assertThat(late.readUntilReady().get(1)).contains("later");
            }
        }
    }

    @Test
    void oneClientIsKilledByItsNumber() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient victim = pooler.login("application_name", "victim");
                WireClient other = pooler.login("application_name", "other")) {
            victim.run("BEGIN");
            ClientInfo info = pooler.pool().clients().stream()
                    .filter(client -> client.applicationName().equals("victim"))
                    .findFirst()
                    .orElseThrow();
            assertThat(info.state()).isEqualTo(ClientInfo.State.ACTIVE);
            assertThat(info.user()).isEqualTo(TestPostgres.USER);
            assertThat(info.database()).isEqualTo(TestPostgres.DATABASE);
            ServerInfo server = pooler.pool().servers().stream()
                    .filter(candidate -> candidate.client().equals(OptionalInt.of(info.id())))
                    .findFirst()
                    .orElseThrow();
            assertThat(info.server()).hasValue(server.id());
            assertThat(server.processId()).isEqualTo(victim.serverPid());
            pooler.pool().killClient(info.id());
            assertThat(victim.readUntilClosed()).last().asString().contains("57P01", "admin forced disconnect");
            assertThat(other.value("SELECT 'lives'")).isEqualTo("lives");
            assertThat(pooler.pool().clients())
                    .singleElement()
                    .satisfies(client -> assertThat(client.applicationName()).isEqualTo("other"));
        }
    }

    @Test
    void drainLetsTransactionsEndTellsIdleClientsAndRefusesNewOnes(@TempDir Path directory) throws Exception {
        try (TestPooler pooler = TestPooler.withUnixSocket(postgres, directory);
                WireClient busy = pooler.login();
                WireClient idle = pooler.login()) {
            busy.run("BEGIN");
            assertThat(pooler.pool().healthy()).isTrue();
            CompletableFuture<Boolean> drained =
                    CompletableFuture.supplyAsync(() -> pooler.pool().drain(Duration.ofSeconds(60)));
            assertThat(idle.readUntilClosed()).last().asString().contains("57P01");
            assertThat(pooler.pool().healthy()).isFalse();
            assertThat(pooler.snapshot().status()).isEqualTo(Status.DRAINING);
            Path socket = directory.resolve(".s.PGSQL." + pooler.address().getPort());
            try (WireClient late = WireClient.connect(UnixDomainSocketAddress.of(socket))
                    .startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(late.readUntilClosed()).last().asString().contains("57P03", "shutting down");
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(
                            () -> assertThatThrownBy(pooler::connect).hasRootCauseInstanceOf(ConnectException.class));
            assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            busy.query("COMMIT").send();
            assertThat(busy.readUntilClosed())
                    .anyMatch(message -> message.contains("COMMIT"))
                    .last()
                    .asString()
                    .contains("57P01");
            assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
            join(pooler.pool().whenClosed());
            assertThatThrownBy(() -> pooler.pool().snapshot()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void drainEndsAtItsDeadline() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            assertThat(pooler.pool().drain(Duration.ofMillis(200))).isFalse();
            assertThat(busy.readUntilClosed()).last().asString().contains("57P01");
        }
    }

    @Test
    void waitersOfAClosedPoolerAreTold() {
        TestPooler pooler = TestPooler.start(postgres, 2);
        CompletableFuture<Void> paused;
        try (pooler;
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            paused = pooler.pool().pause().toCompletableFuture();
        }
        assertThatThrownBy(paused::join)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("the pooler was closed");
    }
}
