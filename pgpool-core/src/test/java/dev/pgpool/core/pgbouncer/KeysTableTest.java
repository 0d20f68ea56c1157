package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.pgbouncer.Keys.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class KeysTableTest {
    @Test
    void moduleReadmeListsEveryKey() throws IOException {
        String table = Keys.ALL.stream().map(KeysTableTest::row).collect(Collectors.joining("\n"));
        assertThat(Files.readString(Path.of("docs", "console-and-ini.md")))
                .as("the table of keys should read\n%s", table)
                .contains(table);
    }

    @Test
    void moduleReadmeListsKeysOfOurOwn() throws IOException {
        String table = Keys.OWN.stream()
                .map(key -> "| `" + key.name() + "` | "
                        + (key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`") + " |")
                .collect(Collectors.joining("\n"));
        String text = Files.readString(Path.of("docs", "console-and-ini.md"));
        Keys.OWN.forEach(key -> assertThat(text)
                .as("the rows of keys should begin\n%s", table)
                .contains("| `" + key.name() + "` | "
                        + (key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`") + " |"));
    }

    @Test
    void keysAreThoseOfPgBouncer() {
        // CF_ABS entries of its src/main.c
        assertThat(Keys.ALL).hasSize(101).extracting(Keys.Key::name).doesNotHaveDuplicates();
    }

    private static String row(Keys.Key key) {
        return "| `" + key.name() + "` | " + (key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`")
                + " | " + (key.reloadable() ? "yes" : "no") + " | " + word(key.use()) + " | " + key.why() + " |";
    }

    private static String word(Use use) {
        return switch (use) {
            case SUPPORTED -> "supported";
            case PROCESS -> "standalone";
            case IGNORED -> "accepted, without effect";
        };
    }
}
