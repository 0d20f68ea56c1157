package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Remark;
import dev.pgpool.core.advice.Verdict;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdviceLogTest {
    private static PoolAdvice advice(String database, AdviceWindow window, Verdict verdict) {
        return new PoolAdvice(
                new PoolKey(database, "app"),
                window,
                window.length(),
                10,
                verdict,
                Set.of(Remark.MOSTLY_SHORT),
                new PoolAdvice.Sizes(OptionalInt.of(12), OptionalInt.of(14), OptionalInt.empty()),
                new PoolAdvice.Servers(9, 9, 10, 10, 0.1, 0.6),
                new PoolAdvice.Clients(20, 20, 15),
                new PoolAdvice.Waits(
                        100,
                        0,
                        Duration.ofSeconds(2),
                        Duration.ofMillis(20),
                        Duration.ofMillis(90),
                        Duration.ofSeconds(1)),
                new PoolAdvice.Work(
                        5_000, Duration.ofMillis(2), Duration.ofMillis(9), Duration.ofSeconds(1), 0.1, 0, 0));
    }

    @Test
    void theLastDayIsSaidOnceADay() {
        AtomicLong clock = new AtomicLong(5);
        List<String> lines = new ArrayList<>();
        PgPoolAdvice said = new PgPoolAdvice(
                Instant.EPOCH,
                List.of(
                        advice("shop", AdviceWindow.HOUR, Verdict.SUFFICIENT),
                        advice("shop", AdviceWindow.DAY, Verdict.TOO_SMALL),
                        advice("idle", AdviceWindow.DAY, Verdict.NOT_ENOUGH_SEEN)),
                Map.of());
        AdviceLog log = new AdviceLog(() -> said, clock::get, lines::add);
        log.logWhenDue();
        clock.addAndGet(TimeUnit.HOURS.toNanos(23));
        log.logWhenDue();
        assertThat(lines).isEmpty();
        clock.addAndGet(TimeUnit.HOURS.toNanos(1));
        log.logWhenDue();
        log.logWhenDue();
        assertThat(lines)
                .containsExactly(
                        "advice: app@shop: too small: 100 waits, 2000.0 ms in all, the longest 1000.0 ms; 10 servers,"
                                + " 12 would have spared 99 % of the waits, 14 99.9 %",
                        "advice: app@shop: no server was idle for 60 % of the time: see first whether PostgreSQL has"
                                + " processors for more");
        clock.addAndGet(TimeUnit.HOURS.toNanos(24));
        log.logWhenDue();
        assertThat(lines).hasSize(4);
    }
}
