package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the READMEs of the repository and of the pooler show is what the repository holds. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");
    private static final Path CORE = Path.of("..", "pgpool-core", "README.md");
    private static final Path SNIPPET = Path.of("src/main/java/dev/pgpool/examples/EmbeddedPooler.java");

    @Test
    void theSnippetIsTheOneThatIsCompiledAndTested() throws IOException {
        assertThat(fenced(README, "java").get(0)).isEqualTo(betweenMarkers(SNIPPET));
        assertThat(fenced(CORE, "java").get(0)).isEqualTo(betweenMarkers(SNIPPET));
    }

    @Test
    void theFirstTwoShellBlocksAreOneCommandEach() throws IOException {
        assertThat(fenced(README, "sh").subList(0, 2))
                .allSatisfy(block -> assertThat(block.lines()).hasSize(1))
                .allSatisfy(block -> assertThat(block).startsWith("mvn "));
    }

    private static List<String> fenced(Path page, String language) throws IOException {
        return Pattern.compile("^```" + language + "\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(Files.readString(page))
                .results()
                .map(block -> block.group(1).stripTrailing())
                .toList();
    }

    private static String betweenMarkers(Path source) throws IOException {
        List<String> lines = Files.readAllLines(source);
        int begin = index(lines, "// README: begin");
        int end = index(lines, "// README: end");
        return String.join("\n", lines.subList(begin + 1, end)).stripIndent().stripTrailing();
    }

    private static int index(List<String> lines, String marker) {
        return lines.stream().map(String::strip).toList().indexOf(marker);
    }
}
