package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void failedWritesLeaveNoFiles() throws IOException {
        MultipartWrite write = store().startMultipart("k", WriteOptions.of("text/plain"));
        write.put(part(1, 0, bytes("abc"), 3));
        write.abort();
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }
}
