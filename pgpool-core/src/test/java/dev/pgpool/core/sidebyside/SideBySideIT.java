package dev.pgpool.core.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What clients see of PgBouncer and of the pooler with the same ini is the same: each row of the tables is played at both. A row that
 * differs says what is seen at each, and which line of docs/console-and-ini.md tells it.
 */
@Tag("installed")
class SideBySideIT {
    private static final World WORLD = World.create();

    @TempDir
    private Path directory;

    static List<Setup> setups() {
        return Stream.of(
                        StartupTable.setups(),
                        LoginTable.setups(WORLD),
                        LimitTable.setups(),
                        TimeoutTable.setups(),
                        ConsoleTable.setups(),
                        LoadTable.setups())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("setups")
    void clientsSeeTheSame(Setup setup) throws Exception {
        List<String> differences = new ArrayList<>();
        try (Pair pair = new Pair(WORLD, setup, directory)) {
            for (Case row : setup.cases()) {
                differences.addAll(pair.differences(row));
            }
            assertThat(differences).as(() -> said(pair)).isEmpty();
        }
    }

    private static String said(Pair pair) {
        try {
            return pair.said();
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void differencesAreThoseOfTheDocumentation() throws IOException {
        String page = Files.readString(Path.of("docs", "console-and-ini.md"));
        assertThat(setups().stream()
                        .flatMap(setup -> setup.cases().stream())
                        .map(Case::readme)
                        .distinct())
                .allSatisfy(row -> assertThat(page).contains(row));
    }
}
