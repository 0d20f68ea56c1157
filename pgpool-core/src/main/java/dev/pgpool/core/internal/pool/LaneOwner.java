package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerAge;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * What lanes need of their pool: servers made, moved and judged. All calls come on the event loop of the lane that
 * calls.
 *
 * @param <S> the kind of server
 */
public interface LaneOwner<S> {
    /** Begins to make a server on the lane's loop; ends in exactly one {@code connected} or {@code connectFailed}. */
    void connect(PoolLane<S> lane);

    /** How old a server is. */
    ServerAge age(S server);

    /**
     * Begins to check a server that was idle for long; ends in exactly one {@code checked} or {@code gone} of the lane.
     */
    void check(S server, PoolLane<S> lane);

    /** Closes a server that is idle; the lane hears {@code gone} before this returns. */
    void retire(S server, CloseReason reason);

    /** Servers that the pool wants to keep now, even if no client uses them. */
    int minimum();

    /** Servers of this lane that clients keep beyond their transactions, because of session state. */
    default int pinned() {
        return 0;
    }

    /** Whether an idle server can still be used. */
    boolean isUsable(S server);

    /**
     * Moves an idle server to the loop of another lane; ends in exactly one {@code arrived} or {@code lost} of that lane,
     * on its loop.
     */
    void move(S server, PoolLane<S> to);

    /**
     * What to tell a client that has waited for this long instead of letting it wait on, because no server can be had;
     * null if it may wait.
     */
    @Nullable
    ErrorFields refusal(long nowNanos, long waitedNanos);

    /** Why the last connect has failed, for the words of a wait that was too long; null if it has not. */
    default @Nullable ErrorFields lastFailure() {
        return null;
    }

    /**
     * A client begins to wait, and its lane gives servers away.
     *
     * @param lastNanos when it began to wait the last time; 0 if it never did
     */
    default void onWaiting(long nowNanos, long lastNanos) {}

    /** A waiter got its server after this time. */
    void onWaited(long nanos);
}
