package dev.pgpool.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.stats.PgPoolSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    private static final long MILLI = 1_000_000;

    @Test
    void booksThatAgreeAreRight() {
        Outcome outcome = outcome(3, Bank.openingTotal());

        assertThat(outcome.isRight()).isTrue();
        assertThat(printed(outcome)).contains("OK").containsPattern("latency p50 +2\\.0 ms");
    }

    @Test
    void moneyMadeOrLostIsWrong() {
        assertThat(outcome(3, Bank.openingTotal() + 1).isRight()).isFalse();
    }

    @Test
    void transactionsDoneTwiceOrNotAtAllAreWrong() {
        assertThat(outcome(4, Bank.openingTotal()).isRight()).isFalse();
        assertThat(outcome(2, Bank.openingTotal()).isRight()).isFalse();
        assertThat(printed(outcome(2, Bank.openingTotal()))).contains("WRONG");
    }

    private static Outcome outcome(long recorded, long total) {
        Crowd.Work work = new Crowd.Work(1, new long[] {MILLI, 2 * MILLI, 3 * MILLI});
        return new Outcome(work, 1, PgPoolSnapshot.EMPTY, recorded, total);
    }

    private static String printed(Outcome outcome) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        outcome.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
