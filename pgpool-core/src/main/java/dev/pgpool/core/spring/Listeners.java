package dev.pgpool.core.spring;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several listeners; what one throws does not keep the others from hearing. */
final class Listeners implements PgPoolListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(Listeners.class);

    private final List<PgPoolListener> all;

    Listeners(List<PgPoolListener> all) {
        this.all = List.copyOf(all);
    }

    private void tell(Consumer<PgPoolListener> event) {
        for (PgPoolListener listener : all) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOGGER.atWarn()
                        .setCause(e)
                        .addKeyValue("listener", listener.getClass().getName())
                        .log("listener {} failed", listener.getClass().getName());
            }
        }
    }

    @Override
    public void onClientConnected(PoolKey pool, Duration took) {
        tell(listener -> listener.onClientConnected(pool, took));
    }

    @Override
    public void onClientClosed(PoolKey pool, CloseReason reason) {
        tell(listener -> listener.onClientClosed(pool, reason));
    }

    @Override
    public void onServerConnected(PoolKey pool, Duration took) {
        tell(listener -> listener.onServerConnected(pool, took));
    }

    @Override
    public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
        tell(listener -> listener.onServerConnectFailed(pool, sqlState, message));
    }

    @Override
    public void onServerClosed(PoolKey pool, CloseReason reason) {
        tell(listener -> listener.onServerClosed(pool, reason));
    }

    @Override
    public void onPinned(PoolKey pool, SessionState reason) {
        tell(listener -> listener.onPinned(pool, reason));
    }

    @Override
    public void onWaited(PoolKey pool, Duration waited) {
        tell(listener -> listener.onWaited(pool, waited));
    }

    @Override
    public void onLogin(ClientInfo client) {
        tell(listener -> listener.onLogin(client));
    }

    @Override
    public void onUnknownUser(ClientInfo client) {
        tell(listener -> listener.onUnknownUser(client));
    }

    @Override
    public void onReserveUsed(ClientInfo client) {
        tell(listener -> listener.onReserveUsed(client));
    }

    @Override
    public void onQueryTimeout(ClientInfo client) {
        tell(listener -> listener.onQueryTimeout(client));
    }

    @Override
    public void onFallbackUsed(String database) {
        tell(listener -> listener.onFallbackUsed(database));
    }

    @Override
    public void onClientEnded(ClientInfo client, CloseReason reason, Optional<String> words) {
        tell(listener -> listener.onClientEnded(client, reason, words));
    }

    @Override
    public void onServerReached(ServerInfo server) {
        tell(listener -> listener.onServerReached(server));
    }

    @Override
    public void onServerAttemptFailed(ServerInfo server, ConnectFailure failure, String sqlState, String words) {
        tell(listener -> listener.onServerAttemptFailed(server, failure, sqlState, words));
    }

    @Override
    public void onServerReady(ServerInfo server) {
        tell(listener -> listener.onServerReady(server));
    }

    @Override
    public void onServerEnded(ServerInfo server, CloseReason reason, Optional<String> words) {
        tell(listener -> listener.onServerEnded(server, reason, words));
    }
}
