package dev.pgpool.core.internal.fleet.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member asks PostgreSQL to do, in this order, before it looks at the fleet.
 *
 * @param say what it tells the others of itself; null if they know
 * @param forget process ids of servers that are gone
 * @param give slots that it gives back
 * @param take how many free slots it takes, at most
 * @param register process ids of its servers
 * @param call what all members are told at once
 * @param state what the member has said of itself, which goes with the call
 */
public record FleetStep(
        @Nullable PeerState say,
        List<Integer> forget,
        List<Integer> give,
        int take,
        List<Integer> register,
        @Nullable Call call,
        PeerState state) {
    /** What members hear of each other without looking. */
    public enum Call {
        /** A member is here and has no slot yet. */
        HELLO,
        /** The clients of a member need more servers than it has slots for. */
        HUNGRY,
        /** There may be free slots. */
        FREE
    }

    public FleetStep {
        forget = List.copyOf(forget);
        give = List.copyOf(give);
        register = List.copyOf(register);
    }
}
