package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.wire.ErrorFields;
import org.jspecify.annotations.Nullable;

/**
 * A client that may have to wait for a server. Is itself the node of the queue, so that waiting makes no garbage.
 * Confined to the event loop of its lane.
 *
 * @param <S> what is waited for
 */
public abstract class Waiter<S> {
    @Nullable
    Waiter<S> previous;

    @Nullable
    Waiter<S> next;

    boolean waiting;
    long waitingSinceNanos;

    /** A server is there; it belongs to this waiter from now on. */
    protected abstract void onServer(S server);

    /** No server can be had. */
    protected abstract void onNoServer(ErrorFields error);

    /** It has waited for as long as a client may; by default as if there were no server. */
    protected void onWaitTimeout(ErrorFields error) {
        onNoServer(error);
    }

    /** It has waited for long and goes on waiting. */
    protected void onLongWait() {}

    /** A server is being made for it beyond the size of its pool. */
    protected void onReserveUsed() {}

    /** Since when it is in a lane's queue, by {@link System#nanoTime}; only while it is. */
    public final long waitingSinceNanos() {
        return waitingSinceNanos;
    }

    /** Whether this is in a lane's queue. */
    public final boolean isWaiting() {
        return waiting;
    }
}
