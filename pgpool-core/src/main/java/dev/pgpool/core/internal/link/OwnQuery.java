package dev.pgpool.core.internal.link;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Phase: the server answers a simple Query of our own, which changes its settings or rolls back. It was sent ahead of
 * whatever follows, so there is no extra round trip. None of its replies reaches a client.
 */
final class OwnQuery implements ServerPhase {
    /** How it ends; exactly one call, on the server's event loop. */
    interface Outcome {
        /** @param status as the ReadyForQuery says */
        void onDone(TransactionStatus status);

        void onError(ErrorFields error, TransactionStatus status);

        void onClosed(CloseReason reason, @Nullable ErrorFields lastError);

        void onReadComplete();

        /** The server takes data again. */
        default void onWritable() {}

        /** A complete DataRow; lent. */
        default void onRow(MessageCursor row) {}

        /** What the server says unasked, a ParameterStatus or a NotificationResponse; to be ordered. */
        default void onUnasked(MessageCursor in) {
            in.skip();
        }
    }

    private final ServerConnection server;
    private final Outcome outcome;
    private @Nullable ErrorFields error;
    /** Queries that are not answered, but for the one that is being answered. */
    private int behind;

    OwnQuery(ServerConnection server, Outcome outcome) {
        this.server = server;
        this.outcome = outcome;
    }

    /** Writes the queries, one message each, and listens for the end of the last one. */
    void send(List<String> all) {
        behind = all.size() - 1;
        for (int i = 0; i < behind; i++) {
            FrontendWriter.query(server.out().space(), all.get(i));
        }
        send(all.get(behind));
    }

    /** Writes the query and listens for its end. */
    void send(String sql) {
        FrontendWriter.query(server.out().space(), sql);
        // a simple Query makes the unnamed statement go away
        server.unnamedBecame(null, 0, 0);
        server.enter(this);
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            switch (in.type()) {
                case BackendType.PARAMETER_STATUS -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onParameterStatus(in);
                    outcome.onUnasked(in);
                    continue;
                }
                case BackendType.NOTIFICATION_RESPONSE -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    outcome.onUnasked(in);
                    continue;
                }
                case BackendType.DATA_ROW -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    outcome.onRow(in);
                }
                case BackendType.ERROR_RESPONSE -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    error = server.onErrorResponse(in);
                }
                case BackendType.READY_FOR_QUERY -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    TransactionStatus status = TransactionStatus.of(in);
                    in.skip();
                    if (behind > 0) {
                        behind--;
                        continue;
                    }
                    if (error == null) {
                        outcome.onDone(status);
                    } else {
                        outcome.onError(error, status);
                    }
                    return;
                }
                default -> {
                    // results of set_config, notices: for nobody
                }
            }
            in.skip();
        }
    }

    @Override
    public void onReadComplete() {
        outcome.onReadComplete();
    }

    @Override
    public void onWritable() {
        outcome.onWritable();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        outcome.onClosed(reason, lastError);
    }
}
