package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pooler of a process a thread and a line of the log belong to. */
@OnEveryPostgres
class PoolerNameIT {
    private final TestPostgres postgres;

    PoolerNameIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder pooler(String name) {
        return PgPool.builder()
                .name(name)
                .listen("127.0.0.1", 0)
                .eventLoops(2)
                .credentials(CredentialStore.of(Map.of(TestPostgres.USER, "geheim")))
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).host("localhost"));
    }

    private static void useIt(PgPool pool) {
        try (WireClient client = WireClient.connect(pool.address()).startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            client.awaitLogin("geheim").run("SELECT 1");
        }
    }

    private static List<Thread> threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(name + "-"))
                .toList();
    }

    @Test
    void threadsSayWhosTheyAreAndWhatFor() {
        String orders = TestPostgres.uniqueName("orders");
        String bills = TestPostgres.uniqueName("bills");
        try (PgPool one = pooler(orders).build().start();
                PgPool other = pooler(bills).build().start()) {
            useIt(one);
            useIt(other);
            for (String name : List.of(orders, bills)) {
                assertThat(threads(name))
                        .extracting(Thread::getName)
                        .contains(name + "-loop-1", name + "-loop-2", name + "-lookups-1")
                        .allMatch(thread -> thread.matches(
                                name + "-(loop|passwords|lookups|authenticators|directories|control)-\\d+"));
            }
            assertThat(one.name()).isEqualTo(orders);
            assertThat(other).asString().startsWith("PgPool[" + bills + ", /127.0.0.1:");
        }
        // an event loop says that it has ended shortly before its thread has
        await().untilAsserted(() ->
                assertThat(threads(orders)).noneMatch(thread -> thread.getName().contains("-loop-")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadsAreDaemonsAsTold(boolean daemon) {
        String name = TestPostgres.uniqueName("pooler");
        try (PgPool pool = pooler(name).daemonThreads(daemon).build().start()) {
            useIt(pool);
            assertThat(threads(name)).hasSizeGreaterThanOrEqualTo(3).allMatch(thread -> thread.isDaemon() == daemon);
        }
    }

    @Test
    void withoutOneItIsCalledPgpoolAndItsThreadsAreDaemons() {
        PgPool pool = PgPool.builder().database("app", db -> {}).build();
        assertThat(pool.name()).isEqualTo("pgpool");
        assertThat(pool.config().instance().daemonThreads()).isTrue();
        pool.close();
    }

    @Test
    void logTellsWhichPoolerBeginsAndEnds() {
        String name = TestPostgres.uniqueName("pooler");
        try (LogCapture log = LogCapture.everything()) {
            pooler(name).build().start().close();
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("pooler started") || line.contains("pooler closed"))
                    .hasSize(2)
                    .allMatch(line -> line.contains("name=" + name));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:b", "a\nb", "\u00fcber"})
    void nameIsOneWord(String name) {
        assertThatThrownBy(() -> pooler(name).build())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("name: \"" + name + "\" (expected: 1 to 64 letters, digits and the signs . _ -)");
    }
}
