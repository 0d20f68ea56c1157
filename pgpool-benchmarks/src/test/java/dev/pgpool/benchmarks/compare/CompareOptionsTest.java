package dev.pgpool.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class CompareOptionsTest {

    @Test
    void withoutArgumentsEverythingIsCompared() {
        CompareOptions options = parse();

        assertThat(options.rounds()).isEqualTo(5);
        assertThat(options.modes()).containsExactly("simple", "extended", "prepared");
        assertThat(options.clients()).containsExactly(8, 64);
        assertThat(options.only()).containsExactly("direct", "pgbouncer", "pgpool", "embedded", "relay");
        assertThat(options.chapters()).containsExactlyElementsOf(Chapters.NAMES);
    }

    @Test
    void argumentsReplaceDefaults() {
        CompareOptions options =
                parse("--rounds", "9", "--modes", "prepared", "--clients", "1,500", "--only", "pgpool");

        assertThat(options.rounds()).isEqualTo(9);
        assertThat(options.modes()).containsExactly("prepared");
        assertThat(options.clients()).containsExactly(1, 500);
        assertThat(options.only()).containsExactly("pgpool");
    }

    @Test
    void whatAReaderWouldHaveToSetHasAContenderOfItsOwn() {
        CompareOptions options = parse("--only", "pgbouncer,pgpool", "--jvm-args", "-XX:+UseSerialGC -Xmx64m");

        assertThat(options.only()).containsExactly("pgbouncer", "pgpool", "tuned");
        assertThat(options.jvmArgs()).containsExactly("-XX:+UseSerialGC", "-Xmx64m");
    }

    @Test
    void wrongArgumentsAreNamedWithWhatWasExpected() {
        refused("--rounds: 0 (expected: >= 1)", "--rounds", "0");
        refused("--seconds: many (expected: a number)", "--seconds", "many");
        refused("--modes: fast", "--modes", "simple,fast");
        refused("--chapters: songs", "--chapters", "songs");
        refused("--only: odyssey", "--only", "odyssey");
        refused("--speed: unknown option", "--speed", "9");
        refused("--jobs: no value given", "--jobs");
    }

    private static void refused(String message, String... args) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(args)).withMessageStartingWith(message);
    }

    private static CompareOptions parse(String... args) {
        return CompareOptions.parse(args);
    }
}
