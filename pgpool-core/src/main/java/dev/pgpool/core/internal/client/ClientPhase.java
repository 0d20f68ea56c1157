package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;

/**
 * What a client is doing.
 *
 * <pre>
 *   StartupPhase ──StartupMessage──> LoginPhase ──authenticated, settings valid──> QueryPhase
 *        │                             └──replication──> ReplicationPhase
 *        └──CancelRequest──> CancelPhase ──dealt with──> closed
 * </pre>
 */
interface ClientPhase {
    /** Bytes have arrived; they belong to the callee. Those of most phases are messages. */
    default void onRead(ClientSession session, ByteBuf bytes) {
        session.connection().walk(bytes);
    }

    /** Messages wait in the connection's cursor, or have just arrived: walk them. */
    void onMessages(ClientSession session, MessageCursor in);

    /** A server that the session waited for is there and belongs to it. */
    void onServer(ClientSession session, ServerConnection server);

    /** No server can be had. */
    void onNoServer(ClientSession session, ErrorFields error);

    /** The client has waited for a server for as long as it may. */
    default void onWaitTimeout(ClientSession session, ErrorFields error) {
        onNoServer(session, error);
    }

    /** The session waits for a server, and has done so for long: the client is told. */
    default void onLongWait(ClientSession session) {}

    /** The session has given its server back. */
    default void onUnlinked(ClientSession session) {}

    /** The client takes data again after it was asked to take no more; only without a link. */
    default void onWritable(ClientSession session) {}

    /**
     * A cancel request for this client has come; only without a link.
     *
     * @param dealtWith to be called once, when the request has been dealt with
     */
    default void onCancel(ClientSession session, Runnable dealtWith) {
        dealtWith.run();
    }

    /** The client was to be logged in by now. */
    default void onLoginTimeout(ClientSession session) {
        PoolerError error = session.isWaiting() ? PoolerError.LOGIN_TIMEOUT_WITHOUT_SERVER : PoolerError.LOGIN_TIMEOUT;
        session.fail(error.plain(), CloseReason.CLIENT_LOGIN_TIMEOUT);
    }

    /** Whether the client is an operator at the console. */
    default boolean isConsole() {
        return false;
    }

    /** {@code logical} or {@code physical}, if the client replicates. */
    default String replication() {
        return "none";
    }

    /** Whether bytes pass unread, so that it is not known whether the client is in the middle of something. */
    default boolean isRelaying() {
        return false;
    }

    /** Whether the client has said goodbye, and what it asked for before is still on its way to it; without a link. */
    default boolean isFarewell() {
        return false;
    }

    /** The connection is over: what the phase holds must be let go. */
    default void onClosed() {}
}
