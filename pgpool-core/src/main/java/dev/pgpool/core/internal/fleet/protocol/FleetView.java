package dev.pgpool.core.internal.fleet.protocol;

import java.util.List;
import java.util.Set;

/**
 * What PostgreSQL knows of a fleet: the answer to a {@link FleetStep}. The sessions were read before the locks, and the
 * locks all at once.
 *
 * @param self the process id of the control session that has asked
 * @param members all control sessions, the one that has asked among them
 * @param slots those that the control session which has asked holds now
 * @param unregistered process ids of sessions as the fleet's servers are, which no control session answers for
 * @param present process ids of sessions that exist, and are the asking member's or no member's
 */
public record FleetView(
        int self, List<Peer> members, Set<Integer> slots, Set<Integer> unregistered, Set<Integer> present) {
    /**
     * A control session.
     *
     * @param pid its process id
     * @param slots how many it holds
     * @param state what it says of itself
     */
    public record Peer(int pid, int slots, PeerState state) {}

    public FleetView {
        members = List.copyOf(members);
        slots = Set.copyOf(slots);
        unregistered = Set.copyOf(unregistered);
        present = Set.copyOf(present);
    }

    /** Slots that any member holds. */
    public int slotsHeld() {
        return members.stream().mapToInt(Peer::slots).sum();
    }

    /** The highest ticket of any member. */
    int lastTicket() {
        return members.stream().mapToInt(peer -> peer.state().ticket()).max().orElse(0);
    }

    /** Whether a member that was there before is gone. */
    boolean lacksAnyOf(FleetView before) {
        return before.members.stream().anyMatch(old -> members.stream().noneMatch(peer -> peer.pid() == old.pid()));
    }
}
