package dev.pgpool.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TablesTest {
    private final Tables tables = new Tables();

    @Test
    void tablesStandInTheOrderInWhichTheyWereBegun() {
        tables.begin("Second", ":what", "figure");
        tables.begin("First", ":what");
        tables.row("First", "x");
        tables.row("Second", "small", 1.234);
        tables.row("Second", "large", 1234.56);
        tables.row("Second", "unknown", Double.NaN);
        tables.row("Second", "count", 5000);

        assertThat(tables.take()).isEqualTo("""

            Second

            | what | figure |
            |---|--:|
            | small | 1.23 |
            | large | 1235 |
            | unknown |  |
            | count | 5000 |

            First

            | what |
            |---|
            | x |
            """);
    }

    @Test
    void whatWasTakenIsNotPrintedAgain() {
        tables.begin("First", ":what");
        assertThat(tables.take()).contains("First");
        tables.begin("Second", ":what");

        assertThat(tables.take()).contains("Second").doesNotContain("First");
    }

    @Test
    void aRowWithoutATableIsAnError() {
        assertThatIllegalArgumentException().isThrownBy(() -> tables.row("Third", 1));
    }
}
