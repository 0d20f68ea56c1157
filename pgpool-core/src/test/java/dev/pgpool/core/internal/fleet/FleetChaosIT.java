package dev.pgpool.core.internal.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Members in processes of their own, under a load that wanders. They are killed, stopped, cut off and lose their control sessions,
 * and PostgreSQL restarts, while an observer counts their servers ten times a second. {@code -Dpgpool.test.fleet.seconds=N} takes
 * longer, {@code -Dpgpool.test.fleet.processes=N} and {@code -Dpgpool.test.fleet.members=N} have more of them, the second in each
 * process; {@code -Dpgpool.test.postgres.versions=14,18} names other versions.
 */
class FleetChaosIT {
    private static final int SECONDS = Integer.getInteger("pgpool.test.fleet.seconds", 15);
    private static final int PROCESSES = Integer.getInteger("pgpool.test.fleet.processes", 3);
    private static final int MEMBERS_EACH = Integer.getInteger("pgpool.test.fleet.members", 1);
    private static final int MEMBERS = PROCESSES * MEMBERS_EACH;
    private static final int BOUND = 2 * MEMBERS - 1;

    private final Random random = new Random();

    static Stream<Integer> versions() {
        return Stream.of(System.getProperty("pgpool.test.postgres.versions", "18")
                        .split(","))
                .map(Integer::valueOf);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void noServerTooMany(int version) throws Exception {
        try (TestPostgres postgres = TestPostgres.fresh(version, Map.of("max_connections", "300"))) {
            String role = postgres.createRole("trust", "none");
            try (FleetObserver observer = new FleetObserver(postgres, role, 100, BOUND);
                    FleetFaults faults = new FleetFaults(postgres, role, BOUND, PROCESSES, MEMBERS_EACH, observer)) {
                faults.loadAll(4);
                await().atMost(Duration.ofMinutes(2)).until(() -> observer.servers() == BOUND);
                long end = System.nanoTime() + SECONDS * 1_000_000_000L;
                while (System.nanoTime() < end) {
                    faults.next();
                    if (random.nextInt(3) == 0) {
                        faults.loadWanders();
                    }
                    // load and faults must meet in all ways
                    Thread.sleep(random.nextInt(1_500));
                }
                faults.end();
                faults.loadAll(12);
                // all progress, and nothing of the budget is lost
                List<Long> before = faults.transactions();
                await().atMost(Duration.ofMinutes(1)).until(() -> isMore(faults.transactions(), before));
                await().atMost(Duration.ofMinutes(1)).until(() -> observer.servers() == BOUND);
                System.out.println("fleet chaos on PostgreSQL " + version + ": " + MEMBERS + " members, "
                        + observer.looks() + " looks, most " + observer.most() + " of " + BOUND + ", too many "
                        + observer.tooMany().size() + ", faults " + faults + ", outages " + observer.outages());
                assertThat(observer.tooMany()).as("%s", faults).isEmpty();
            }
        }
    }

    private static boolean isMore(List<Long> now, List<Long> before) {
        return IntStream.range(0, now.size()).allMatch(i -> now.get(i) > before.get(i));
    }
}
