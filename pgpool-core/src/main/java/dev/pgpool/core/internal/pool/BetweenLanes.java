package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.stats.CloseReason;

/**
 * Where a server belongs that is on its way from one lane to another, or makes way for a walsender. It may die there: the lane
 * that receives it, or has given it up, finds out.
 */
enum BetweenLanes implements ServerHome {
    INSTANCE;

    @Override
    public void onReleased(ServerConnection server) {
        throw new IllegalStateException("released while it moves");
    }

    @Override
    public void onGone(ServerConnection server, CloseReason reason) {
        // see ServerLane.receive
    }
}
