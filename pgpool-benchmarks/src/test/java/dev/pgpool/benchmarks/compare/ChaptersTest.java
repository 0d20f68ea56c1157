package dev.pgpool.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChaptersTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    @Test
    void eachChapterIsPrintedBeforeTheNextOneBegins() throws Exception {
        List<String> printedBefore = new ArrayList<>();

        Chapters.inTurn(
                List.of("traffic", "tls"),
                name -> {
                    printedBefore.add(bytes.toString(StandardCharsets.UTF_8));
                    return "| " + name + " |\n";
                },
                out);

        assertThat(printedBefore).containsExactly("", "| traffic |\n");
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("| traffic |\n| tls |\n");
    }

    @Test
    void runThatFailsHasPrintedWhatEndedBefore() {
        assertThatThrownBy(() -> Chapters.inTurn(
                        List.of("traffic", "tls"),
                        name -> {
                            if (name.equals("tls")) {
                                throw new IOException("no server");
                            }
                            return name;
                        },
                        out))
                .hasMessage("no server");

        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("traffic");
    }
}
