package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** Several start on an unmigrated database at once: Flyway's lock lets one of them migrate it. */
class FlywayLockIT {

    @Test
    void twoApplicationsStartAtOnce() throws Exception {
        // what Tomcat sets up once for a JVM must be there: two of its connectors at once get in each other's way
        start(TestDatabase.create()).close();
        TestDatabase database = TestDatabase.create();
        ExecutorService starters = Executors.newFixedThreadPool(2);
        try {
            CompletableFuture<RunningBank> one = CompletableFuture.supplyAsync(() -> start(database), starters);
            CompletableFuture<RunningBank> two = CompletableFuture.supplyAsync(() -> start(database), starters);
            try (RunningBank first = one.get(2, TimeUnit.MINUTES);
                    RunningBank second = two.get(2, TimeUnit.MINUTES)) {
                long account = first.open("ann", 5);
                assertThat(second.read("accounts/" + account)).contains("\"balance\":5");
                migrateThrough(first.context().getBean(PgPool.class));
            }
        } finally {
            starters.shutdownNow();
        }
        assertThat(database.query("SELECT string_agg(version || success, ' ' ORDER BY installed_rank)"
                        + " FROM flyway_schema_history"))
                .isEqualTo("1true 2true");
    }

    /** Five at once through one pooler, into a schema that is not there yet. */
    private static void migrateThrough(PgPool pool) {
        String url = pool.jdbcUrl("bank");
        ExecutorService migrators = Executors.newFixedThreadPool(5);
        try {
            List<CompletableFuture<Integer>> all = IntStream.range(0, 5)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> Flyway.configure()
                                    .dataSource(url, TestDatabase.USER, TestDatabase.PASSWORD)
                                    .defaultSchema("another")
                                    .load()
                                    .migrate()
                                    .migrationsExecuted,
                            migrators))
                    .toList();
            assertThat(all.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(2);
        } finally {
            migrators.shutdownNow();
        }
    }

    private static RunningBank start(TestDatabase database) {
        try {
            return RunningBank.on(database, List.of());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
