package dev.pgpool.examples;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Secrets that another program renews in files, as Kubernetes does with a mounted Secret: {@code token} is what clients
 * show, {@code password} is what servers want. Both are read when they are needed, so a new one counts at once and
 * nothing has to be restarted.
 *
 * <p>Rotate in this order: the password on the server, then the file. Until the file follows, connections that are
 * there go on, and new ones are tried again once a second ({@code connectRetryDelay}).
 */
public final class RotatingSecret implements Authenticator, CredentialStore {
    private final Path token;
    private final Path password;

    /** @param directory where the files {@code token} and {@code password} are mounted */
    public RotatingSecret(Path directory) {
        this.token = directory.resolve("token");
        this.password = directory.resolve("password");
    }

    /** A pooler for one database, whose clients show the token and whose servers are logged in to by the password. */
    public static PgPool pooler(Path secrets, String host, int port, String user) {
        RotatingSecret secret = new RotatingSecret(secrets);
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .authenticator(secret)
                // on this machine only; everywhere else tokens need TLS
                .authenticatorWithoutTls(true)
                .credentials(secret)
                .database(
                        "app",
                        db -> db.host(host).port(port).databaseName("postgres").user(user))
                .build();
    }

    /** A client wants to come in. Called on a thread that may block. */
    @Override
    public CompletionStage<Verdict> authenticate(Request request) {
        byte[] shown = request.password().getBytes(StandardCharsets.UTF_8);
        byte[] wanted = read(token).getBytes(StandardCharsets.UTF_8);
        return CompletableFuture.completedFuture(
                MessageDigest.isEqual(shown, wanted) ? Verdict.accept() : Verdict.reject("not the token of " + token));
    }

    /** A server connection is to be made. Called on an event loop, so the file is read elsewhere. */
    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        return CompletableFuture.supplyAsync(() -> Optional.of(new Credential.Plain(read(password))));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
