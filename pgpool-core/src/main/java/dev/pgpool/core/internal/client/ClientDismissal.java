package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;

/** Orders from outside that a client leaves: whatever it is doing, or only if it is not in the middle of something. */
final class ClientDismissal {
    private final ClientSession session;

    ClientDismissal(ClientSession session) {
        this.session = session;
    }

    // ---- from any thread

    /** The pooler closes. */
    void shutdown() {
        now(PoolerError.SHUTDOWN, CloseReason.SHUTDOWN);
    }

    /** An operator wants the client gone. */
    void kill(PoolerError why) {
        now(why, CloseReason.KILLED);
    }

    private void now(PoolerError why, CloseReason reason) {
        session.connection().execute(() -> session.fail(why.plain(), reason));
    }

    /** There are too many connections, and this is the one to go; unless the client has logged in meanwhile. */
    void makeRoom() {
        session.connection().execute(() -> {
            if (!session.identity().isLoggedIn()) {
                session.fail(PoolerError.TOO_MANY_CLIENTS.plain(), CloseReason.TOO_MANY_CLIENTS);
            }
        });
    }

    // ---- on the client's event loop

    /** If the client is not in the middle of something. */
    void ifIdle(PoolerError why, CloseReason reason) {
        if (session.identity().isLoggedIn()
                && !session.isClosed()
                && !session.isAtConsole()
                && !session.phase().isRelaying()
                && session.activityWhileIdle() >= 0
                && session.connection().in().isDrained()) {
            session.fail(why.plain(), reason);
        }
    }

    /** As {@link #ifIdle}, if the client keeps a server that its pool's mode would have it give back. */
    void ifPinned(PoolerError why, CloseReason reason) {
        if (session.link() != null && session.lane().mode() != PoolMode.SESSION) {
            ifIdle(why, reason);
        }
    }

    /** As {@link #ifIdle}, if the client's pool has no place in the configuration any more. */
    void ifPoolRemoved(PoolerError why, CloseReason reason) {
        ServerPool pool = session.pool();
        if (pool != null && pool.isRemoved()) {
            ifIdle(why, reason);
        }
    }
}
