package dev.pgpool.core.internal.server;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import org.jspecify.annotations.Nullable;

/**
 * Phase: a server that nobody uses yet runs a simple Query of ours. Whatever it answers is read to its end; COPY is
 * refused.
 */
final class ServerQuery implements ServerPhase {
    /**
     * What came of it.
     *
     * @param value first column of the first row; null if there is none
     * @param error the last error; null if it went well
     * @param status as the ReadyForQuery says
     */
    record Result(@Nullable String value, @Nullable ErrorFields error, TransactionStatus status) {}

    /** How it ends; exactly one of the two is called, once. */
    interface Outcome {
        void onDone(Result result);

        void onClosed(@Nullable ErrorFields lastError);
    }

    private final ServerConnection server;
    private final Outcome outcome;
    private @Nullable String value;
    private @Nullable ErrorFields error;
    private boolean rowSeen;
    private boolean over;

    private ServerQuery(ServerConnection server, Outcome outcome) {
        this.server = server;
        this.outcome = outcome;
    }

    /** Writes the query, to be flushed at the end of the read that led here, and listens for its end. */
    static void send(ServerConnection server, String sql, Outcome outcome) {
        FrontendWriter.query(server.out().space(), sql);
        server.enter(new ServerQuery(server, outcome));
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            switch (in.type()) {
                case BackendType.PARAMETER_STATUS -> {
                    in.requireSmall();
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onParameterStatus(in);
                }
                case BackendType.ERROR_RESPONSE -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    error = server.onErrorResponse(in);
                }
                case BackendType.DATA_ROW -> {
                    if (!rowSeen && in.bodyLength() <= MessageCursor.SMALL_MESSAGE_LIMIT) {
                        if (!in.isComplete()) {
                            return;
                        }
                        value = firstColumn(in);
                    }
                    rowSeen = true;
                }
                case BackendType.COPY_IN_RESPONSE, BackendType.COPY_BOTH_RESPONSE ->
                    FrontendWriter.copyFail(server.out().space(), "COPY is not possible here");
                case BackendType.READY_FOR_QUERY -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    TransactionStatus status = TransactionStatus.of(in);
                    in.skip();
                    over = true;
                    outcome.onDone(new Result(value, error, status));
                    return;
                }
                default -> {
                    // rows beyond the first, tags, notices: for nobody
                }
            }
            in.skip();
        }
    }

    private static @Nullable String firstColumn(MessageCursor in) {
        if (in.bodyLength() < 2) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed DataRow");
        }
        if (in.buffer().getShort(in.bodyIndex()) < 1 || in.bodyLength() < 6) {
            return null;
        }
        int length = in.buffer().getInt(in.bodyIndex() + 2);
        int start = in.bodyIndex() + 6;
        if (length > in.bodyEnd() - start) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed DataRow");
        }
        return length < 0 ? null : MessageReader.text(in.buffer(), start, start + length);
    }

    @Override
    public void onReadComplete() {
        server.out().flush();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        if (!over) {
            over = true;
            outcome.onClosed(lastError);
        }
    }
}
