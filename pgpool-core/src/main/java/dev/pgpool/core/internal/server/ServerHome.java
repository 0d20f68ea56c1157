package dev.pgpool.core.internal.server;

import dev.pgpool.core.stats.CloseReason;

/** Where a server belongs when no client uses it: its lane. Called on the event loop of the server. */
public interface ServerHome {
    /** The server is clean, idle and free. */
    void onReleased(ServerConnection server);

    /** The server is gone; called once, whatever it was doing. */
    void onGone(ServerConnection server, CloseReason reason);
}
