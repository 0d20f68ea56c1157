package dev.pgpool.core.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.fixture.Departure;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.LiveObjects;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.internal.transport.Buffers;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators vanish from the console in each way and at every moment: what they ordered holds, and nothing else of them stays. */
@OnEveryPostgres
class VanishingOperatorIT {
    private static final byte[] STARTUP =
            Frontend.startup(Frontend.PROTOCOL_3_0, "user", "boss", "database", "pgbouncer");
    private static final int MANY = 1_000;
    /** Each makes the answers of SHOW DATABASES longer. */
    private static final int DATABASES = 300;
    /** What the allocator keeps for the next read, and what is on its way to one client. */
    private static final long KEPT_BYTES = 32L << 20;

    private final TestPostgres postgres;

    VanishingOperatorIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start() {
        return start(builder -> {});
    }

    private TestPooler start(Consumer<PgPoolBuilder> more) {
        return TestPooler.start(builder -> more.accept(builder.database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1))
                .adminUsers("boss")));
    }

    static Stream<Arguments> moments() {
        return Stream.of(
                argumentSet("half a start-up packet", at(boss -> boss.sendRaw(STARTUP, 0, STARTUP.length / 2))),
                argumentSet("start-up packet", at(boss -> boss.sendRaw(STARTUP))),
                argumentSet(
                        "start-up packet and a command",
                        at(boss -> boss.sendRaw(STARTUP).query("SHOW CLIENTS").send())),
                loggedIn("idle", boss -> {}),
                loggedIn("half a header", boss -> boss.sendRaw(Frontend.query("SHOW POOLS"), 0, 3)),
                loggedIn("half a command", boss -> boss.sendRaw(Frontend.query("SHOW POOLS"), 0, 9)),
                loggedIn("a command", boss -> boss.query("SHOW CLIENTS").send()),
                loggedIn(
                        "a command and half of the next",
                        boss -> boss.query("SHOW SERVERS").send().sendRaw(Frontend.query("SHOW POOLS"), 0, 9)),
                loggedIn("many answers not read", boss -> show("CONFIG", boss, 300)),
                loggedIn(
                        "a message of the extended protocol",
                        boss -> boss.parse("", "SHOW POOLS").bind("").execute().send()),
                loggedIn("RELOAD", boss -> boss.query("RELOAD").send()),
                loggedIn("RECONNECT", boss -> boss.query("RECONNECT").send()),
                loggedIn("SET", boss -> boss.query("SET query_timeout = 7").send()),
                loggedIn(
                        "KILL_CLIENT", boss -> boss.query("KILL_CLIENT 7777777").send()));
    }

    private static Consumer<WireClient> at(Consumer<WireClient> before) {
        return before;
    }

    private static Arguments loggedIn(String what, Consumer<WireClient> before) {
        return argumentSet(what, at(boss -> {
            boss.sendRaw(STARTUP).readUntilReady();
            before.accept(boss);
        }));
    }

    private static void show(String what, WireClient boss, int times) {
        for (int i = 0; i < times; i++) {
            boss.query("SHOW " + what);
        }
        boss.send();
    }

    @ParameterizedTest
    @MethodSource("moments")
    void nothingStays(Consumer<WireClient> before) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = start()) {
            for (Departure way : Departure.values()) {
                try (WireClient boss = pooler.connect()) {
                    before.accept(boss);
                    way.end(boss);
                    await().atMost(Wire.PATIENCE)
                            .alias(way.name())
                            .until(() -> pooler.pool().clients().isEmpty());
                }
                assertServes(pooler, way);
            }
            assertNothingIsKept(known);
            assertThat(log.lines()).noneMatch(VanishingOperatorIT::isWarning);
        }
    }

    /** Commands that wait for the server of a client, and whether they hold servers back until RESUME. */
    static Stream<Arguments> waits() {
        return Stream.of(
                waits("PAUSE", true, boss -> boss.query("PAUSE").send()),
                waits(
                        "PAUSE of a database",
                        true,
                        boss -> boss.query("PAUSE app").send()),
                waits("SUSPEND", true, boss -> boss.query("SUSPEND").send()),
                waits(
                        "WAIT_CLOSE",
                        false,
                        boss -> boss.run("RECONNECT").query("WAIT_CLOSE").send()),
                waits(
                        "WAIT_CLOSE of a database",
                        false,
                        boss -> boss.run("RECONNECT app")
                                .query("WAIT_CLOSE app")
                                .send()),
                waits(
                        "PAUSE and another command",
                        true,
                        boss -> boss.query("PAUSE").query("RESUME").send()),
                waits(
                        "PAUSE and half a command",
                        true,
                        boss -> boss.query("PAUSE").send().sendRaw(Frontend.query("RESUME"), 0, 9)),
                waits("WAIT_CLOSE and more commands than are kept", false, boss -> {
                    boss.run("RECONNECT").query("WAIT_CLOSE").send();
                    show("CONFIG", boss, 5_000);
                }));
    }

    private static Arguments waits(String what, boolean holds, Consumer<WireClient> before) {
        return argumentSet(what, holds, before);
    }

    @ParameterizedTest
    @MethodSource("waits")
    void whatWasOrderedHoldsWhenItsOperatorIsGone(boolean holds, Consumer<WireClient> before) {
        int known = LiveObjects.clients();
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = start();
                WireClient busy = pooler.login()) {
            for (Departure way : Departure.WITHOUT_A_WORD) {
                busy.run("BEGIN");
                try (WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
                    before.accept(boss);
                    pooler.pulse();
                    way.end(boss);
                    await().atMost(Wire.PATIENCE)
                            .alias(way.name())
                            .until(() -> pooler.pool().clients().size() == 1);
                }
                assertNothingIsKept(known + 1);
                assertThat(busy.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
                busy.run("COMMIT");
                if (holds) {
                    busy.query("SELECT 'held'").send();
                    pooler.pulse();
                    assertThat(pooler.snapshot().pools().get(0).clientsWaiting())
                            .as(way.name())
                            .isEqualTo(1);
                    pooler.pool().resume();
                    assertThat(busy.readUntilReady()).contains("DataRow 1 4 'held'");
                }
                assertServes(pooler, way);
            }
            assertThat(log.lines()).noneMatch(VanishingOperatorIT::isWarning);
        }
    }

    @Test
    void answersThatAreNotReadAreNotPiledUp() {
        try (TestPooler pooler = start(builder -> {
                    for (int i = 0; i < DATABASES; i++) {
                        builder.database("one_of_many_" + i, db -> TestPooler.at(db, postgres));
                    }
                });
                WireClient boss = WireClient.connectWithReceiveBuffer(pooler.address(), 64 * 1024)) {
            boss.sendRaw(STARTUP).readUntilReady();
            long before = usedMemory();
            show("DATABASES", boss, MANY);
            pooler.pulse();
            pooler.pulse();
            assertThat(usedMemory()).isLessThan(before + KEPT_BYTES);
            try (WireClient client = pooler.login()) {
                assertThat(client.value("SELECT 'meanwhile'")).isEqualTo("meanwhile");
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(boss.readUntilReady())
                        .filteredOn(message -> message.startsWith("CommandComplete"))
                        .hasSize(1);
            }
            assertThat(boss.query("SHOW VERSION").exchange()).endsWith("ReadyForQuery I");
        }
    }

    private static long usedMemory() {
        var metric = ((ByteBufAllocatorMetricProvider) Buffers.allocator()).metric();
        return metric.usedDirectMemory() + metric.usedHeapMemory();
    }

    private static void assertServes(TestPooler pooler, Departure way) {
        try (WireClient next = pooler.login();
                WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
            assertThat(next.value("SELECT 'next'")).as(way.name()).isEqualTo("next");
            List<String> clients = boss.query("SHOW CLIENTS").exchange();
            assertThat(clients).as(way.name()).anyMatch(row -> row.contains("'boss'"));
            assertThat(boss.query("PAUSE").exchange().get(0)).as(way.name()).contains("CommandComplete");
            assertThat(boss.query("RESUME").exchange().get(0)).as(way.name()).contains("CommandComplete");
        }
        assertThat(pooler.pool().servers()).as(way.name()).hasSizeLessThanOrEqualTo(1);
    }

    private static void assertNothingIsKept(int known) {
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(LiveObjects.clients()).isLessThanOrEqualTo(known));
    }

    private static boolean isWarning(String line) {
        return line.startsWith("WARN") || line.startsWith("ERROR");
    }
}
