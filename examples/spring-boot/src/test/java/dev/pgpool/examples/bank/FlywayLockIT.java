package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several start on an unmigrated database at once: Flyway's lock lets one of them migrate it. */
class FlywayLockIT {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void twoApplicationsStartAtOnce(boolean inProcess) throws Exception {
        // what Tomcat sets up once for a JVM must be there: two of its connectors at once get in each other's way
        start(TestDatabase.create(), inProcess).close();
        TestDatabase database = TestDatabase.create();
        ExecutorService starters = Executors.newFixedThreadPool(2);
        try {
            CompletableFuture<RunningBank> one = CompletableFuture.supplyAsync(() -> start(database, inProcess), starters);
            CompletableFuture<RunningBank> two = CompletableFuture.supplyAsync(() -> start(database, inProcess), starters);
            try (RunningBank first = one.get(2, TimeUnit.MINUTES);
                    RunningBank second = two.get(2, TimeUnit.MINUTES)) {
                long account = first.open("ann", 5);
                assertThat(second.read("accounts/" + account)).contains("\"balance\":5");
            }
        } finally {
            starters.shutdownNow();
        }
        assertThat(database.query("SELECT string_agg(version || success, ' ' ORDER BY installed_rank)"
                        + " FROM flyway_schema_history"))
                .isEqualTo("1true 2true");
    }

    private static RunningBank start(TestDatabase database, boolean inProcess) {
        try {
            return RunningBank.on(database, List.of(), "--pgpool.datasource.in-process=" + inProcess);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
