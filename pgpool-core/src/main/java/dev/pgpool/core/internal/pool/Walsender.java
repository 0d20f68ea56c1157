package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import java.util.List;

/**
 * The server connection that a replication client wants.
 *
 * @param waiter the client, while it waits
 * @param startup the client's own start-up parameters; user and database are the pool's
 * @param outcome gets the walsender, or hears why there is none
 */
public record Walsender(Waiter<ServerConnection> waiter, List<Setting> startup, Outcome outcome) {
    /** What becomes of the walsender. */
    public interface Outcome extends ServerConnector.Outcome {
        /** Whether the client is still there. */
        boolean isWanted();
    }

    public Walsender {
        startup = List.copyOf(startup);
    }

    boolean isWanted() {
        return outcome.isWanted();
    }
}
