package dev.pgpool.core.internal.advice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Verdict;
import dev.pgpool.core.stats.PoolKey;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The advised size is that at which the waits vanish: the same clients are let loose on pools of other sizes, and the least is
 * looked for at which no more than one in a hundred, or in a thousand, of the waits is left.
 */
@Tag("once")
class RightSizeTest {
    private static final long SEED = 7;

    static Stream<Arguments> loads() {
        return Stream.of(
                Arguments.of("often idle", 10, Load.many(800, Load.exponential(8.5))),
                Arguments.of("nearly always busy", 10, Load.many(950, Load.exponential(10))),
                Arguments.of("all take the same time", 10, Load.many(900, Load.constant(10))),
                Arguments.of("some take very long", 10, Load.many(500, Load.skewed(5, 1.2))),
                Arguments.of("a small pool", 3, Load.many(100, Load.exponential(20))),
                Arguments.of("a large pool", 60, Load.many(2_700, Load.exponential(20))),
                Arguments.of("long transactions", 10, Load.many(4, Load.exponential(2_000))),
                Arguments.of("load that swings", 10, Load.swinging(700, 100, Load.exponential(10))),
                Arguments.of(
                        "load that swings beyond what is there", 10, Load.swinging(900, 100, Load.exponential(10))),
                Arguments.of("all at once, each second", 10, Load.bursts(40, Load.exponential(5))),
                Arguments.of("clients held up by waiting", 10, Load.thinking(30, 20, Load.exponential(10))),
                Arguments.of(
                        "clients held up by waiting most of the time", 5, Load.thinking(50, 50, Load.exponential(10))),
                Arguments.of("clients that ask without a pause", 5, Load.thinking(50, 0.01, Load.exponential(5))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("loads")
    void adviceIsTheSizeAtWhichTheWaitsVanish(String name, int servers, Load load) {
        QueueSimulation.Outcome seen = QueueSimulation.run(servers, load, SEED);
        PoolAdvice advice = Judge.judge(
                new PoolKey("app", "app"),
                AdviceWindow.HOUR,
                seen.tally(),
                new Bounds(servers, OptionalInt.empty(), OptionalInt.empty()));

        assertThat(advice.waits().count()).isEqualTo(seen.waits());
        assertThat(advice.verdict()).isEqualTo(Verdict.TOO_SMALL);
        assertIsNear(
                advice.sizes().for99(),
                size(servers, load, seen.waits() * 0.01, advice.sizes().for99()));
        assertIsNear(
                advice.sizes().for999(),
                size(servers, load, seen.waits() * 0.001, advice.sizes().for999()));
    }

    /** By one, or a tenth. */
    private static void assertIsNear(OptionalInt advised, int right) {
        assertThat((double) advised.orElse(0))
                .as("right is %d", right)
                .isBetween(Math.min(right - 1, right * 0.9), Math.max(right + 1, right * 1.1));
    }

    /** The least size that leaves no more waits than this; looked for from a first guess. */
    private static int size(int servers, Load load, double waits, OptionalInt guess) {
        int size = guess.orElse(servers + 1);
        while (QueueSimulation.waits(size, load, SEED) > waits) {
            size++;
        }
        while (size > servers + 1 && QueueSimulation.waits(size - 1, load, SEED) <= waits) {
            size--;
        }
        return size;
    }
}
