package dev.pgpool.core.auth;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The users of a file, looked at anew for each question and read anew when it has changed.
 *
 * <p>The fields are confined to the one thread of the executor.
 */
final class UserlistStore implements CredentialStore {

    private static final int MAX_BYTES = 16 << 20;

    private static final Executor READER = reader();

    private final Path path;
    private final Executor executor;
    private @Nullable FileStamp stamp;
    private Map<String, Credential> users = Map.of();

    UserlistStore(Path path) {
        this(path, READER);
    }

    UserlistStore(Path path, Executor executor) {
        this.path = path.toAbsolutePath();
        this.executor = executor;
    }

    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        var answer = new CompletableFuture<Optional<Credential>>();
        executor.execute(() -> answer(user, answer));
        return answer.minimalCompletionStage();
    }

    // Whatever goes wrong must end the waiting login.
    private void answer(String user, CompletableFuture<Optional<Credential>> answer) {
        try {
            answer.complete(Optional.ofNullable(current().get(user)));
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }

    private Map<String, Credential> current() {
        try {
            FileStamp seen = FileStamp.of(path);
            if (!seen.equals(stamp)) {
                // Forgotten first: an error below must not leave the old list valid.
                stamp = null;
                users = Map.of();
                long now = System.currentTimeMillis();
                users = Userlist.parse(path.toString(), read());
                stamp = seen.isSettledAt(now) ? seen : null;
            }
            return users;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the user list " + path + ": " + e, e);
        }
    }

    private String read() throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IllegalArgumentException(
                        path + ": more than " + MAX_BYTES + " bytes (expected: a user list)");
            }
            return EditedText.decode(bytes);
        } catch (EditedText.NotUtf8 e) {
            throw new IllegalArgumentException(path + ": " + e.getMessage(), e);
        }
    }

    private static Executor reader() {
        var pool = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            var thread = new Thread(task, "pgpool-userlist");
            thread.setDaemon(true);
            return thread;
        });
        // No thread stays behind in a host that has let go of its pools.
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
