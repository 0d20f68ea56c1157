package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.stats.CloseReason;
import java.util.function.Consumer;

/** Gives a real lane servers that the test has made, where the lane would have connected. */
public final class LaneAccess {

    private LaneAccess() {}

    /** A connect that the lane began ends with this server, which is logged in. */
    public static void connected(ServerPool pool, ServerLane lane, ServerConnection server) {
        pool.serverConnected(server, 1);
        lane.queue().connected(server);
    }

    public static int idleCount(ServerLane lane) {
        return lane.queue().idleCount();
    }

    public static int waitingCount(ServerLane lane) {
        return lane.queue().waitingCount();
    }

    /** As the lane itself is for servers that it has connected. */
    public static ServerHome home(ServerLane lane, Consumer<CloseReason> closed) {
        return new ServerHome() {
            @Override
            public void onReleased(ServerConnection server) {
                lane.onReleased(server);
            }

            @Override
            public void onGone(ServerConnection server, CloseReason reason) {
                closed.accept(reason);
                lane.queue().gone(server);
            }
        };
    }
}
