package dev.pgpool.backup.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DumpProgressTest {

    @Test
    void aSingleLargeTableMovesByWhatComesOutOfIt() {
        DumpProgress progress = new DumpProgress(true);
        progress.sizes(Map.of("public.big", 3_000L));
        assertThat(progress.share(10)).isZero();
        progress.begin("public.big", 10);

        assertThat(progress.share(510)).isCloseTo(0.5, within(0.01));
        assertThat(progress.share(9_999)).as("never beyond the table").isEqualTo(1);
    }

    @Test
    void theRatioOfTheTablesBeforeIsLearned() {
        DumpProgress progress = new DumpProgress(false);
        progress.sizes(Map.of("a.a", 1_000L, "b.b", 1_000L));
        progress.begin("a.a", 0);
        progress.begin("b.b", 100);

        assertThat(progress.table()).isEqualTo("b.b");
        assertThat(progress.share(100)).isEqualTo(0.5);
        assertThat(progress.share(150)).isCloseTo(0.75, within(0.01));
    }

    @Test
    void withoutTablesNothingIsClaimed() {
        assertThat(new DumpProgress(true).share(5)).isNegative();
    }
}
