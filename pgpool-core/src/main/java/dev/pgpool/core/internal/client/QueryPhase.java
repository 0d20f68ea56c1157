package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;

/**
 * Phase: logged in. Without a server until the client says something that needs one; then the link does the rest.
 *
 * <pre>
 *   free ──message──> linked ──transaction over──> free
 *     └─────> waiting ──────^
 * </pre>
 *
 * <p>Has no state of its own: whether a session waits or is linked, the session knows.
 */
final class QueryPhase implements ClientPhase {
    static final QueryPhase INSTANCE = new QueryPhase();

    private QueryPhase() {}

    @Override
    public void onMessages(ClientSession session, MessageCursor in) {
        Link link = session.link();
        if (link == null) {
            if (session.isWaiting() || !wantsServer(session, in)) {
                return;
            }
            ServerConnection server = session.lane().acquire(session);
            if (server == null) {
                return;
            }
            link = session.linked().begin(server);
        }
        link.relay(in);
    }

    /**
     * Deals with messages that need no server; true if the current one does. Half a message keeps no server waiting for
     * the rest, unless it is too long to be kept here.
     */
    private static boolean wantsServer(ClientSession session, MessageCursor in) {
        while (in.next()) {
            switch (in.type()) {
                case FrontendType.QUERY -> {
                    session.linked().requireSimpleQueries();
                    return in.isComplete() || in.bodyLength() > ClientConnection.HELD_LIMIT;
                }
                case FrontendType.PARSE,
                        FrontendType.BIND,
                        FrontendType.EXECUTE,
                        FrontendType.DESCRIBE,
                        FrontendType.CLOSE,
                        FrontendType.SYNC,
                        FrontendType.FUNCTION_CALL -> {
                    return in.isComplete() || in.bodyLength() > ClientConnection.HELD_LIMIT;
                }
                case FrontendType.FLUSH, FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL ->
                    in.skip(); // the rest of a COPY that has failed
                case FrontendType.TERMINATE -> {
                    session.close(CloseReason.CLIENT_CLOSED, false);
                    return false;
                }
                default ->
                    throw new WireViolation(
                            PoolerError.CLIENT_PROTOCOL_VIOLATION,
                            "invalid frontend message type " + (in.type() & 0xff));
            }
        }
        return false;
    }

    @Override
    public void onServer(ClientSession session, ServerConnection server) {
        Link link = session.linked().begin(server);
        session.readable(true);
        session.resume();
        link.flushToServer();
    }

    @Override
    public void onCancel(ClientSession session, Runnable dealtWith) {
        if (session.isWaiting()) {
            session.lane().giveUp(session);
            session.enter(new CancelledWait());
            session.readable(true);
            session.resume();
        }
        dealtWith.run();
    }

    @Override
    public void onNoServer(ClientSession session, ErrorFields error) {
        session.fail(error, session.lane().whyNone());
    }

    @Override
    public void onWaitTimeout(ClientSession session, ErrorFields error) {
        session.fail(error, CloseReason.QUERY_WAIT_TIMEOUT);
    }

    @Override
    public void onLongWait(ClientSession session) {
        BackendWriter.noticeResponse(session.out().space(), PoolerError.WAITING_FOR_SERVER.plain());
        session.out().flush();
    }
}
