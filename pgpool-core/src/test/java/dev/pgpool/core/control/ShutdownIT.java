package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of clients while a pooler waits for its servers, and what operators can do meanwhile. */
@OnEveryPostgres
class ShutdownIT {
    private final TestPostgres postgres;

    ShutdownIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(PoolMode mode, int servers) {
        return TestPooler.start(settings -> settings.poolMode(mode)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(servers))
                .adminUsers("boss"));
    }

    private static CompletableFuture<Void> begin(TestPooler pooler) {
        CompletableFuture<Void> ended =
                CompletableFuture.runAsync(() -> pooler.pool().awaitServers());
        await().until(() -> pooler.snapshot().status() == Status.DRAINING);
        return ended;
    }

    private static void assertSentAway(WireClient client) {
        Message goodbye = client.read();
        assertThat(goodbye.sqlState()).isEqualTo("57P01");
        assertThat(goodbye.field('D')).isEqualTo("server shutting down");
        assertThat(client.readUntilClosed()).isEmpty();
    }

    @Test
    void transactionsGoOnAndWhoWantsAServerIsSentAway() throws Exception {
        try (TestPooler pooler = start(PoolMode.TRANSACTION, 1);
                WireClient busy = pooler.login();
                WireClient waiter = pooler.login();
                WireClient other = pooler.login();
                WireClient idle = pooler.login()) {
            other.run("SELECT 1");
            busy.run("BEGIN");
            waiter.query("SELECT 'never'").send();
            await().until(() -> pooler.snapshot().pools().get(0).clientsWaiting() == 1);
            CompletableFuture<Void> ended = begin(pooler);
            assertSentAway(waiter);
            for (String ignored : List.of("first", "second")) {
                assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            }
            assertSentAway(other.query("BEGIN").send());
            await().untilAsserted(
                            () -> assertThatThrownBy(pooler::connect).hasRootCauseInstanceOf(ConnectException.class));
            assertThat(idle.isReadable(Duration.ofMillis(100))).isFalse();
            assertThat(ended).isNotDone();
            busy.query("COMMIT").send();
            assertThat(busy.readUntilClosed())
                    .anyMatch(message -> message.contains("COMMIT"))
                    .last()
                    .asString()
                    .contains("57P01");
            ended.get(20, TimeUnit.SECONDS);
            assertSentAway(idle);
        }
    }

    @Test
    void sessionsKeepTheirServersUntilTheyLeave() throws Exception {
        try (TestPooler pooler = start(PoolMode.SESSION, 2);
                WireClient without = pooler.login();
                WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
            CompletableFuture<Void> ended;
            try (WireClient session = pooler.login()) {
                session.run("SELECT 1");
                ended = begin(pooler);
                for (int i = 0; i < 3; i++) {
                    session.run("BEGIN");
                    assertThat(session.value("SELECT 'goes on'")).isEqualTo("goes on");
                    session.run("COMMIT");
                    assertThat(session.isReadable(Duration.ofMillis(150))).isFalse();
                }
                assertSentAway(without.query("SELECT 1").send());
                // nothing that operators do gives servers away again
                assertThat(boss.query("RESUME").exchange().get(0)).contains("08P01", "pooler is shutting down");
                for (String command : List.of("PAUSE", "SUSPEND")) {
                    assertThat(boss.query(command).exchange().get(0)).contains("already suspended/paused");
                }
                assertThat(ended).isNotDone();
            }
            ended.get(20, TimeUnit.SECONDS);
        }
    }

    /** In another mode, state of the session keeps no pooler from its end: such a session would have lost its server. */
    @ParameterizedTest
    @ValueSource(strings = {"LISTEN news", "CREATE TEMPORARY TABLE t (a int)", "SELECT pg_advisory_lock(7)"})
    void sessionStateKeepsNoServerLonger(String pins) throws Exception {
        try (TestPooler pooler = start(PoolMode.TRANSACTION, 2);
                WireClient pinned = pooler.login()) {
            pinned.run(pins);
            await().until(() -> pooler.snapshot().pools().get(0).clientsPinned() == 1);
            CompletableFuture<Void> ended =
                    CompletableFuture.runAsync(() -> pooler.pool().awaitServers());
            assertSentAway(pinned);
            ended.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void killWhileItWaitsOpensNothing() throws Exception {
        try (TestPooler pooler = start(PoolMode.TRANSACTION, 2);
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient idle = pooler.login();
                WireClient busy = pooler.login()) {
            idle.run("SELECT 1");
            busy.run("BEGIN");
            CompletableFuture<Void> ended = begin(pooler);
            boss.query("KILL " + TestPostgres.DATABASE).exchange();
            assertThat(busy.readUntilClosed())
                    .last()
                    .asString()
                    .contains("57P01", "terminating connection due to administrator command");
            assertThat(idle.readUntilClosed())
                    .last()
                    .asString()
                    .contains("57P01", "terminating connection due to administrator command");
            ended.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void nothingIsResumedWhileClientsAreWaitedFor() throws Exception {
        try (TestPooler pooler = start(PoolMode.TRANSACTION, 2);
                WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
            try (WireClient client = pooler.login()) {
                client.run("SELECT 1");
                assertThat(boss.query("SHUTDOWN WAIT_FOR_CLIENTS").exchange().get(0))
                        .contains("SHUTDOWN");
                await().until(() -> pooler.snapshot().status() == Status.DRAINING);
                assertThat(boss.query("RESUME").exchange().get(0))
                        .startsWith("ErrorResponse S \"ERROR\" C \"08P01\" M \"pooler is shutting down\"");
                assertThat(client.value("SELECT 'goes on'")).isEqualTo("goes on");
            }
            pooler.pool().whenClosed().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }
}
