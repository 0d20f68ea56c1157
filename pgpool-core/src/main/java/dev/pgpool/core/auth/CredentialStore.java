package dev.pgpool.core.auth;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Finds the secret of a user. Asked once for each login of a client, and once for each new server connection.
 *
 * <p>An implementation of your own may complete the stage on any thread and at any time; it is called on an event loop
 * and must not block there. A stage that fails refuses the login: the client sees a plain authentication failure, the
 * reason goes to the log.
 */
@FunctionalInterface
public interface CredentialStore {

    /**
     * Looks a user up.
     *
     * @param database the database that the client asked for, by the name that clients use
     * @param user the user who wants to log in
     * @return the secret; empty if there is no such user or the user may not log in
     */
    CompletionStage<Optional<Credential>> find(String database, String user);

    /**
     * All users, where the store can list them without asking a server. By default it can't.
     *
     * @return empty if that is not known
     */
    default Optional<Set<String>> users() {
        return Optional.empty();
    }

    /**
     * A fixed set of users, the same for all databases. The map is copied.
     *
     * @param userToSecret user names and secrets in the forms of PgBouncer's userlist: a password, {@code md5...} or
     *     {@code SCRAM-SHA-256$...}
     * @throws IllegalArgumentException if a name or a secret is malformed, see {@link Credential#parse}
     */
    static CredentialStore of(Map<String, String> userToSecret) {
        Map<String, Credential> credentials = new HashMap<>();
        userToSecret.forEach((user, secret) -> credentials.put(user, Credential.parse(user, secret)));
        Map<String, Credential> fixed = Map.copyOf(credentials);
        return new FixedUsers(fixed);
    }

    /**
     * The users of a file in the format of PgBouncer's {@code userlist.txt}, the same for all databases:
     *
     * <pre>
     *   ; a comment, also with #
     *   "app"     "SCRAM-SHA-256$4096:...$...:..."
     *   "legacy"  "md5d3a2c1..."
     *   "odd""ly" "a password with one "" in it"
     * </pre>
     *
     * <p>A line is {@code "user" "secret"}; what follows on the line is ignored, as PgBouncer does; the last of several
     * lines for one user counts. The file is UTF-8, at most 16 MiB.
     *
     * <p>The file is read when it is first needed and again when its modification time, its size or its identity has
     * changed, always on a daemon thread of its own and never on the caller's. While the file cannot be read or has an
     * error, every {@code find} fails: no client logs in on the strength of an outdated list. The failure is an
     * {@link java.io.UncheckedIOException}, or an {@link IllegalArgumentException} whose message gives file, line and
     * what is wrong there, without the secret.
     */
    static CredentialStore file(Path userlist) {
        return new UserlistStore(userlist);
    }

    /** No users at all: refuses every client, unless the method is {@link ClientAuthentication#TRUST}. */
    static CredentialStore empty() {
        return NoUsers.KNOWN;
    }
}
