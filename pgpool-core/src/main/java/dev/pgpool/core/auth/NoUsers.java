package dev.pgpool.core.auth;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The store without users; always the same one, so that a reload sees that it has not changed. */
enum NoUsers implements CredentialStore {
    KNOWN;

    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        return CompletableFuture.completedFuture(Optional.empty());
    }
}
