package dev.pgpool.core.internal.fleet.protocol;

import dev.pgpool.core.internal.fleet.protocol.FleetView.Peer;
import dev.pgpool.core.internal.fleet.protocol.Shares.Claim;
import java.util.ArrayList;
import java.util.List;

/** How one member divides the servers of its fleet, by what it has seen and what it has heard since. */
final class Division {
    private final int bound;
    private final int weight;
    private final Callers callers;
    private final Strangers strangers;

    Division(int bound, int weight, Callers callers, Strangers strangers) {
        this.bound = bound;
        this.weight = weight;
        this.callers = callers;
        this.strangers = strangers;
    }

    /** The claims of all members with their shares, its own first. */
    List<Claim> of(FleetView known, int demand, int ticket, int slots, long nowNanos) {
        List<Claim> claims = new ArrayList<>();
        claims.add(new Claim(known.self(), weight, ticket, demand, slots));
        for (Peer peer : known.members()) {
            if (peer.pid() != known.self()) {
                PeerState state = callers.stateOf(peer);
                claims.add(new Claim(
                        peer.pid(), state.weight(), state.ticket(), callers.demandOf(peer, nowNanos), peer.slots()));
            }
        }
        Shares.divide(claims, bound - strangers.settled(nowNanos));
        return claims;
    }

    /** Servers that are this member's whatever the others want. */
    int assured(FleetView known, int demand) {
        long weights = known.members().stream()
                .mapToLong(peer -> peer.state().weight())
                .sum();
        long least = (long) Math.max(0, bound - strangers.known()) * weight / Math.max(weight, weights);
        return (int) Math.min(demand, least);
    }

    /** Whether there are servers enough for each member to keep one that its clients do not use at the moment. */
    boolean isRoomy(FleetView known) {
        return 2 * known.members().size() <= bound;
    }
}
