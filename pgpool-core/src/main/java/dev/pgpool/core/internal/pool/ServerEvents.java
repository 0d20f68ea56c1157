package dev.pgpool.core.internal.pool;

import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.figures.CloseCounts;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells the host, the flight recorder and the fleet what becomes of a pool's servers, walsenders among them. Thread-safe. */
final class ServerEvents {
    private final PoolKey key;
    private final PgPoolListener listener;
    private final @Nullable FleetCap fleet;
    private final CloseCounts closes = new CloseCounts();

    ServerEvents(PoolKey key, PgPoolListener listener, @Nullable FleetCap fleet) {
        this.key = key;
        this.fleet = fleet;
        this.listener = listener;
    }

    void connected(ServerConnection server, long tookNanos) {
        if (fleet != null) {
            fleet.ready(server.processId());
        }
        FlightEvents.serverConnect(key, tookNanos);
        listener.onServerConnected(key, Duration.ofNanos(tookNanos));
        listener.onServerReady(ServerView.of(server, key, ServerInfo.State.NEW));
    }

    void connectFailed(ErrorFields error) {
        FlightEvents.serverConnectFailed(key, error.sqlState(), error.message());
        listener.onServerConnectFailed(key, error.sqlState(), error.message());
    }

    void gone(ServerConnection server, CloseReason reason) {
        if (fleet != null) {
            fleet.gone(server.processId());
        }
        closes.count(reason);
        FlightEvents.serverClose(key, reason);
        listener.onServerClosed(key, reason);
        ErrorFields last = server.lastError();
        listener.onServerEnded(
                ServerView.of(server, key, ServerInfo.State.NEW),
                reason,
                last == null ? Optional.empty() : Optional.of(last.message()));
    }

    /** How many servers have ended, by reason. */
    CloseCounts closes() {
        return closes;
    }
}
