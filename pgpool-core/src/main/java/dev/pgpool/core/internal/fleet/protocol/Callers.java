package dev.pgpool.core.internal.fleet.protocol;

import dev.pgpool.core.internal.fleet.protocol.FleetView.Peer;
import java.util.HashMap;
import java.util.Map;

/**
 * Which members have called lately that their clients wait, and what they said of themselves: a member that is stopped or cut
 * off calls no more.
 */
final class Callers {
    private record Called(long nanos, PeerState state) {}

    private final Map<Integer, Called> heard = new HashMap<>();
    private final long memoryNanos;
    private long viewedNanos;

    Callers(long memoryNanos) {
        this.memoryNanos = memoryNanos;
    }

    /** Returns whether it is news that this member calls. */
    boolean heard(int pid, PeerState state, long nowNanos) {
        Called before = heard.put(pid, new Called(nowNanos, state));
        return before == null || nowNanos - before.nanos >= memoryNanos;
    }

    /** The fleet was looked at: what was said before is known from there. */
    void viewed(long nowNanos) {
        viewedNanos = nowNanos;
    }

    /** What a member has said last. */
    PeerState stateOf(Peer peer) {
        Called last = heard.get(peer.pid());
        return last == null || last.nanos - viewedNanos < 0 ? peer.state() : last.state;
    }

    /** The servers that a member may lay claim to: one that has not called lately counts with no more than it has. */
    int demandOf(Peer peer, long nowNanos) {
        int demand = stateOf(peer).demand();
        return isHeard(peer.pid(), nowNanos) ? demand : Math.min(demand, peer.slots());
    }

    private boolean isHeard(int pid, long nowNanos) {
        Called last = heard.get(pid);
        return last != null && nowNanos - last.nanos < memoryNanos;
    }

    /** Whether any was heard lately. */
    boolean areAny(long nowNanos) {
        heard.values().removeIf(last -> nowNanos - last.nanos >= memoryNanos);
        return !heard.isEmpty();
    }

    boolean isEmpty() {
        return heard.isEmpty();
    }

    void clear() {
        heard.clear();
    }
}
