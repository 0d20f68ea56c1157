package dev.pgpool.core.internal.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a lane that no client uses: the one used last goes first, so that the rest can grow old, or they take turns.
 * Confined to the event loop of its lane.
 */
final class IdleServers<S> {
    private final ArrayDeque<S> servers = new ArrayDeque<>();
    private boolean roundRobin;
    private int least;

    IdleServers(boolean roundRobin) {
        this.roundRobin = roundRobin;
    }

    /** Whether they take turns from now on. */
    void roundRobin(boolean now) {
        roundRobin = now;
    }

    boolean isEmpty() {
        return servers.isEmpty();
    }

    int size() {
        return servers.size();
    }

    /** It was just used. */
    void add(S server) {
        if (roundRobin) {
            servers.addLast(server);
        } else {
            servers.addFirst(server);
        }
    }

    /** It is the next to go. */
    void putBack(S server) {
        servers.addFirst(server);
    }

    @Nullable
    S poll() {
        S next = servers.pollFirst();
        least = Math.min(least, servers.size());
        return next;
    }

    /** So many were idle at the same time, all the while since this was asked last. */
    int leastSinceAsked() {
        int since = Math.min(least, servers.size());
        least = servers.size();
        return since;
    }

    /** The one that was idle for longest. */
    @Nullable
    S oldest() {
        return roundRobin ? servers.peekFirst() : servers.peekLast();
    }

    boolean contains(S server) {
        return servers.contains(server);
    }

    boolean remove(S server) {
        return servers.removeFirstOccurrence(server);
    }

    /** Those that it is true of, in no special order; they stay. */
    List<S> filter(Predicate<S> condition) {
        List<S> found = List.of();
        for (S server : servers) {
            if (condition.test(server)) {
                if (found.isEmpty()) {
                    found = new ArrayList<>();
                }
                found.add(server);
            }
        }
        return found;
    }
}
