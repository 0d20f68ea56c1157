package dev.pgpool.core.internal.fleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A last server is kept by who has missed it at once. */
class LastServerTest {
    private static final long KEEP = 500;
    private static final Need USED = new Need(1, 0, 1, 0);
    private static final Need MISSED = new Need(1, 1, 0, 0);

    private final LastServer last = new LastServer(KEEP);

    private static Need idle(long since) {
        return new Need(0, 0, 0, since);
    }

    @Test
    void oneThatWasNeverMissedIsGivenAwayAtOnce() {
        last.see(USED, 1, 1_000);
        last.see(idle(1), 1, 1_001);
        assertThat(last.isKept(1_001)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1, true", "100, true", "499, true", "500, false", "10000, false"})
    void itIsKeptWhereTheOneBeforeWasMissedSoon(long after, boolean kept) {
        last.see(USED, 1, 1_000);
        last.see(idle(0), 0, 1_000);
        last.see(MISSED, 0, 1_000 + after);
        long got = 1_000 + after + 50;
        last.see(USED, 1, got);
        last.see(idle(10), 1, got + 10);
        assertThat(last.isKept(got + 10)).isEqualTo(kept);
        assertThat(last.isKept(got + KEEP)).isFalse();
    }

    @Test
    void aUseThatNoLookHasSeenCounts() {
        last.see(USED, 1, 1_000);
        last.see(MISSED, 0, 1_100);
        last.see(USED, 1, 1_150);
        // used in between: idle for no more than 20
        last.see(idle(20), 1, 1_600);
        assertThat(last.isKept(1_700)).isTrue();
    }

    @Test
    void whoDidWithoutForLongKeepsNoneTheNextTime() {
        last.see(USED, 1, 1_000);
        last.see(MISSED, 0, 1_100);
        last.see(USED, 1, 1_150);
        last.see(idle(0), 0, 1_700);
        last.see(MISSED, 0, 9_000);
        last.see(USED, 1, 9_050);
        last.see(idle(10), 1, 9_060);
        assertThat(last.isKept(9_060)).isFalse();
    }

    @Test
    void whoHasNeverHadOneKeepsNone() {
        last.see(MISSED, 0, 10);
        last.see(USED, 1, 20);
        last.see(idle(1), 1, 21);
        assertThat(last.isKept(21)).isFalse();
    }
}
