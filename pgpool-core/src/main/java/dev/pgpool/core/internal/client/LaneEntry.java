package dev.pgpool.core.internal.client;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.transport.ChannelMove;
import io.netty.buffer.Unpooled;

/** A client's way into its pool: to the event loop of a lane, if that is another one. */
final class LaneEntry {
    private LaneEntry() {}

    /** Authenticated; {@code arrived} runs on the lane's event loop, unless the client is gone by then. */
    static void enter(ClientSession session, ServerPool pool, Runnable arrived) {
        ServerLane lane = pool.laneFor(session.channel().eventLoop());
        session.enterPool(pool, lane);
        if (lane.eventLoop() == session.channel().eventLoop()) {
            arrived.run();
        } else {
            move(session, lane, arrived);
        }
    }

    /** At rest as a move wants it: everything written is sent, and the client has nothing to say before our answer. */
    private static void move(ClientSession session, ServerLane lane, Runnable arrived) {
        session.timers().leaveLoop();
        session.out().flush();
        session.channel()
                .writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(sent -> ChannelMove.start(session.channel(), lane.eventLoop(), moved -> {
                    if (moved) {
                        session.timers().goOn(session.channel().eventLoop());
                        session.guard(arrived);
                    } else {
                        session.close(CloseReason.INTERNAL_ERROR, false);
                    }
                }));
    }
}
