package dev.pgpool.certwatch.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.metrics.CertWatchMeters;
import dev.pgpool.certwatch.target.CertTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the page for newcomers promises under our names exists under these names; what the pages say of options and meters is so. */
class DocumentationTest {

    private static final Path PAGE = Path.of("docs", "coming-from.md");
    private static final Path TARGETS = Path.of("docs", "targets.md");
    private static final Path METRICS = Path.of("docs", "metrics.md");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /** The right column of all tables. */
    private static List<String> ours() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| there"))
                .map(line -> line.replaceAll("^\\|.*\\| (.*) \\|$", "$1"))
                .toList();
    }

    private static List<String> named(Pattern pattern) throws IOException {
        Set<String> names = new TreeSet<>();
        for (String cell : ours()) {
            Matcher code = CODE.matcher(cell);
            while (code.find()) {
                Matcher name = pattern.matcher(code.group(1));
                while (name.find()) {
                    names.add(name.group());
                }
            }
        }
        return List.copyOf(names);
    }

    @Test
    void everyMeterIsOneOfOurs() throws IOException {
        Set<String> known = Arrays.stream(CertWatchMeters.values())
                .map(CertWatchMeters::prometheusName)
                .collect(Collectors.toSet());
        List<String> named = named(Pattern.compile("\\b(probe|certwatch)_\\w+"));
        assertThat(named).hasSizeGreaterThan(12);
        assertThat(known).containsAll(named);
    }

    @Test
    void everyFindingIsOneOfOurs() throws IOException {
        List<String> named = named(Pattern.compile("\\b[A-Z]{2,}_[A-Z_]+\\b"));
        assertThat(named)
                .hasSizeGreaterThan(5)
                .allSatisfy(
                        code -> assertThatCode(() -> FindingCode.valueOf(code)).doesNotThrowAnyException());
    }

    @Test
    void everyTableHasBothColumns() throws IOException {
        assertThat(ours()).hasSizeGreaterThan(30).noneMatch(cell -> cell.startsWith("|") || cell.isBlank());
    }

    static List<String> urls() throws IOException {
        return named(Pattern.compile("^(file|targets|truststore):/?[^\\s]*$"));
    }

    @ParameterizedTest
    @MethodSource("urls")
    void everyUrlIsOne(String url) {
        assertThat(CertTarget.parse(url).name()).isNotEmpty();
    }

    static List<String> options() throws IOException {
        return named(Pattern.compile("^(verify|sni|tls|address|proxy|warning|critical|label|mute)[.\\w]*=[^\\s]+$"));
    }

    @ParameterizedTest
    @MethodSource("options")
    void everyOptionIsOne(String option) {
        assertThat(CertTarget.parse("https://h?" + option)).isNotNull();
    }

    /** The options of the page's table, by kind of target. */
    static List<String> documentedOptions() throws IOException {
        List<String> options = new java.util.ArrayList<>();
        boolean inTable = false;
        for (String line : Files.readAllLines(TARGETS)) {
            inTable = line.startsWith("| option |") || (inTable && line.startsWith("|"));
            if (inTable && line.startsWith("| `")) {
                options.add(line);
            }
        }
        return options;
    }

    @ParameterizedTest
    @MethodSource("documentedOptions")
    void everyDocumentedOptionIsTakenWhereItSays(String row) {
        String where = row.split("\\|")[2].strip();
        String base = switch (where) {
            case "all", "servers" -> "https://h?";
            case "SMTP" -> "smtp+starttls://h?";
            case "files" -> "file:/etc/a.pem?";
            case "directories" -> "file:/etc/a/?";
            default -> throw new AssertionError(where);
        };
        Matcher options = Pattern.compile("`([a-z.]+)=([^`]*)`").matcher(row.split("\\|")[1]);
        assertThat(options.find()).isTrue();
        String name = options.group(1);
        // A file of the table that is not here cannot be opened: that it is asked for shows that the option is taken.
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> CertTarget.parse(
                        base + name + "=" + options.group(2).replace("TLS_...", "TLS_AES_128_GCM_SHA256"))))
                .satisfiesAnyOf(
                        thrown -> assertThat(thrown).isNull(),
                        thrown -> assertThat(thrown).hasMessageContaining("client: /path.p12 cannot be opened"));
    }

    @Test
    void thePageHasAsManyOptionsAsThereAre() throws IOException {
        assertThat(documentedOptions()).hasSizeGreaterThan(15);
        String all = org.assertj.core.api.Assertions.catchThrowable(() -> CertTarget.parse("https://h?nosuch=x"))
                .getMessage();
        String table = String.join("\n", documentedOptions());
        for (String option :
                all.replaceAll(".*one of ", "").replaceAll("[^a-z, ]", "").split(", ")) {
            if (!option.isBlank() && !option.startsWith("label") && !option.startsWith("ssl")) {
                assertThat(table).contains("`" + option);
            }
        }
    }

    @Test
    void thePageListsAllMetersOfBlackboxExporter() throws IOException {
        String text = Files.readString(METRICS);
        assertThat(CertWatchMeters.values())
                .filteredOn(meter -> meter.prometheusName().startsWith("probe_"))
                .allSatisfy(meter -> assertThat(text).contains(meter.prometheusName()));
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            return Stream.concat(
                            Stream.of(Path.of("README.md")),
                            docs.filter(page -> page.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsToAFileThatIsThere(Path page) throws IOException {
        Matcher links = Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(Files.readString(page));
        while (links.find()) {
            assertThat(page.resolveSibling(links.group(1)).normalize()).exists();
        }
    }

    @Test
    void theReadmeLeadsToEveryPage() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        assertThat(pages())
                .hasSizeGreaterThan(5)
                .filteredOn(page -> !page.equals(Path.of("README.md")))
                .allSatisfy(page -> assertThat(readme).contains("(docs/" + page.getFileName() + ")"));
    }
}
