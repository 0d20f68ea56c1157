package dev.pgpool.core.internal.fleet.protocol;

import java.util.HashMap;
import java.util.Map;

/** Which members have called lately that their clients wait: a member that is stopped or cut off calls no more. */
final class Callers {
    private final Map<Integer, Long> heard = new HashMap<>();
    private final long memoryNanos;

    Callers(long memoryNanos) {
        this.memoryNanos = memoryNanos;
    }

    /** Returns whether it is news. */
    boolean heard(int pid, long nowNanos) {
        Long before = heard.put(pid, nowNanos);
        return before == null || nowNanos - before >= memoryNanos;
    }

    boolean isHeard(int pid, long nowNanos) {
        Long last = heard.get(pid);
        return last != null && nowNanos - last < memoryNanos;
    }

    /** Whether any was heard lately. */
    boolean areAny(long nowNanos) {
        heard.values().removeIf(last -> nowNanos - last >= memoryNanos);
        return !heard.isEmpty();
    }

    boolean isEmpty() {
        return heard.isEmpty();
    }

    void clear() {
        heard.clear();
    }
}
