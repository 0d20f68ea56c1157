package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pgpool.core.internal.transport.LoopDemand.Move;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** By a clock that only the test moves on. */
class LoopDemandTest {
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(100);

    private final List<Move> moves = new ArrayList<>();

    private void run(LoopDemand demand, long millis, double... shares) {
        for (long t = 0; t < millis; t += 100) {
            Move move = demand.observe(TICK, shares);
            if (move != null) {
                moves.add(move);
            }
        }
    }

    @Test
    void whatOneCoreCanCarryStaysOnOneLoop() {
        LoopDemand demand = new LoopDemand(4);

        run(demand, 3_600_000, 0.79, 0, 0, 0);

        assertThat(demand.active()).isEqualTo(1);
        assertThat(moves).isEmpty();
    }

    @Test
    void aBurstChangesNothing() {
        LoopDemand demand = new LoopDemand(4);

        for (int i = 0; i < 100; i++) {
            run(demand, 500, 1, 0, 0, 0);
            run(demand, 100, 0.1, 0, 0, 0);
        }

        assertThat(demand.active()).isEqualTo(1);
        assertThat(moves).isEmpty();
    }

    @Test
    void aLoopThatIsBusyForHalfASecondGivesHalfOfItsClientsToTheNext() {
        LoopDemand demand = new LoopDemand(4);

        run(demand, 600, 0.8, 0, 0, 0);

        assertThat(demand.active()).isEqualTo(2);
        assertThat(moves).containsExactly(new Move(0, 1, 0.5));
    }

    @Test
    void noLoopBeginsWhileAnotherHasTime() {
        LoopDemand demand = new LoopDemand(4);
        run(demand, 600, 1, 0, 0, 0);
        moves.clear();

        run(demand, 600, 0.9, 0.3, 0, 0);

        assertThat(demand.active()).isEqualTo(2);
        assertThat(moves).hasSize(1);
        assertThat(moves.get(0).from()).isZero();
        assertThat(moves.get(0).to()).isEqualTo(1);
        assertThat(moves.get(0).share()).isCloseTo(1.0 / 3, within(0.001));
    }

    @Test
    void moreThanThereAreAreNeverActive() {
        LoopDemand demand = new LoopDemand(2);

        run(demand, 60_000, 1, 1);

        assertThat(demand.active()).isEqualTo(2);
        assertThat(moves).hasSize(1);
    }

    @Test
    void aSingleLoopIsLeftInPeace() {
        LoopDemand demand = new LoopDemand(1);

        run(demand, 60_000, 1);

        assertThat(demand.active()).isEqualTo(1);
        assertThat(moves).isEmpty();
    }

    @Test
    void whenOneLessWouldDoForTenSecondsTheLastOneEnds() {
        LoopDemand demand = new LoopDemand(4);
        run(demand, 600, 1, 0, 0, 0);
        run(demand, 600, 1, 1, 0, 0);
        moves.clear();

        run(demand, 10_000, 0.4, 0.3, 0.3, 0);
        assertThat(demand.active()).isEqualTo(3);
        run(demand, 100, 0.4, 0.3, 0.3, 0);

        assertThat(demand.active()).isEqualTo(2);
        assertThat(moves).containsExactly(new Move(2, 0, 1));
    }

    @Test
    void betweenTheTwoBoundsNothingChangesForEver() {
        LoopDemand demand = new LoopDemand(4);
        run(demand, 600, 1, 0, 0, 0);
        moves.clear();

        // what was one busy loop's load is no reason to go back to one
        run(demand, 3_600_000, 0.41, 0.41, 0, 0);

        assertThat(demand.active()).isEqualTo(2);
        assertThat(moves).isEmpty();
    }

    @Test
    void loadsOfAllSizesComeToRest() {
        for (double load = 0.1; load < 4; load += 0.1) {
            LoopDemand demand = new LoopDemand(4);
            int before = 0;
            int changes = 0;
            for (int second = 0; second < 600; second++) {
                double[] shares = new double[4];
                for (int i = 0; i < demand.active(); i++) {
                    shares[i] = Math.min(1, load / demand.active());
                }
                run(demand, 1_000, shares);
                if (second > 60 && demand.active() != before) {
                    changes++;
                }
                before = demand.active();
            }
            assertThat(changes)
                    .as("changes after a minute, with a load of %s", load)
                    .isZero();
        }
    }
}
