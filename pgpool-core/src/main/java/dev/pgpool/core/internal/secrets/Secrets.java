package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of users: the host's store is asked first, then the auth query of the database, if it has one. As a store
 * it answers for clients; {@link #forServers} is for logging in to servers, where a verifier is of no use unless a
 * client has shown its key. Thread-safe.
 */
public final class Secrets implements CredentialStore {
    private static final BooleanSupplier ALWAYS = () -> true;

    private volatile CredentialStore host;
    private volatile AuthQueries queries;
    private volatile Predicate<String> disabled = database -> false;
    private final ProvenKeys keys = new ProvenKeys();

    public Secrets(CredentialStore host, AuthQueries queries) {
        this.host = host;
        this.queries = queries;
    }

    /** Where it looks from now on. */
    public void adopt(CredentialStore nowHost, AuthQueries nowQueries) {
        host = nowHost;
        queries = nowQueries;
    }

    /** The auth queries that it asks. */
    public AuthQueries queries() {
        return queries;
    }

    /** Whether servers are asked for users that the host's store does not know. */
    public boolean asksServers(String database) {
        return queries.of(database) != null;
    }

    /** Which databases an operator has disabled: no client's user is looked up there. */
    public void disabled(Predicate<String> databases) {
        disabled = databases;
    }

    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        return find(database, user, ALWAYS);
    }

    /**
     * The same for a client that may be gone before the answer is there.
     *
     * @param isThere whether it is still there, from any thread: if not, there may be no answer
     */
    public CompletionStage<Optional<Credential>> find(String database, String user, BooleanSupplier isThere) {
        return find(database, user, true, isThere);
    }

    private CompletionStage<Optional<Credential>> find(
            String database, String user, boolean forClient, BooleanSupplier isThere) {
        return lookup(database, user, forClient, isThere).thenApply(found -> {
            keys.check(database, user, found);
            return found;
        });
    }

    /** What a user of a server can log in there with. */
    public CredentialStore forServers() {
        return (database, user) -> find(database, user, false, ALWAYS)
                .thenApply(found -> found.map(credential -> {
                    Credential key = credential instanceof Credential.ScramVerifier verifier
                            ? keys.find(database, user, verifier)
                            : null;
                    return key == null ? credential : key;
                }));
    }

    /**
     * A client has logged in and has shown this.
     *
     * @return whether servers can be logged in to by it, which was not known before
     */
    public boolean proven(String database, String user, @Nullable Credential shown) {
        return shown instanceof Credential.ScramClientKey key && keys.remember(database, user, key);
    }

    private CompletionStage<Optional<Credential>> lookup(
            String database, String user, boolean forClient, BooleanSupplier isThere) {
        return ask(host, database, user).thenCompose(found -> {
            if (found.isPresent()) {
                return CompletableFuture.completedFuture(found);
            }
            String problem = forClient ? queries.unusable(database) : null;
            if (problem != null) {
                return CompletableFuture.failedFuture(new IllegalStateException(problem));
            }
            String asked = forClient ? queries.databaseFor(database) : null;
            return asked != null && disabled.test(asked)
                    ? CompletableFuture.failedFuture(new DisabledAuthDatabase(asked))
                    : query(database, user, isThere);
        });
    }

    private CompletionStage<Optional<Credential>> query(String database, String user, BooleanSupplier isThere) {
        AuthQuery query = queries.of(database);
        return query == null
                ? CompletableFuture.completedFuture(Optional.empty())
                // a query that was replaced between the two lines does not answer: the one in its place does
                : query.find(user, isThere)
                        .exceptionallyCompose(problem -> queries.of(database) == query
                                ? CompletableFuture.failedFuture(problem)
                                : query(database, user, isThere));
    }

    /** A store of the host may throw instead of failing, or answer nothing at all. */
    public static CompletionStage<Optional<Credential>> ask(CredentialStore store, String database, String user) {
        try {
            CompletionStage<Optional<Credential>> answer = store.find(database, user);
            return answer != null
                    ? answer.thenApply(Secrets::required)
                    : CompletableFuture.failedFuture(new NullPointerException("the credential store answered null"));
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Optional<Credential> required(@Nullable Optional<Credential> found) {
        if (found == null) {
            throw new NullPointerException("the credential store found null");
        }
        return found;
    }
}
