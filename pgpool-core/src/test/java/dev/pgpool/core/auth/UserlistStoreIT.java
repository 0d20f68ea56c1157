package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real files. */
class UserlistStoreIT {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = directory.resolve("userlist.txt");
    }

    @Test
    void findsUsersInAnyDatabase() throws Exception {
        write("\"app\" \"one\"", LONG_AGO);
        CredentialStore store = CredentialStore.file(file);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        assertThat(find(store, "nobody")).isEmpty();
    }

    @Test
    void aChangedFileIsReadAgain() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        write("\"app\" \"two\"", LONG_AGO.plusSeconds(1));
        assertThat(find(store, "app")).contains(new Credential.Plain("two"));
        write("\"other\" \"three\"", LONG_AGO.plusSeconds(1));
        assertThat(find(store, "app")).isEmpty();
    }

    @Test
    void anUnchangedFileIsNotReadAgain() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        // Same size, same time, same file: the only way to see whether it was read.
        write("\"app\" \"two\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
    }

    @Test
    void twoChangesWithinOneTickAreBothSeen() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        // Ahead of the clock, so that a slow machine does not leave the tick before the second change.
        Instant now = Instant.now().plusSeconds(3600);
        write("\"app\" \"one\"", now);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        write("\"app\" \"two\"", now);
        assertThat(find(store, "app")).contains(new Credential.Plain("two"));
    }

    @Test
    void aFileMovedIntoPlaceIsReadEvenIfTimeAndSizeAreTheSame() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        Path target = file;
        file = directory.resolve("new");
        write("\"app\" \"two\"", LONG_AGO);
        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        assertThat(find(store, "app")).contains(new Credential.Plain("two"));
    }

    @Test
    void aMissingFileFailsUntilItIsThere() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        assertThatThrownBy(() -> find(store, "app"))
                .hasCauseInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        Files.delete(file);
        assertThatThrownBy(() -> find(store, "app")).hasCauseInstanceOf(UncheckedIOException.class);
    }

    @Test
    void aBrokenFileRefusesEverybodyUntilItIsMended() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
        write("\"app\" \"one\"\n\"other", LONG_AGO.plusSeconds(1));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> find(store, "app"))
                    .hasCauseInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(file + ":2, column 1: ");
        }
        write("\"app\" \"one\"", LONG_AGO);
        assertThat(find(store, "app")).contains(new Credential.Plain("one"));
    }

    @Test
    void whatIsNotUtf8OrTooLargeIsRefused() throws Exception {
        CredentialStore store = CredentialStore.file(file);
        Files.write(file, new byte[] {'"', (byte) 0xff, '"'});
        assertThatThrownBy(() -> find(store, "app")).hasMessageContaining("not valid UTF-8");
        Files.write(file, new byte[(16 << 20) + 1]);
        assertThatThrownBy(() -> find(store, "app")).hasMessageContaining("more than 16777216 bytes");
    }

    @Test
    void theCallersThreadTouchesNoFile() throws Exception {
        Queue<Runnable> tasks = new ArrayDeque<>();
        CredentialStore store = new UserlistStore(file, tasks::add);
        CompletableFuture<Optional<Credential>> found = store.find("db", "app").toCompletableFuture();
        assertThat(found).isNotDone();
        // Written only after find has returned.
        write("\"app\" \"one\"", LONG_AGO);
        tasks.remove().run();
        assertThat(found).isCompletedWithValue(Optional.of(new Credential.Plain("one")));
    }

    private static Optional<Credential> find(CredentialStore store, String user)
            throws InterruptedException, ExecutionException, TimeoutException {
        return store.find("db", user).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private void write(String content, Instant modified) throws IOException {
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }
}
