package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LiveObjects;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PoolKey;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cancel requests that come in part, with junk behind them, many at once, or whose clients vanish, as those may for whom they are. */
@OnEveryPostgres
class VanishingCancelIT {
    private static final int MANY = 1_000;
    private static final int AT_ONCE = 200;

    private final TestPostgres postgres;

    VanishingCancelIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void aRequestThatIsNotCompleteDoesNothing(Departure way) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            byte[] request = Frontend.cancelRequest(victim.processId(), victim.cancelKey());
            String slept = sleep(victim);
            for (int length = 0; length < request.length; length++) {
                try (WireClient cancel = pooler.connect()) {
                    cancel.sendRaw(request, 0, length);
                    way.end(cancel);
                    awaitOnly(pooler, 1, length + " bytes");
                }
            }
            assertThat(victim.isReadable(Duration.ofMillis(50))).isFalse();
            awaitOneCancel(pooler, victim, slept);
            assertServes(pooler, victim, known);
            assertThat(log.lines()).noneMatch(VanishingCancelIT::isWarning);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void aRequestIsObeyedWhateverIsBehindIt(Departure way) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            byte[] request = Frontend.cancelRequest(victim.processId(), victim.cancelKey());
            for (byte[] junk : new byte[][] {
                {},
                {'X'},
                Frontend.terminate(),
                Frontend.sslRequest(),
                Frontend.query("SELECT 'junk'"),
                request,
                new byte[100_000]
            }) {
                sleep(victim);
                byte[] all = Arrays.copyOf(request, request.length + junk.length);
                System.arraycopy(junk, 0, all, request.length, junk.length);
                try (WireClient cancel = pooler.connect()) {
                    end(cancel, all, way);
                    assertThat(victim.readUntilReady())
                            .as("%s bytes of junk", junk.length)
                            .anyMatch(line -> line.contains("57014"));
                    awaitOnly(pooler, 1, junk.length + " bytes of junk");
                }
            }
            assertServes(pooler, victim, known);
            assertThat(log.lines()).noneMatch(VanishingCancelIT::isWarning);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void aThousandWithWrongKeysDoNothing(Departure way) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            String slept = sleep(victim);
            byte[] key = victim.cancelKey();
            key[0] ^= 1;
            flood(pooler, Frontend.cancelRequest(victim.processId(), key), way);
            assertThat(victim.isReadable(Duration.ofMillis(50))).isFalse();
            awaitOneCancel(pooler, victim, slept);
            assertServes(pooler, victim, known);
            assertThat(log.lines()).noneMatch(VanishingCancelIT::isWarning);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "HALF_CLOSE"})
    void aThousandWithTheRightKeyCancelOneQuery(Departure way) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            sleep(victim);
            flood(pooler, Frontend.cancelRequest(victim.processId(), victim.cancelKey()), way);
            assertThat(victim.readUntilReady()).anyMatch(line -> line.contains("57014"));
            awaitOnly(pooler, 1, "a thousand");
            assertServes(pooler, victim, known);
            assertThat(log.lines()).noneMatch(VanishingCancelIT::isWarning);
        }
    }

    private static void flood(TestPooler pooler, byte[] request, Departure way) {
        for (int sent = 0; sent < MANY; sent += AT_ONCE) {
            List<WireClient> cancels = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                cancels.add(pooler.connect());
            }
            cancels.forEach(cancel -> end(cancel, request, way));
            cancels.forEach(WireClient::close);
        }
        awaitOnly(pooler, 1, "a thousand");
    }

    /** The event loop finds the request first, and behind it that its client is gone. */
    @ParameterizedTest
    @EnumSource(names = {"RESET", "END", "GOODBYE"})
    void aRequestForOneThatVanishesIsDealtWith(Departure way) {
        AtomicReference<@Nullable CountDownLatch> barrier = new AtomicReference<>();
        CountDownLatch latch = new CountDownLatch(1);
        try (TestPooler pooler = TestPooler.start(builder -> builder.loginTimeout(Duration.ofMinutes(10))
                        .listener(new PgPoolListener() {
                            @Override
                            public void onClientConnected(PoolKey pool, Duration took) {
                                CountDownLatch held = barrier.getAndSet(null);
                                if (held != null) {
                                    awaitUninterruptibly(held);
                                }
                            }
                        })
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).maxConnections(1)));
                WireClient victim = pooler.login();
                WireClient cancel = pooler.connect();
                WireClient blocker = pooler.connect()) {
            pooler.pulse();
            barrier.set(latch);
            blocker.startup(TestPostgres.USER, TestPostgres.DATABASE);
            await().atMost(Wire.PATIENCE).until(() -> barrier.get() == null);
            cancel.sendRaw(Frontend.cancelRequest(victim.processId(), victim.cancelKey()));
            way.end(victim);
            latch.countDown();
            assertThat(cancel.isClosedByPeer()).isTrue();
            awaitOnly(pooler, 1, "the blocker");
        } finally {
            latch.countDown();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(Wire.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aRequestForOneThatIsGoneIsDealtWith() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient victim = pooler.login()) {
            victim.close();
            awaitOnly(pooler, 0, "gone");
            try (WireClient cancel = victim.cancel(pooler.address())) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
        }
    }

    private String sleep(WireClient victim) {
        String slept = "SELECT '" + TestPostgres.uniqueName("victim") + "', pg_sleep(600)";
        victim.query(slept).send();
        postgres.awaitQuery(slept);
        return slept;
    }

    private void awaitOneCancel(TestPooler pooler, WireClient victim, String slept) {
        postgres.awaitQuery(slept);
        try (WireClient cancel = victim.cancel(pooler.address())) {
            assertThat(cancel.isClosedByPeer()).isTrue();
        }
        assertThat(victim.readUntilReady()).anyMatch(line -> line.contains("57014"));
    }

    private static void end(WireClient cancel, byte[] request, Departure way) {
        try {
            cancel.sendRaw(request);
            way.end(cancel);
        } catch (UncheckedIOException dealtWith) {
            cancel.close();
        }
    }

    private static void awaitOnly(TestPooler pooler, int clients, String what) {
        await().atMost(Wire.PATIENCE)
                .alias(what)
                .until(() -> pooler.pool().clients().size() == clients);
    }

    private static void assertServes(TestPooler pooler, WireClient victim, int known) {
        assertThat(victim.value("SELECT 'alive'")).isEqualTo("alive");
        try (WireClient next = pooler.login()) {
            assertThat(next.value("SELECT 'next'")).isEqualTo("next");
        }
        awaitOnly(pooler, 1, "the victim");
        assertThat(pooler.pool().servers()).hasSize(1);
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known + 1));
    }

    private static boolean isWarning(String line) {
        return line.startsWith("WARN") || line.startsWith("ERROR");
    }
}
