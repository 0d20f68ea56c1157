package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what a host's listener throws away from the pooler, which is in the middle of something: errors, and the checked exceptions
 * of languages that check none, among it.
 */
final class GuardedListener implements PgPoolListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(GuardedListener.class);

    private final PgPoolListener listener;

    GuardedListener(PgPoolListener listener) {
        this.listener = listener;
    }

    @Override
    public void onClientConnected(PoolKey pool, Duration took) {
        guard(() -> listener.onClientConnected(pool, took));
    }

    @Override
    public void onClientClosed(PoolKey pool, CloseReason reason) {
        guard(() -> listener.onClientClosed(pool, reason));
    }

    @Override
    public void onServerConnected(PoolKey pool, Duration took) {
        guard(() -> listener.onServerConnected(pool, took));
    }

    @Override
    public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
        guard(() -> listener.onServerConnectFailed(pool, sqlState, message));
    }

    @Override
    public void onServerClosed(PoolKey pool, CloseReason reason) {
        guard(() -> listener.onServerClosed(pool, reason));
    }

    @Override
    public void onWaited(PoolKey pool, Duration waited) {
        guard(() -> listener.onWaited(pool, waited));
    }

    @Override
    public void onPinned(PoolKey pool, SessionState reason) {
        guard(() -> listener.onPinned(pool, reason));
    }

    @Override
    public void onLogin(ClientInfo client) {
        guard(() -> listener.onLogin(client));
    }

    @Override
    public void onUnknownUser(ClientInfo client) {
        guard(() -> listener.onUnknownUser(client));
    }

    @Override
    public void onReserveUsed(ClientInfo client) {
        guard(() -> listener.onReserveUsed(client));
    }

    @Override
    public void onQueryTimeout(ClientInfo client) {
        guard(() -> listener.onQueryTimeout(client));
    }

    @Override
    public void onFallbackUsed(String database) {
        guard(() -> listener.onFallbackUsed(database));
    }

    @Override
    public void onClientEnded(ClientInfo client, CloseReason reason, Optional<String> words) {
        guard(() -> listener.onClientEnded(client, reason, words));
    }

    @Override
    public void onServerReached(ServerInfo server) {
        guard(() -> listener.onServerReached(server));
    }

    @Override
    public void onServerAttemptFailed(ServerInfo server, ConnectFailure failure, String sqlState, String words) {
        guard(() -> listener.onServerAttemptFailed(server, failure, sqlState, words));
    }

    @Override
    public void onServerReady(ServerInfo server) {
        guard(() -> listener.onServerReady(server));
    }

    @Override
    public void onServerEnded(ServerInfo server, CloseReason reason, Optional<String> words) {
        guard(() -> listener.onServerEnded(server, reason, words));
    }

    private static void guard(Runnable call) {
        try {
            call.run();
        } catch (Throwable e) {
            LOGGER.atWarn().setCause(e).log("listener failed");
        }
    }
}
