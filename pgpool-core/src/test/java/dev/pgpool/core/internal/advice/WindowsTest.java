package dev.pgpool.core.internal.advice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.advice.AdviceWindow;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WindowsTest {
    private static long minutes(int count) {
        return TimeUnit.MINUTES.toNanos(count);
    }

    private static Tally of(int transactions) {
        Tally tally = new Tally();
        tally.transactions = transactions;
        return tally;
    }

    @Test
    void whatIsOlderThanAWindowIsForgotten() {
        Windows windows = new Windows(0);
        windows.add(of(1), minutes(1));
        windows.add(of(10), minutes(59));

        assertThat(windows.sum(AdviceWindow.HOUR, minutes(59)).transactions).isEqualTo(11);
        assertThat(windows.sum(AdviceWindow.HOUR, minutes(61)).transactions).isEqualTo(10);
        assertThat(windows.sum(AdviceWindow.HOUR, minutes(121)).transactions).isZero();
        assertThat(windows.sum(AdviceWindow.DAY, minutes(121)).transactions).isEqualTo(11);
        assertThat(windows.sum(AdviceWindow.DAY, minutes(26 * 60)).transactions).isZero();
        assertThat(windows.sum(AdviceWindow.WEEK, minutes(26 * 60)).transactions)
                .isEqualTo(11);
        windows.add(of(5), minutes(8 * 24 * 60));
        assertThat(windows.sum(AdviceWindow.WEEK, minutes(8 * 24 * 60)).transactions)
                .isEqualTo(5);
    }

    @Test
    void sketchesOfPartsAddUpToThatOfTheWhole() {
        Random random = new Random(1);
        Sketch whole = Sketch.ofMicros();
        Sketch sum = Sketch.ofMicros();
        for (int part = 0; part < 10; part++) {
            Sketch one = Sketch.ofMicros();
            for (int i = 0; i < 1_000; i++) {
                long value = (long) Math.exp(random.nextDouble() * 20);
                one.add(value, 1);
                whole.add(value, 1);
            }
            sum.add(one);
        }
        for (double share : new double[] {0.01, 0.5, 0.99, 0.999, 1}) {
            assertThat(sum.quantile(share)).isEqualTo(whole.quantile(share));
        }
        assertThat(sum.mean()).isEqualTo(whole.mean());
        assertThat(sum.most()).isEqualTo(whole.most());
    }

    @Test
    void countsAreExactAndLargeOnesNearlySo() {
        Sketch counts = Sketch.ofCounts();
        for (int i = 1; i <= 100; i++) {
            counts.add(i, 1);
        }
        assertThat(counts.quantile(0.5)).isEqualTo(50);
        assertThat(counts.quantile(0.99)).isEqualTo(99);
        assertThat(counts.shareFrom(91)).isEqualTo(0.1);
        for (int value = 128; value < 1_000_000; value += 997) {
            Sketch one = Sketch.ofCounts();
            one.add(value, 1);
            one.add(2_000_000, 1);
            assertThat((double) one.quantile(0.5)).isBetween(value * 0.984, value * 1.016);
        }
    }
}
