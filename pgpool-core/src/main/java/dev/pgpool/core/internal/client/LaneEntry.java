package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.stats.CloseReason;

/** A client's way into its pool: to the event loop of a lane, if the client is on a different one. */
final class LaneEntry {
    private LaneEntry() {}

    /** Authenticated; {@code arrived} runs on the lane's event loop, unless the client is gone by then. */
    static void enter(ClientSession session, ServerPool pool, Runnable arrived) {
        ServerLane lane = pool.laneFor(session.connection().eventLoop());
        session.enterPool(pool, lane);
        if (lane.eventLoop() == session.connection().eventLoop()) {
            arrived.run();
        } else {
            move(session, lane, arrived);
        }
    }

    private static void move(ClientSession session, ServerLane lane, Runnable arrived) {
        session.timers().leaveLoop();
        session.connection().moveTo(lane.eventLoop(), moved -> {
            if (moved) {
                session.timers().goOn(session.connection().eventLoop());
                session.guard(arrived);
            } else {
                session.close(CloseReason.INTERNAL_ERROR, false);
            }
        });
    }
}
