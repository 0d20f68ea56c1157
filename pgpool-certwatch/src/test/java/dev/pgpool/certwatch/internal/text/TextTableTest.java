package dev.pgpool.certwatch.internal.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

    @Test
    void columnsAreAsWideAsTheirLongestCell() {
        String table = new TextTable()
                .row("LEVEL", "LEFT", "WHY")
                .row("a_rather_long_level", 5, "")
                .row("b", "17 days", "EXPIRES_SOON")
                .toString();

        assertThat(table.lines())
                .containsExactly(
                        "LEVEL                LEFT     WHY",
                        "a_rather_long_level  5",
                        "b                    17 days  EXPIRES_SOON");
    }

    @Test
    void aRowWithFewerCellsEndsWithTextOfAnyLength() {
        String table = new TextTable()
                .row("a", "not looked at yet")
                .row("bb", "1", "x")
                .toString();

        assertThat(table.lines()).containsExactly("a   not looked at yet", "bb  1  x");
    }

    @Test
    void whatAPeerSentCannotMakeLinesOfItsOwn() {
        assertThat(new TextTable().row("a\nb\u2028c", "\u001b[2J").toString().lines())
                .containsExactly("a\\u000ab\\u2028c  \\u001b[2J");
    }

    @Test
    void aLongCellIsShortened() {
        assertThat(new TextTable().row("x".repeat(500), "y").toString().lines())
                .containsExactly("x".repeat(100) + "...  y");
    }
}
