package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import java.util.Map;

/**
 * The server connection that a replication client wants.
 *
 * @param waiter who waits
 * @param startup the client's own start-up parameters; user and database are the pool's
 * @param outcome gets the walsender, or hears why there is none
 */
public record Walsender(Waiter<ServerConnection> waiter, Map<String, String> startup, ServerConnector.Outcome outcome) {
    public Walsender {
        startup = Map.copyOf(startup);
    }
}
