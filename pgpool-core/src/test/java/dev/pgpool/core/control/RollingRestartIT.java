package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.PgPoolException;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ClientInfo;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Poolers take each other's place on one port. */
class RollingRestartIT {
    private static final int THREADS = 6;
    private static final int TURNS = 4;
    /** More than an event loop accepts at a time. */
    private static final int WAITING = 60;

    private final TestPostgres postgres = TestPostgres.shared(15);

    private TestPooler start(int port, Consumer<PgPoolBuilder> more) {
        return TestPooler.start(builder -> {
            builder.listen("127.0.0.1", port).database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres));
            more.accept(builder);
        });
    }

    private TestPooler start(int port) {
        return start(port, builder -> builder.reusePort(true).eventLoops(2));
    }

    @Test
    void clientsThatComeAndGoSeeNoErrorWhenPoolersTakeTurns() throws Exception {
        TestPooler current = start(0);
        int port = current.address().getPort();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> load = new ArrayList<>();
        var address = current.address();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                while (!over.get()) {
                    try (WireClient client = WireClient.login(address, TestPostgres.USER, TestPostgres.DATABASE)) {
                        client.run("SELECT 1");
                        served.incrementAndGet();
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }
            });
            thread.start();
            load.add(thread);
        }
        try {
            for (int turn = 0; turn < TURNS; turn++) {
                TestPooler next = start(port);
                try (TestPooler old = current) {
                    awaitMore(served);
                    old.pool().awaitClients();
                }
                current = next;
                awaitMore(served);
                assertThat(failures).isEmpty();
            }
        } finally {
            over.set(true);
            for (Thread thread : load) {
                thread.join();
            }
            current.close();
        }
        assertThat(failures).isEmpty();
    }

    private static void awaitMore(AtomicInteger served) {
        int before = served.get();
        await().atMost(Wire.PATIENCE).until(() -> served.get() > before + 20 * THREADS);
    }

    /** The event loop is busy when the end begins, so that what reaches the listener is not accepted. */
    @Test
    void whatHasReachedTheListenerIsAcceptedBeforeItCloses() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        PgPoolListener blocker = new PgPoolListener() {
            @Override
            public void onLogin(ClientInfo client) {
                busy.countDown();
                try {
                    free.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        List<WireClient> clients = new ArrayList<>();
        try (TestPooler pooler = start(0, builder -> builder.reusePort(true).listener(blocker))) {
            WireClient first = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE);
            clients.add(first);
            assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < WAITING; i++) {
                clients.add(pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE));
            }
            CompletableFuture<Void> ended = CompletableFuture.runAsync(pooler.pool()::awaitClients);
            await().atMost(Wire.PATIENCE).until(() -> !pooler.pool().healthy());
            free.countDown();
            // only Linux tells how many have reached it
            for (WireClient client : Epoll.isAvailable() ? clients : List.of(first)) {
                client.awaitLogin("");
                assertThat(client.value("SELECT 'served'")).isEqualTo("served");
            }
            assertThatThrownBy(pooler::connect).hasRootCauseInstanceOf(ConnectException.class);
            assertThat(ended).isNotDone();
            clients.forEach(WireClient::close);
            ended.get(20, TimeUnit.SECONDS);
        } finally {
            free.countDown();
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void whoHasConnectedMayStillLogInAndTheUnixSocketIsForTheConsole(@TempDir Path directory) throws Exception {
        try (TestPooler pooler = start(
                        0,
                        builder -> builder.reusePort(true)
                                .unixSocketDirectory(directory)
                                .adminUsers("boss"));
                WireClient early = pooler.connect()) {
            UnixDomainSocketAddress local = UnixDomainSocketAddress.of(
                    directory.resolve(".s.PGSQL." + pooler.address().getPort()));
            WireClient logged = pooler.login();
            CompletableFuture<Void> ended = CompletableFuture.runAsync(pooler.pool()::awaitClients);
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(
                            () -> assertThatThrownBy(pooler::connect).hasRootCauseInstanceOf(ConnectException.class));
            early.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("");
            assertThat(early.value("SELECT 'in'")).isEqualTo("in");
            await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                try (WireClient late = WireClient.connect(local).startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                    assertThat(late.readUntilClosed()).last().asString().contains("57P03", "shutting down");
                }
            });
            try (WireClient boss = WireClient.login(local, "boss", "pgbouncer")) {
                assertThat(boss.query("SHOW VERSION").exchange()).isNotEmpty();
            }
            assertThat(ended).isNotDone();
            early.close();
            logged.close();
            ended.get(20, TimeUnit.SECONDS);
            assertThat(local.getPath()).doesNotExist();
        }
    }

    @Test
    void unixSocketOfAProcessThatRunsIsNotTakenOver(@TempDir Path directory) throws IOException {
        try (TestPooler first = start(0, builder -> builder.reusePort(true).unixSocketDirectory(directory))) {
            int port = first.address().getPort();
            Path socket = directory.resolve(".s.PGSQL." + port);
            assertThatThrownBy(
                            () -> start(port, builder -> builder.reusePort(true).unixSocketDirectory(directory)))
                    .isInstanceOf(PgPoolException.class)
                    .hasMessageContaining(socket + " is in use by another process");
            for (int i = 0; i < 20; i++) {
                // the one that failed took none of these
                first.login().close();
            }
            WireClient.login(UnixDomainSocketAddress.of(socket), TestPostgres.USER, TestPostgres.DATABASE)
                    .close();
        }
    }

    @Test
    void unixSocketWithALockFileIsNotTaken(@TempDir Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path lock = Files.createFile(directory.resolve(".s.PGSQL." + port + ".lock"));
        assertThatThrownBy(() -> start(port, builder -> builder.unixSocketDirectory(directory)))
                .isInstanceOf(PgPoolException.class)
                .hasMessageContaining("there is " + lock);
    }

    @Test
    void withoutItAnotherPoolerCannotListen() {
        try (TestPooler first = start(0, builder -> {})) {
            int port = first.address().getPort();
            assertThatThrownBy(() -> start(port)).isInstanceOf(PgPoolException.class);
        }
    }
}
