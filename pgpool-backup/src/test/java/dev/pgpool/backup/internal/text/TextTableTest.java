package dev.pgpool.backup.internal.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

    @Test
    void columnsAreAsWideAsTheirLongestCell() {
        String table = new TextTable()
                .row("NAME", "SIZE", "REMARKS")
                .row("a_rather_long_name_of_a_database", 5, "")
                .row("b", "17 MiB", "pinned")
                .toString();

        assertThat(table.lines())
                .containsExactly(
                        "NAME                              SIZE    REMARKS",
                        "a_rather_long_name_of_a_database  5",
                        "b                                 17 MiB  pinned");
    }

    @Test
    void aRowWithFewerCellsEndsWithTextOfAnyLength() {
        String table = new TextTable()
                .row("a", "UNREADABLE: its manifest is the manifest of another backup")
                .row("bb", "1", "x")
                .toString();

        assertThat(table.lines())
                .containsExactly("a   UNREADABLE: its manifest is the manifest of another backup", "bb  1  x");
    }

    @Test
    void foreignTextCannotMakeLinesOfItsOwn() {
        assertThat(new TextTable().row("a\nb", "\u001b[2J").toString().lines()).containsExactly("a b   [2J");
    }
}
