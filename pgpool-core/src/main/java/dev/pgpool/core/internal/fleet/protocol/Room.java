package dev.pgpool.core.internal.fleet.protocol;

import dev.pgpool.core.internal.fleet.protocol.FleetView.Peer;
import dev.pgpool.core.internal.fleet.protocol.Shares.Claim;
import java.util.ArrayList;
import java.util.List;

/** What a fleet leaves to one of its members: what its share would be, if it wanted all that there is and the others what they do. */
public final class Room {
    private Room() {}

    /**
     * Servers that the asking member could have.
     *
     * @param servers that there may be: the bound, less sessions that no member answers for
     */
    public static int of(FleetView view, int weight, int servers) {
        List<Claim> claims = new ArrayList<>();
        Claim mine = new Claim(view.self(), weight, 0, Math.max(0, servers), 0);
        claims.add(mine);
        for (Peer peer : view.members()) {
            if (peer.pid() != view.self()) {
                claims.add(new Claim(
                        peer.pid(), peer.state().weight(), 1, peer.state().demand(), 0));
            }
        }
        Shares.divide(claims, servers);
        return mine.share;
    }
}
