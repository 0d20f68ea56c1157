package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ProcessSockets;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.internal.cancel.PeerCancels;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cancel request stops what its client is running at that moment, or nothing. */
@OnEveryPostgres
class CancelIT {

    private final TestPostgres postgres;

    CancelIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @ParameterizedTest
    @ValueSource(ints = {Frontend.PROTOCOL_3_0, Frontend.PROTOCOL_3_2})
    void onlyTheClientThatAskedIsCancelled(int protocol) {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient victim = pooler.connect().startup(protocol, TestPostgres.USER, TestPostgres.DATABASE);
                WireClient bystander = pooler.login()) {
            victim.awaitLogin("");
            String slept = "SELECT 'victim', pg_sleep(60)";
            String other = "SELECT pg_advisory_xact_lock(7171)";
            try (WireClient gate = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
                gate.run("SELECT pg_advisory_lock(7171)");
                bystander.query(other).send();
                victim.query(slept).send();
                postgres.awaitQuery(slept);
                postgres.awaitQuery(other);

                try (WireClient cancel = victim.cancel(pooler.address())) {
                    assertThat(cancel.isClosedByPeer())
                            .as("closed without a byte")
                            .isTrue();
                }

                assertThat(victim.readUntilReady())
                        .last(InstanceOfAssertFactories.STRING)
                        .isEqualTo("ReadyForQuery I");
                assertThat(victim.transcript().lines())
                        .contains("B ErrorResponse S \"ERROR\" C \"57014\""
                                + " M \"canceling statement due to user request\"");
            }
            assertThat(bystander.readUntilReady()).contains("CommandComplete \"SELECT 1\"");
            assertThat(victim.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void cancelOfAnIdleClientStopsNobody() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient idle = pooler.login();
                WireClient busy = pooler.login();
                WireClient gate = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            idle.value("SELECT 'the one server was mine'");
            gate.run("SELECT pg_advisory_lock(7272)");
            busy.query("SELECT pg_advisory_xact_lock(7272)").send();
            postgres.awaitQuery("SELECT pg_advisory_xact_lock(7272)");
            for (int i = 0; i < 20; i++) {
                try (WireClient cancel = idle.cancel(pooler.address())) {
                    assertThat(cancel.isClosedByPeer()).isTrue();
                }
            }
            gate.run("SELECT pg_advisory_unlock(7272)");
            assertThat(busy.readUntilReady()).contains("CommandComplete \"SELECT 1\"");
            assertThat(idle.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void wrongKeysAndHalfRequestsDoNothing() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient gate = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            gate.run("SELECT pg_advisory_lock(7373)");
            client.query("SELECT pg_advisory_xact_lock(7373)").send();
            postgres.awaitQuery("SELECT pg_advisory_xact_lock(7373)");
            byte[] wrong = client.cancelKey();
            wrong[wrong.length - 1] ^= 1;
            byte[] right = Frontend.cancelRequest(client.processId(), client.cancelKey());
            for (byte[] request : new byte[][] {
                Frontend.cancelRequest(client.processId(), wrong),
                Frontend.cancelRequest(client.processId() ^ 1, client.cancelKey()),
                Frontend.cancelRequest(client.processId(), new byte[0]),
                Frontend.cancelRequest(client.processId(), Arrays.copyOf(client.cancelKey(), 3)),
                Frontend.cancelRequest(client.processId(), Arrays.copyOf(client.cancelKey(), 256)),
            }) {
                try (WireClient cancel = pooler.connect().sendRaw(request)) {
                    cancel.readUntilClosed(); // an error may be told here, a cancel may not happen
                }
            }
            try (WireClient cancel = pooler.connect().sendRaw(right, 0, right.length - 1)) {
                cancel.halfClose();
                cancel.readUntilClosed();
            }
            gate.run("SELECT pg_advisory_unlock(7373)");
            assertThat(client.readUntilReady()).contains("CommandComplete \"SELECT 1\"");
        }
    }

    @Test
    void clientThatWaitsForAServerIsNotHelpedByCancellingAnother() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            holder.run("BEGIN");
            waiter.query("SELECT 'mine'").send();
            try (WireClient cancel = waiter.cancel(pooler.address())) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
            assertThat(holder.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            holder.run("COMMIT");
            assertThat(waiter.readUntilReady()).last().asString().startsWith("ReadyForQuery");
            assertThat(waiter.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void cancelThatArrivesAsTheQueryEndsNeverHitsTheNextClient() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            for (int i = 0; i < 150; i++) {
                first.query("SELECT pg_sleep(0.001)").send();
                second.query("SELECT pg_sleep(0.003)").send();
                first.cancel(pooler.address()).close();
                assertThat(second.readUntilReady())
                        .as("round %s", i)
                        .containsExactly(
                                "RowDescription 1 \"pg_sleep\" 2278",
                                "DataRow 1 0 ''",
                                "CommandComplete \"SELECT 1\"",
                                "ReadyForQuery I");
                assertThat(first.readUntilReady()).last().asString().isEqualTo("ReadyForQuery I");
            }
        }
    }

    @Test
    void serverIsNotGivenToTheNextClientWhileACancelForItIsUnderWay() {
        AtomicBoolean cancelUnderWay = new AtomicBoolean();
        AtomicBoolean handedOverTooEarly = new AtomicBoolean();
        CountDownLatch cancelArrived = new CountDownLatch(1);
        CountDownLatch firstAnswered = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q").stallUntil(cancelArrived);
                            session.send(Backend.commandComplete("SELECT 0"), Backend.readyForQuery('I'));
                            session.expect("Q");
                            handedOverTooEarly.set(cancelUnderWay.get());
                            session.send(Backend.commandComplete("SELECT 2"), Backend.readyForQuery('I'));
                            session.serve();
                        },
                        session -> {
                            cancelUnderWay.set(session.readStartup().containsKey("cancel"));
                            cancelArrived.countDown();
                            session.stallUntil(firstAnswered);
                            cancelUnderWay.set(false);
                        });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient first = pooler.login();
                WireClient second = pooler.login();
                WireClient cancel = firstQuery(first).cancel(pooler.address())) {
            assertThat(first.readUntilReady()).containsExactly("CommandComplete \"SELECT 0\"", "ReadyForQuery I");
            second.query("SELECT 2").send();
            // a pooler that shares the server now does it within a round trip of another client
            pooler.pulse();
            firstAnswered.countDown();
            assertThat(second.readUntilReady()).containsExactly("CommandComplete \"SELECT 2\"", "ReadyForQuery I");
            assertThat(handedOverTooEarly).isFalse();
            assertThat(cancel.isClosedByPeer()).isTrue();
        }
    }

    private static WireClient firstQuery(WireClient client) {
        return client.query("SELECT 1").send();
    }

    @Test
    void cancelRequestThatTheServerDoesNotDealWithHoldsItsServerForNoLongerThanItMay() {
        CountDownLatch cancelArrived = new CountDownLatch(1);
        Duration limit = Duration.ofMillis(300);
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q").stallUntil(cancelArrived);
                            session.send(Backend.commandComplete("SELECT 0"), Backend.readyForQuery('I'));
                            session.serve();
                        },
                        session -> {
                            session.readRaw(16);
                            cancelArrived.countDown();
                            // never closed by this side
                            session.awaitClose();
                        });
                TestPooler pooler = TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(server.port())
                                .maxConnections(1)
                                .cancelTimeout(limit)));
                WireClient client = pooler.login();
                WireClient next = pooler.login()) {
            client.query("SELECT 'slow'").send();
            pooler.pulse();
            long begun = System.nanoTime();
            try (WireClient request = client.cancel(pooler.address())) {
                request.readUntilClosed();
            }
            client.readUntilReady();
            assertThat(next.value("next")).isEqualTo("next");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(limit);
            assertThat(server.connections())
                    .as("the same server, not another one")
                    .isEqualTo(2);
        }
    }

    @Test
    void connectionsForRequestsAreToldWhatAllAre() throws Exception {
        if (!Epoll.isAvailable()) {
            return;
        }
        try (Toxics network = Toxics.before(postgres.address());
                ServerSocket peer = new ServerSocket(0);
                TestPooler pooler = TestPooler.start(builder -> builder.tcp(
                                tcp -> tcp.keepAliveIdle(Duration.ofSeconds(77)))
                        .peerId(1)
                        .peer(2, "127.0.0.1", peer.getLocalPort())
                        .database(
                                TestPostgres.DATABASE,
                                db -> db.host("127.0.0.1").port(network.port()).maxConnections(1)));
                WireClient client = pooler.login()) {
            String slept = "SELECT '" + TestPostgres.uniqueName("told") + "', pg_sleep(60)";
            client.query(slept).send();
            postgres.awaitQuery(slept);
            network.stall();
            try (WireClient forPeer =
                    pooler.connect().sendRaw(Frontend.cancelRequest(PeerCancels.draw(2, new Random(1)), new byte[4]))) {
                client.cancel(pooler.address());
                await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                    assertThat(ProcessSockets.options(-1, network.port(), EpollChannelOption.TCP_KEEPIDLE))
                            .as("the server's own, and that of the request")
                            .containsExactly(77, 77);
                    assertThat(ProcessSockets.options(-1, peer.getLocalPort(), EpollChannelOption.TCP_KEEPIDLE))
                            .as("to a peer")
                            .containsExactly(77);
                });
            }
            network.resume();
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("C \"57014\""));
        }
    }
}
