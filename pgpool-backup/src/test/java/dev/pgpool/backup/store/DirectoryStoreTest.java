package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryStoreTest extends ObjectStoreContract {

    @TempDir
    Path root;

    @Override
    ObjectStore open() {
        return new DirectoryStore(root);
    }

    @Test
    void keysCannotLeadOutOfTheDirectory() {
        for (String key :
                List.of("../x", "a/../../x", "/etc/x", "a//b", "", ".", "a/.", ".uploads/x", "a\\b", "a\u0000")) {
            assertThatThrownBy(() -> store().put(key, bytes("x"), WriteOptions.of("text/plain")))
                    .as(key)
                    .isInstanceOf(StoreException.class);
        }
    }

    @Test
    void deletingTheLastObjectRemovesItsDirectories() throws IOException {
        store().put("a/b/c", bytes("x"), WriteOptions.of("text/plain"));
        store().put("a/d", bytes("x"), WriteOptions.of("text/plain"));

        store().delete(List.of("a/b/c"));

        assertThat(root.resolve("a/b")).doesNotExist();
        assertThat(root.resolve("a/d")).exists();
    }

    /** By a link, whoever may write in the store could have files elsewhere written, read, restricted or deleted. */
    @Test
    void symbolicLinksBelowTheDirectoryAreRefused(@TempDir Path elsewhere) throws IOException {
        Path victim = Files.writeString(elsewhere.resolve("victim"), "precious");
        Files.setPosixFilePermissions(victim, PosixFilePermissions.fromString("rw-r--r--"));
        Files.createDirectory(root.resolve("v1"));
        Files.createSymbolicLink(root.resolve("v1/folder"), elsewhere);
        Files.createSymbolicLink(root.resolve("v1/file"), victim);
        Files.createDirectories(root.resolve(".uploads"));
        Files.deleteIfExists(root.resolve(".uploads/lock"));
        Files.createSymbolicLink(root.resolve(".uploads/lock"), victim);

        for (String key : List.of("v1/folder/victim", "v1/folder/deeper/x", "v1/file")) {
            List<ThrowableAssert.ThrowingCallable> ways = List.of(
                    () -> store().put(key, bytes("x"), WriteOptions.of("text/plain")),
                    () -> store().startMultipart(key, WriteOptions.of("text/plain")),
                    () -> store().stat(key),
                    () -> store().open(key, 0, 1));
            for (ThrowableAssert.ThrowingCallable way : ways) {
                assertThatThrownBy(way)
                        .as(key)
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("symbolic link");
            }
            assertThat(store().delete(List.of(key)))
                    .singleElement()
                    .satisfies(failure -> assertThat(failure.reason()).contains("symbolic link"));
        }
        assertThatThrownBy(() -> store().put(
                                "v1/x",
                                bytes("x"),
                                WriteOptions.of("text/plain").on(new WriteCondition.IfAbsent())))
                .isInstanceOf(StoreException.class);
        List<String> listed = new ArrayList<>();
        store().list("v1/", object -> listed.add(object.key()));
        assertThat(listed).isEmpty();
        assertThat(victim).hasContent("precious");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(victim)))
                .isEqualTo("rw-r--r--");

        Path other = Files.createDirectory(elsewhere.resolve("other"));
        Files.createSymbolicLink(other.resolve(".uploads"), elsewhere);
        assertThatThrownBy(() -> new DirectoryStore(other)).isInstanceOf(StoreException.class);
        Path link =
                Files.createSymbolicLink(elsewhere.resolve("link"), Files.createDirectory(elsewhere.resolve("real")));
        try (DirectoryStore good = new DirectoryStore(link)) {
            good.put("a", bytes("x"), WriteOptions.of("text/plain"));
        }
        assertThat(elsewhere.resolve("real/a")).hasContent("x");
    }

    @Test
    void failedWritesLeaveNoFiles() throws IOException {
        MultipartWrite write = store().startMultipart("k", WriteOptions.of("text/plain"));
        write.put(part(1, 0, bytes("abc"), 3));
        write.abort();
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "777", "277"})
    void onlyTheOwnerMayReadWhateverTheUmaskSays(String umask) throws Exception {
        Path store = root.resolve("made/by/another");
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "umask " + umask + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writes.class.getName(),
                        store.toString())
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();

        try (Stream<Path> files = Files.walk(root.resolve("made"))) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
            }
        }
        assertThat(store.resolve("v1/c/d/data.dump")).exists();
        assertThat(store.resolve(".uploads/lock")).exists();
    }

    /** Writes in every way; run in a JVM of its own, since a umask belongs to a process. */
    static final class Writes {
        public static void main(String[] arguments) {
            try (DirectoryStore store = new DirectoryStore(Path.of(arguments[0]))) {
                byte[] content = {1};
                store.put("v1/c/d/data.dump", content, WriteOptions.of("text/plain"));
                store.put("v1/c/lease", content, WriteOptions.of("text/plain").on(new WriteCondition.IfAbsent()));
                store.startMultipart("v1/c/e/left.over", WriteOptions.of("text/plain"));
            }
        }
    }
}
