package dev.pgpool.core.internal.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.pgpool.core.stats.Latency;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {

    @Test
    void nothingIsZero() {
        Latency none = new Histogram().latency();

        assertThat(none.count()).isZero();
        assertThat(none.p99()).isZero();
        assertThat(none.max()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1_025, 5_000, 65_535, 65_536, 1_000_000, 123_456_789, 60_000_000_000L, 3_600_000_000_000L})
    void oneDurationIsFoundWithinItsError(long nanos) {
        Histogram durations = new Histogram();
        durations.add(nanos);
        durations.add(2 * nanos);

        assertThat(durations.latency().p50().toNanos()).isCloseTo(nanos, withinPercentage(3.2));
        assertThat(durations.latency().total()).isEqualTo(Duration.ofNanos(3 * nanos));
        assertThat(durations.latency().max()).isEqualTo(Duration.ofNanos(2 * nanos));
    }

    @ParameterizedTest
    @ValueSource(longs = {-5, 0, 1, Long.MAX_VALUE / 4})
    void extremesAreKept(long nanos) {
        Histogram durations = new Histogram();
        durations.add(nanos);

        assertThat(durations.latency().count()).isEqualTo(1);
    }

    @Test
    void boundariesAreSumsThatClaimNoDurationTooShort() {
        Random random = new Random(11);
        long[] all = random.longs(20_000, 10_000, 3_000_000_000L).toArray();
        Histogram durations = new Histogram();
        Arrays.stream(all).forEach(durations::add);

        Latency latency = durations.latency();

        assertThat(latency.atMost()).hasSameSizeAs(Latency.BOUNDARIES).isSorted();
        for (int i = 0; i < Latency.BOUNDARIES.size(); i++) {
            long boundary = Latency.BOUNDARIES.get(i).toNanos();
            long below = (long) (boundary / 1.0626);
            assertThat(latency.atMost().get(i))
                    .isBetween(
                            Arrays.stream(all).filter(nanos -> nanos <= below).count(),
                            Arrays.stream(all)
                                    .filter(nanos -> nanos <= boundary)
                                    .count());
        }
        assertThat(new Histogram().latency().atMost())
                .hasSameSizeAs(Latency.BOUNDARIES)
                .containsOnly(0L);
    }

    @Test
    void percentilesOfManyAreTheirs() {
        Random random = new Random(7);
        long[] all = random.longs(20_000, 10_000, 50_000_000).toArray();
        Histogram even = new Histogram();
        Histogram odd = new Histogram();
        for (int i = 0; i < all.length; i++) {
            (i % 2 == 0 ? even : odd).add(all[i]);
        }
        Histogram sum = new Histogram();
        sum.add(even);
        sum.add(odd);
        Arrays.sort(all);

        assertThat(sum.latency().p50().toNanos()).isCloseTo(all[9_999], withinPercentage(3.2));
        assertThat(sum.latency().p90().toNanos()).isCloseTo(all[17_999], withinPercentage(3.2));
        assertThat(sum.latency().p99().toNanos()).isCloseTo(all[19_799], withinPercentage(3.2));
        assertThat(sum.latency().max().toNanos()).isEqualTo(all[19_999]);
    }
}
