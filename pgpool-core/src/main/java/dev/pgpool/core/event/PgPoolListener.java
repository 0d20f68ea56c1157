package dev.pgpool.core.event;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Duration;
import java.util.Optional;

/**
 * Hears what happens in a pooler. Methods are called on the event loops: they must not block and must not throw. What waits
 * for the pooler, as its figures, {@code reload} and {@code drain} do, fails there with an {@link IllegalStateException}. All
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

    // ---- connections one by one, as logs tell of them

    /** A client has said who it is and begins to log in, to the console as well. */
    default void onLogin(ClientInfo client) {}

    /** A client says that it is a user whom neither the credential store nor the auth query knows. */
    default void onUnknownUser(ClientInfo client) {}

    /** A server is made for a client beyond the size of its pool, since it has waited so long. */
    default void onReserveUsed(ClientInfo client) {}

    /** A query of the client took too long and was cancelled; the client was told and stays. */
    default void onQueryTimeout(ClientInfo client) {}

    /** A database is used that no entry but the fallback's serves; again, after its pools were dropped. */
    default void onFallbackUsed(String database) {}

    /**
     * A client's connection ended, whether it had logged in or not; cancel requests are left out.
     *
     * @param words what the client was told, in PgBouncer's words where it has some; empty if it was told nothing
     */
    default void onClientEnded(ClientInfo client, CloseReason reason, Optional<String> words) {}

    /**
     * A connection to a server was made, and its login begins; {@link #onServerReady} or {@link #onServerAttemptFailed}
     * follows. Those of auth queries, and of a start that looks for its databases, are told of, too.
     */
    default void onServerReached(ServerInfo server) {}

    /**
     * An attempt to get a server connection failed; another one, to another address, may follow at once.
     *
     * @param server whose remote address has no numbers if the name could not be looked up
     * @param sqlState the server's, where it has said one
     * @param words what it said, or what is wrong, in PgBouncer's words where it has some
     */
    default void onServerAttemptFailed(ServerInfo server, ConnectFailure failure, String sqlState, String words) {}

    /** A server connection is ready for queries. */
    default void onServerReady(ServerInfo server) {}

    /**
     * A server connection that was ready ended.
     *
     * @param words the server's last words; empty if it said none
     */
    default void onServerEnded(ServerInfo server, CloseReason reason, Optional<String> words) {}
}
