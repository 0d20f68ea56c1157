package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ClientInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A listener is called in the middle of what the pooler does, and may throw whatever a method can, or call the pooler. No server
 * is lost by that, no client gets another one's answers, and no event loop waits for itself.
 */
@OnEveryPostgres
class ListenerCallsBackIT {
    private static final int SERVERS = 2;
    private static final int CLIENTS = 5;
    private static final Duration WHILE = Duration.ofMillis(700);
    /** Each one is in the log. */
    private static final int MOST_REFUSED = 10;

    private final TestPostgres postgres;
    private final AtomicReference<@Nullable PgPool> pool = new AtomicReference<>();
    private final AtomicReference<@Nullable Call> call = new AtomicReference<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    ListenerCallsBackIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** What a listener does. */
    private interface Call {
        void on(PgPool pool, Object[] arguments) throws Throwable;
    }

    static Stream<Arguments> harmless() {
        return Stream.of(
                does("a checked exception", (pool, arguments) -> {
                    throw new IOException("the listener's");
                }),
                does("an error", (pool, arguments) -> {
                    throw new NoClassDefFoundError("the listener's");
                }),
                does("kill the client", (pool, arguments) -> {
                    if (arguments[0] instanceof ClientInfo client) {
                        pool.killClient(client.id());
                    }
                }),
                does("reconnect", (pool, arguments) -> pool.reconnect()),
                does("pause and resume", (pool, arguments) -> {
                    var unused = pool.pause(TestPostgres.DATABASE);
                    pool.resume(TestPostgres.DATABASE);
                }),
                does("kill and resume", (pool, arguments) -> {
                    pool.kill(TestPostgres.DATABASE);
                    pool.resume(TestPostgres.DATABASE);
                }),
                does("disable and enable", (pool, arguments) -> {
                    pool.disable(TestPostgres.DATABASE);
                    pool.enable(TestPostgres.DATABASE);
                }));
    }

    static Stream<Arguments> waiting() {
        return Stream.of(
                does("snapshot", (pool, arguments) -> pool.snapshot()),
                does("advice", (pool, arguments) -> pool.advice()),
                does("clients", (pool, arguments) -> pool.clients()),
                does("servers", (pool, arguments) -> pool.servers()),
                does("fleets", (pool, arguments) -> pool.fleets()),
                does("reload", (pool, arguments) -> pool.reload()),
                does("reload of a configuration", (pool, arguments) -> pool.reload(pool.config())),
                does("reload of TLS", (pool, arguments) -> pool.reloadTls()),
                does("drain", (pool, arguments) -> pool.drain(Wire.PATIENCE)),
                does("await clients", (pool, arguments) -> pool.awaitClients()),
                does("await servers", (pool, arguments) -> pool.awaitServers()));
    }

    private static Arguments does(String what, Call call) {
        return argumentSet(what, call);
    }

    @ParameterizedTest
    @MethodSource("harmless")
    void nothingIsLost(Call doing) throws Exception {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = pooler()) {
            callBack(pooler, doing);
            twoHaveTwo(pooler);
            assertThat(log.lines()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    @ParameterizedTest
    @MethodSource("waiting")
    void noEventLoopWaitsForThePooler(Call doing) throws Exception {
        try (TestPooler pooler = pooler()) {
            callBack(pooler, doing);
            assertThat(refused.get()).isEqualTo(calls.get());
            twoHaveTwo(pooler);
        }
    }

    @Test
    void theEndMayBeginInAListener() throws Exception {
        try (TestPooler pooler = pooler();
                WireClient client = pooler.login()) {
            client.run("SELECT 1");
            call.set((pool, arguments) -> pool.close());
            pooler.pool().killClient(pooler.pool().clients().get(0).id());
            pooler.pool().whenClosed().toCompletableFuture().get(Wire.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private TestPooler pooler() {
        PgPoolListener listener = (PgPoolListener) Proxy.newProxyInstance(
                PgPoolListener.class.getClassLoader(),
                new Class<?>[] {PgPoolListener.class},
                (proxy, method, given) -> {
                    Call doing = call.get();
                    PgPool called = pool.get();
                    if (doing != null && called != null && method.getName().startsWith("on")) {
                        calls.incrementAndGet();
                        try {
                            doing.on(called, given);
                        } catch (IllegalStateException e) {
                            if (refused.incrementAndGet() >= MOST_REFUSED) {
                                call.set(null);
                            }
                            throw e;
                        }
                    }
                    return null;
                });
        TestPooler started = TestPooler.start(builder -> builder.eventLoops(2)
                .listener(listener)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(SERVERS)));
        pool.set(started.pool());
        return started;
    }

    /** Clients work, come and go, and the listener does this at each event. */
    private void callBack(TestPooler pooler, Call doing) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            Thread thread = new Thread(() -> work(pooler, number, over, wrong));
            threads.add(thread);
            thread.start();
        }
        call.set(doing);
        await().atMost(Wire.PATIENCE).until(() -> calls.get() > 0);
        Thread.sleep(WHILE.toMillis());
        call.set(null);
        over.countDown();
        for (Thread thread : threads) {
            thread.join(Wire.PATIENCE.toMillis());
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(wrong.get()).isNull();
    }

    private static void work(
            TestPooler pooler, int number, CountDownLatch over, AtomicReference<@Nullable Throwable> wrong) {
        while (over.getCount() > 0) {
            try (WireClient client = pooler.connect()) {
                client.startup(TestPostgres.USER, TestPostgres.DATABASE);
                List<String> answers = client.readUntilReadyOrClosed();
                for (int i = 0; i < 3 && isReady(answers); i++) {
                    client.query("BEGIN; SELECT " + number + " FROM pg_sleep(0.005); COMMIT")
                            .send();
                    answers = client.readUntilReadyOrClosed();
                    if (isReady(answers)) {
                        assertThat(answers).contains("DataRow 1 1 '" + number + "'");
                    }
                }
                if (number == 0) {
                    client.reset();
                }
            } catch (UncheckedIOException closed) {
                // the listener's doing
                Thread.onSpinWait();
            } catch (Throwable e) {
                wrong.set(e);
                return;
            }
        }
    }

    private static boolean isReady(List<String> answers) {
        return !answers.isEmpty() && answers.get(answers.size() - 1).startsWith("ReadyForQuery");
    }

    private static void twoHaveTwo(TestPooler pooler) {
        await().atMost(Wire.PATIENCE).until(() -> pooler.snapshot().clients() == 0);
        try (WireClient one = pooler.login();
                WireClient two = pooler.login();
                WireClient three = pooler.login()) {
            one.run("BEGIN");
            two.run("BEGIN");
            assertThat(one.serverPid()).isNotEqualTo(two.serverPid());
            three.query("SELECT 3").send();
            assertThat(three.isReadable(Duration.ofMillis(100))).isFalse();
            one.run("COMMIT");
            assertThat(three.readUntilReady()).contains("DataRow 1 1 '3'");
        }
    }
}
