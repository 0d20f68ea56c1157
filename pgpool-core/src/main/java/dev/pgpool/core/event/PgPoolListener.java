package dev.pgpool.core.event;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;

/**
 * Hears what happens in a pooler. Methods are called on the event loops: they must not block and must not throw. All
 * have empty defaults.
 */
public interface PgPoolListener {
    /** Hears nothing. */
    PgPoolListener NONE = new PgPoolListener() {};

    /**
     * A client logged in.
     *
     * @param took since it connected
     */
    default void onClientConnected(PoolKey pool, Duration took) {}

    /** A client that had logged in is gone. */
    default void onClientClosed(PoolKey pool, CloseReason reason) {}

    /** A server connection is ready for queries. */
    default void onServerConnected(PoolKey pool, Duration took) {}

    /** A server connection could not be made. */
    default void onServerConnectFailed(PoolKey pool, String sqlState, String message) {}

    /** A server connection is gone. */
    default void onServerClosed(PoolKey pool, CloseReason reason) {}

    /** A client keeps its server beyond its transaction, because it has made this kind of session state there. */
    default void onPinned(PoolKey pool, SessionState reason) {}

    /** A client had to wait for a server and got one. */
    default void onWaited(PoolKey pool, Duration waited) {}
}
