package dev.pgpool.core.spring;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks one store after the other, until one knows the user. */
final class StoresInTurn implements CredentialStore {
    private final List<CredentialStore> stores;

    StoresInTurn(List<CredentialStore> stores) {
        this.stores = List.copyOf(stores);
    }

    @Override
    public CompletionStage<Optional<Credential>> find(String database, String user) {
        return find(database, user, stores.iterator());
    }

    private static CompletionStage<Optional<Credential>> find(
            String database, String user, Iterator<CredentialStore> left) {
        return left.next()
                .find(database, user)
                .thenCompose(found -> found.isPresent() || !left.hasNext()
                        ? CompletableFuture.completedStage(found)
                        : find(database, user, left));
    }

    @Override
    public Optional<Set<String>> users() {
        Set<String> all = new HashSet<>();
        for (CredentialStore store : stores) {
            Optional<Set<String>> some = store.users();
            if (some.isEmpty()) {
                return some;
            }
            all.addAll(some.get());
        }
        return Optional.of(all);
    }
}
