package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.sql.GlobalDdl;
import org.jspecify.annotations.Nullable;

/**
 * What the open transaction does to roles and databases, which all pools of a PostgreSQL share: nothing, as nearly always, or
 * something that the lane is told of when it begins and when it ends.
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class GlobalChange {
    private ServerLane lane;
    /** Null if there is none. */
    private @Nullable GlobalDdl change;

    GlobalChange(ServerLane lane) {
        this.lane = lane;
    }

    /** A new client begins. */
    void begin(ServerLane newLane) {
        lane = newLane;
    }

    /** A statement of the client goes to the server that changes roles or databases. */
    void onStatement(GlobalDdl ddl) {
        change = ddl.and(change);
        lane.globalChangeBegins(ddl);
    }

    /** Whether nothing is known to be changed. */
    boolean isNone() {
        return change == null;
    }

    /** The server has obeyed a command for roles or databases whose text was not read. */
    void onUnread() {
        change = GlobalDdl.UNKNOWN;
    }

    /** The transaction has ended, or it is not known how it ended. */
    void onEnd() {
        GlobalDdl ddl = change;
        if (ddl != null) {
            change = null;
            lane.globalChangeEnded(ddl);
        }
    }
}
