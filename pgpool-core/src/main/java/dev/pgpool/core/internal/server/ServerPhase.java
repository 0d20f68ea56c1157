package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * What listens to a server at the moment: login, idleness, settings, or a link.
 *
 * <pre>
 *   ServerLogin ──ReadyForQuery──> IdleServer ──taken──> [ServerQuery] ──> Link ──given back──> IdleServer
 * </pre>
 */
public interface ServerPhase {
    /** Messages have arrived: walk them. A phase that hands over to another one returns, and that one goes on. */
    void onMessages(MessageCursor in);

    /** Nothing more to read for now: flush what was written. */
    default void onReadComplete() {}

    /** The server takes data again after it was asked to take no more. */
    default void onWritable() {}

    /**
     * A few times a second, if the pool has deadlines for what servers do.
     *
     * @param nowNanos {@link System#nanoTime()}
     */
    default void onTick(long nowNanos) {}

    /** When a client asked for something last, by {@link System#nanoTime}; 0 if none has, or it is not known. */
    default long requestedNanos() {
        return 0;
    }

    /** Whether no client has the server, nor the pooler on behalf of one. */
    default boolean isIdle() {
        return false;
    }

    /** When the transaction has begun that is open, by {@link System#nanoTime}; 0 if none is, or it is not known. */
    default long transactionNanos() {
        return 0;
    }

    /** Whether a transaction is open and the server waits for its client to go on. */
    default boolean isClientsTurn() {
        return false;
    }

    /** The {@code id} of the client that has the server; 0 if none has. */
    default int clientId() {
        return 0;
    }

    /**
     * The connection is gone.
     *
     * @param lastError the last ErrorResponse of severity FATAL, if the server said why
     */
    void onClosed(CloseReason reason, @Nullable ErrorFields lastError);
}
