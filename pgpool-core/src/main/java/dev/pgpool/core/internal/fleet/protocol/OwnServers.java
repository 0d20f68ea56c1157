package dev.pgpool.core.internal.fleet.protocol;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The servers of one member by their process ids: those that it answers for, and those that have ended for it alone. */
final class OwnServers {
    private final Set<Integer> alive = new LinkedHashSet<>();
    private final Set<Integer> registered = new LinkedHashSet<>();
    /** Closed by us; PostgreSQL may still have them. */
    private final Set<Integer> ending = new LinkedHashSet<>();
    /** When connects have failed, before a process id was known. */
    private final ArrayDeque<Long> failed = new ArrayDeque<>();

    void ready(int pid) {
        alive.add(pid);
    }

    void gone(int pid) {
        alive.remove(pid);
        ending.add(pid);
    }

    void failed(long nowNanos) {
        failed.add(nowNanos);
    }

    /** The network was held up until now: what has failed meanwhile may come to PostgreSQL only now. */
    void heldUpUntil(long nowNanos) {
        int count = failed.size();
        failed.clear();
        for (int i = 0; i < count; i++) {
            failed.add(nowNanos);
        }
    }

    /** The control session has ended, and all registrations with it. */
    void lost() {
        registered.clear();
    }

    int registered() {
        return registered.size();
    }

    int alive() {
        return alive.size();
    }

    /** Servers that have ended, of which PostgreSQL has not said so. */
    int ending() {
        return ending.size() + failed.size();
    }

    /** Servers that failed before they were ready, and may still be there. */
    int failed() {
        return failed.size();
    }

    /** When something can be learned of those that have failed. */
    long oldestFailure() {
        Long oldest = failed.peek();
        return oldest == null ? Long.MAX_VALUE : oldest;
    }

    boolean awaitsEnds() {
        return !ending.isEmpty();
    }

    /** Those that no session answers for yet, no more than so many. */
    List<Integer> toRegister(int most) {
        List<Integer> pids = new ArrayList<>();
        for (int pid : alive) {
            if (pids.size() < most && !registered.contains(pid)) {
                pids.add(pid);
            }
        }
        return pids;
    }

    void registered(Collection<Integer> pids) {
        registered.addAll(pids);
    }

    void forgotten(Collection<Integer> pids) {
        registered.removeAll(pids);
    }

    /** Registrations of servers that are gone for PostgreSQL too. */
    List<Integer> toForget() {
        return registered.stream()
                .filter(pid -> !alive.contains(pid) && !ending.contains(pid))
                .toList();
    }

    /** Returns how many have ended, now that only these exist. */
    int endedUnless(Set<Integer> present) {
        int before = ending.size();
        ending.removeIf(pid -> !present.contains(pid));
        return before - ending.size();
    }

    /** Returns how many of those that failed until then can't be there any more. */
    int failuresUntil(long nanos) {
        int ended = 0;
        Iterator<Long> oldest = failed.iterator();
        while (oldest.hasNext() && oldest.next() - nanos <= 0) {
            oldest.remove();
            ended++;
        }
        return ended;
    }
}
