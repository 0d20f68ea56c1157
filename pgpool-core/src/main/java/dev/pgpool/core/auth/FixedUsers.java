package dev.pgpool.core.auth;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A store whose users are all known; each is another one, so that a reload sees that it has changed. */
final class FixedUsers implements CredentialStore {
    private final Map<String, Credential> users;

    FixedUsers(Map<String, Credential> users) {
        this.users = users;
    }

    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        return CompletableFuture.completedStage(Optional.ofNullable(users.get(user)));
    }

    @Override
    public Optional<Set<String>> users() {
        return Optional.of(users.keySet());
    }
}
