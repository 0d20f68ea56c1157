package dev.pgpool.core.internal.fleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What was needed within a moment is needed; what was needed before it is not. */
class RecentNeedTest {
    private static final long HALF = 25;

    private static Need need(int demand) {
        return new Need(demand, demand, demand, 0);
    }

    @Test
    void manyLooksAtOnceForgetNothing() {
        RecentNeed recent = new RecentNeed(HALF);
        recent.see(need(6), 1_000);
        for (int i = 1; i <= 20; i++) {
            assertThat(recent.see(need(0), 1_000 + i).demand()).isEqualTo(6);
        }
    }

    @Test
    void whatIsOverIsForgottenWithinTwoHalves() {
        Random random = new Random(1);
        for (int round = 0; round < 1_000; round++) {
            RecentNeed recent = new RecentNeed(HALF);
            long now = random.nextInt(1_000);
            recent.see(need(6), now);
            long last = now;
            while (now - last < 2 * HALF) {
                assertThat(recent.see(need(1), now).demand()).isBetween(1, 6);
                now += 1 + random.nextInt(20);
            }
            now += HALF;
            recent.see(need(1), now);
            assertThat(recent.see(need(1), now + HALF).demand()).isEqualTo(1);
        }
    }

    @Test
    void afterALongSilenceOnlyThePresentCounts() {
        RecentNeed recent = new RecentNeed(HALF);
        recent.see(need(6), 1_000);
        assertThat(recent.see(need(2), 1_000 + 2 * HALF).demand()).isEqualTo(2);
    }
}
