package dev.pgpool.core.internal.fleet.protocol;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Sessions that no member answers for, and since when: one that was there for a while is not a member's server which is being
 * made, but one that a dead member has left behind, or a session that was never the fleet's.
 */
final class Strangers {
    private static final long MADE_NANOS = 1_000_000_000;

    private final Map<Integer, Long> since = new HashMap<>();

    void seen(Set<Integer> pids, long nowNanos) {
        since.keySet().retainAll(pids);
        pids.forEach(pid -> since.putIfAbsent(pid, nowNanos));
    }

    void clear() {
        since.clear();
    }

    /** All of them, however long they have been there. */
    int known() {
        return since.size();
    }

    /** Those that are here to stay. */
    int settled(long nowNanos) {
        return (int) since.values().stream()
                .filter(first -> nowNanos - first >= MADE_NANOS)
                .count();
    }

    /** Whether none of them has come since then. */
    boolean areOlderThan(long nanos) {
        return since.values().stream().allMatch(first -> first - nanos < 0);
    }
}
