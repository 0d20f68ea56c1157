package dev.pgpool.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ErrorTableTest {
    @Test
    void moduleReadmeListsEveryErrorThatWeOriginate() throws IOException {
        String table =
                Arrays.stream(PoolerError.values()).map(ErrorTableTest::row).collect(Collectors.joining("\n"));

        assertThat(Files.readString(Path.of("docs", "errors.md")))
                .as("the table of errors in docs/errors.md should read\n%s", table)
                .contains(table);
    }

    private static String row(PoolerError error) {
        ErrorFields fields = error.with("…");
        return "| `" + fields.sqlState() + "` | " + fields.severity() + " | " + fields.message() + " | "
                + orNothing(fields.detail()) + " | " + orNothing(fields.hint()) + " |";
    }

    private static String orNothing(@Nullable String text) {
        return text == null ? "" : text;
    }
}
