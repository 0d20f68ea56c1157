package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;

/**
 * Phase: the client has cancelled a query that still waits for a server. The client is told so at once, as if the query ran:
 * its message fails, and the messages behind it up to the next Sync are skipped, as a server does it. Then the client goes on.
 *
 * <pre>
 *   QueryPhase, waiting ──cancel request──> CancelledWait ──ReadyForQuery──> QueryPhase
 * </pre>
 */
final class CancelledWait implements ClientPhase {
    private static final ErrorFields CANCELLED =
            new ErrorFields("ERROR", "57014", "canceling statement due to user request", null, null);
    /** The function of PostgreSQL that reports it. */
    private static final String ROUTINE = "ProcessInterrupts";

    /** The rest of the batch is skipped, up to its Sync. */
    private boolean skipping;

    @Override
    public void onMessages(ClientSession session, MessageCursor in) {
        while (in.next()) {
            byte type = in.type();
            switch (type) {
                case FrontendType.QUERY, FrontendType.FUNCTION_CALL -> {
                    if (!skipping) {
                        if (type == FrontendType.QUERY) {
                            dropUnnamed(session);
                        }
                        fail(session);
                        in.skip();
                        over(session, in);
                        return;
                    }
                }
                case FrontendType.SYNC -> {
                    in.skip();
                    over(session, in);
                    return;
                }
                case FrontendType.PARSE,
                        FrontendType.BIND,
                        FrontendType.EXECUTE,
                        FrontendType.DESCRIBE,
                        FrontendType.CLOSE -> {
                    if (!skipping) {
                        skipping = true;
                        if (type == FrontendType.PARSE) {
                            dropUnnamedIfReplaced(session, in);
                        }
                        fail(session);
                    }
                }
                case FrontendType.FLUSH, FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {
                    // of no effect here
                }
                case FrontendType.TERMINATE -> {
                    session.close(CloseReason.CLIENT_CLOSED, false);
                    return;
                }
                default ->
                    throw new WireViolation(
                            PoolerError.CLIENT_PROTOCOL_VIOLATION, "invalid frontend message type " + (type & 0xff));
            }
            in.skip();
        }
    }

    private static void fail(ClientSession session) {
        BackendWriter.errorResponse(session.out().space(), CANCELLED, ROUTINE);
        session.out().flush();
    }

    /** The client goes on with the messages behind the failed one. */
    private static void over(ClientSession session, MessageCursor in) {
        BackendWriter.readyForQuery(session.out().space(), TransactionStatus.IDLE);
        session.out().flush();
        session.enter(QueryPhase.INSTANCE);
        QueryPhase.INSTANCE.onMessages(session, in);
    }

    /** A simple Query makes the unnamed statement go away, whatever becomes of it. */
    private static void dropUnnamed(ClientSession session) {
        ClientStatements known = session.linked().knownStatements();
        if (known != null) {
            known.dropUnnamed();
        }
    }

    /** So does a Parse of another unnamed statement. */
    private static void dropUnnamedIfReplaced(ClientSession session, MessageCursor in) {
        if (in.arrivedEnd() == in.bodyIndex() || in.buffer().getByte(in.bodyIndex()) == 0) {
            dropUnnamed(session);
        }
    }

    @Override
    public void onServer(ClientSession session, ServerConnection server) {
        throw new IllegalStateException("does not wait for a server");
    }

    @Override
    public void onNoServer(ClientSession session, ErrorFields error) {
        throw new IllegalStateException("does not wait for a server");
    }
}
