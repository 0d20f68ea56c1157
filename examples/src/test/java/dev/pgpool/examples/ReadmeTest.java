package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README shows is what the repository holds. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");
    private static final Path SNIPPET = Path.of("src/main/java/dev/pgpool/examples/EmbeddedPooler.java");

    @Test
    void theSnippetIsTheOneThatIsCompiledAndTested() throws IOException {
        assertThat(fenced("java").get(0)).isEqualTo(betweenMarkers(SNIPPET));
    }

    @Test
    void theFirstTwoShellBlocksAreOneCommandEach() throws IOException {
        assertThat(fenced("sh").subList(0, 2))
                .allSatisfy(block -> assertThat(block.lines()).hasSize(1))
                .allSatisfy(block -> assertThat(block).startsWith("mvn "));
    }

    @Test
    void filesThatThePagesNameExist() throws IOException {
        for (Path page : List.of(README, Path.of("README.md"))) {
            List<String> links = Pattern.compile("\\]\\(([^)#:]+)\\)")
                    .matcher(Files.readString(page))
                    .results()
                    .map(link -> link.group(1))
                    .toList();

            assertThat(links)
                    .isNotEmpty()
                    .allSatisfy(link -> assertThat(page.resolveSibling(link)).exists());
        }
    }

    private static List<String> fenced(String language) throws IOException {
        return Pattern.compile("^```" + language + "\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(Files.readString(README))
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
