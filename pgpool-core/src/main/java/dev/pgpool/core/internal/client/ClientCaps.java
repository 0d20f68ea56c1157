package dev.pgpool.core.internal.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many clients there are of each name: a database, or a user. Thread-safe. */
final class ClientCaps {
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();

    /** Whether one more client of this name may come, 0 for no limit; counts the client if so. */
    boolean enter(String name, int max) {
        int after = counts.merge(name, 1, Integer::sum);
        if (max > 0 && after > max) {
            leave(name);
            return false;
        }
        return true;
    }

    /** A client of this name that was counted is gone. */
    void leave(String name) {
        counts.computeIfPresent(name, (n, count) -> count == 1 ? null : count - 1);
    }
}
