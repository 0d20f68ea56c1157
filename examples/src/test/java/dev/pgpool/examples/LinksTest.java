package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Links of the documentation lead to files that are there, and to headings that are in them. */
class LinksTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern ANCHOR = Pattern.compile("<a id=\"([^\"]+)\">");

    static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .map(ROOT::relativize)
                    .filter(LinksTest::isOurs)
                    .toList();
        }
    }

    /** Not what a build or a package manager has put there. */
    private static boolean isOurs(Path page) {
        for (Path part : page) {
            if (Set.of("target", "node_modules", ".git").contains(part.toString())) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void leadSomewhere(Path page) throws IOException {
        assertThat(broken(page)).isEmpty();
    }

    @Test
    void pagesOfTheModulesAreLookedAt() throws IOException {
        assertThat(pages()).contains(Path.of("README.md"), Path.of("pgpool-core", "docs", "settings.md"));
    }

    private static List<String> broken(Path page) throws IOException {
        List<String> broken = new ArrayList<>();
        List<String> links = LINK.matcher(text(ROOT.resolve(page)))
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.contains("://") && !link.startsWith("mailto:"))
                .toList();
        for (String link : links) {
            String[] parts = link.split("#", 2);
            Path from = ROOT.resolve(page);
            Path to = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]).normalize();
            if (!Files.exists(to) || (parts.length == 2 && !anchors(to).contains(parts[1]))) {
                broken.add(link);
            }
        }
        return broken;
    }

    /** As GitHub makes them of headings, and those that are written down. */
    private static Set<String> anchors(Path page) throws IOException {
        String text = text(page);
        return Stream.concat(
                        HEADING.matcher(text)
                                .results()
                                .map(heading -> heading.group(1)
                                        .toLowerCase(Locale.ROOT)
                                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                                        .replace(' ', '-')),
                        ANCHOR.matcher(text).results().map((MatchResult anchor) -> anchor.group(1)))
                .collect(Collectors.toSet());
    }

    private static String text(Path page) throws IOException {
        return CODE.matcher(Files.readString(page)).replaceAll("");
    }
}
