package dev.pgpool.backup.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.backup.fixture.MovedClock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerTest {

    private final MovedClock clock = new MovedClock("2026-11-23T01:00:00Z");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Scheduler scheduler = new Scheduler(clock, threads, event -> {});
    private final CronSchedule nightly = new CronSchedule("30 2 * * *", ZoneOffset.UTC);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void aJobRunsWhenItIsDueAndNotBefore() {
        AtomicInteger runs = new AtomicInteger();
        scheduler.add("backup", nightly, null, () -> runs.incrementAndGet());

        clock.set("2026-11-23T02:29:59Z");
        scheduler.tick();
        assertThat(scheduler.due("backup")).isEqualTo(Instant.parse("2026-11-23T02:30:00Z"));
        clock.set("2026-11-23T02:30:00Z");
        scheduler.tick();
        await().untilAsserted(() -> assertThat(runs).hasValue(1));
        scheduler.tick();
        assertThat(scheduler.due("backup")).isEqualTo(Instant.parse("2026-11-24T02:30:00Z"));
        assertThat(runs).hasValue(1);
    }

    @Test
    void whatWasMissedWhileTheJvmWasDownIsMadeUpForOnce() {
        AtomicInteger runs = new AtomicInteger();
        scheduler.add("backup", nightly, Instant.parse("2026-11-10T02:30:00Z"), () -> runs.incrementAndGet());

        scheduler.tick();
        scheduler.tick();
        await().untilAsserted(() -> assertThat(runs).hasValue(1));
        assertThat(scheduler.due("backup")).isEqualTo(Instant.parse("2026-11-23T02:30:00Z"));
    }

    @Test
    void aHangingJobStopsNoOtherAndIsRunOnceMoreAfterwards() {
        CountDownLatch hanging = new CountDownLatch(1);
        AtomicInteger slow = new AtomicInteger();
        AtomicInteger quick = new AtomicInteger();
        scheduler.add("slow", nightly, null, () -> {
            slow.incrementAndGet();
            try {
                hanging.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        scheduler.add("quick", nightly, null, () -> quick.incrementAndGet());
        for (int day = 23; day <= 27; day++) {
            clock.set("2026-11-" + day + "T02:30:00Z");
            int expected = day - 22;
            scheduler.tick();
            await().untilAsserted(() -> assertThat(quick).hasValue(expected));
        }
        assertThat(slow).hasValue(1);

        hanging.countDown();
        await().untilAsserted(() -> assertThat(slow).hasValue(2));
        await().during(Duration.ofMillis(100))
                .untilAsserted(() -> assertThat(slow).hasValue(2));
    }

    @Test
    void aJobThatThrowsRunsAgainTheNextTime() {
        AtomicInteger runs = new AtomicInteger();
        scheduler.add("bad", new CronSchedule("0 * * * *", ZoneOffset.UTC), null, () -> {
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("on purpose");
            }
        });
        clock.set("2026-11-23T02:00:00Z");
        scheduler.tick();
        await().untilAsserted(() -> assertThat(runs).hasValue(1));
        await().untilAsserted(() -> {
            clock.advance(Duration.ofHours(1));
            scheduler.tick();
            assertThat(runs.get()).isGreaterThan(1);
        });
    }

    @Test
    void aClockThatIsSetBackDoesNotRunAJobTwice() {
        AtomicInteger runs = new AtomicInteger();
        scheduler.add("backup", nightly, null, () -> runs.incrementAndGet());
        clock.set("2026-11-23T02:30:00Z");
        scheduler.tick();
        await().untilAsserted(() -> assertThat(runs).hasValue(1));
        clock.set("2026-11-23T02:20:00Z");
        scheduler.tick();
        clock.set("2026-11-23T02:31:00Z");
        scheduler.tick();
        assertThat(scheduler.due("backup")).isEqualTo(Instant.parse("2026-11-24T02:30:00Z"));
        assertThat(runs).hasValue(1);
    }
}
