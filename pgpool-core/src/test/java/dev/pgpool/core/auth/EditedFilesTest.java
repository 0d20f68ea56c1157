package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Files as editors of all systems write them: a byte-order mark of UTF-8 is skipped, any other is named. */
class EditedFilesTest {
    private static final String MARK = "\uFEFF";

    @TempDir
    Path directory;

    /** The files that people edit, and what reads them. */
    enum Kind {
        INI("[databases]\napp = host=127.0.0.1\n[pgbouncer]\n") {
            @Override
            Object read(EditedFilesTest test, Path file) {
                return PgBouncerIni.read(file).config().databases().get("app");
            }
        },
        INCLUDED_INI("[databases]\napp = host=127.0.0.1\n") {
            @Override
            Object read(EditedFilesTest test, Path file) throws IOException {
                Path main = test.write("main", "%include " + file + "\n[pgbouncer]\n", "", StandardCharsets.UTF_8);
                return PgBouncerIni.read(main).config().databases().get("app");
            }
        },
        USERLIST("\"app\" \"secret\"\n") {
            @Override
            Object read(EditedFilesTest test, Path file) {
                return CredentialStore.file(file)
                        .find("", "app")
                        .toCompletableFuture()
                        .join()
                        .orElseThrow();
            }
        },
        HBA("host all all all trust\n") {
            @Override
            Object read(EditedFilesTest test, Path file) {
                return new RuleFiles(file, Optional.empty(), false).current();
            }
        },
        IDENT("ops root app\n") {
            @Override
            Object read(EditedFilesTest test, Path file) throws IOException {
                Path hba = test.write("hba", "local all all peer map=ops\n", "", StandardCharsets.UTF_8);
                return new RuleFiles(hba, Optional.of(file), false).current();
            }
        },
        LIST_OF_NAMES("app, other\n") {
            @Override
            Object read(EditedFilesTest test, Path file) throws IOException {
                Path hba = test.write(
                        "hba", "host all @" + file.getFileName() + " all trust\n", "", StandardCharsets.UTF_8);
                return new RuleFiles(hba, Optional.empty(), false).current();
            }
        };

        private final String content;

        Kind(String content) {
            this.content = content;
        }

        abstract Object read(EditedFilesTest test, Path file) throws IOException;
    }

    private Path write(String name, String content, String mark, Charset charset) throws IOException {
        return Files.write(directory.resolve(name), (mark + content).getBytes(charset));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theMarkOfUtf8IsSkipped(Kind kind) throws IOException {
        Object without = kind.read(this, write("file", kind.content, "", StandardCharsets.UTF_8));
        Object with = kind.read(this, write("file", kind.content, MARK, StandardCharsets.UTF_8));
        Object withLinesOfWindows =
                kind.read(this, write("file", kind.content.replace("\n", "\r\n"), MARK, StandardCharsets.UTF_8));
        assertThat(with).isNotNull().hasSameClassAs(without);
        assertThat(withLinesOfWindows).isNotNull();
    }

    static Stream<Arguments> otherMarks() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of("UTF-16LE", "UTF-16BE", "UTF-32BE")
                        .map(charset -> Arguments.of(kind, Charset.forName(charset))));
    }

    @ParameterizedTest
    @MethodSource("otherMarks")
    void otherMarksAreNamed(Kind kind, Charset charset) throws IOException {
        Path file = write("file", kind.content, MARK, charset);
        assertThatThrownBy(() -> kind.read(this, file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("begins with the byte-order mark of UTF-")
                .hasMessageContaining("(expected: UTF-8)");
    }
}
