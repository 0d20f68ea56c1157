package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Phase: the server answers queries of the pooler's own, up to the ReadyForQuery of the last one. They are sent ahead of
 * what follows, so there is no extra round trip. No client gets a message of the answer unless the outcome passes it on.
 *
 * <p>What is written meanwhile is flushed at the end of each read. A COPY into the server is answered with CopyFail, since
 * there is no data for it. One object for each sending: the phase after it is another object, so the loop that walks the
 * messages goes on.
 */
public final class ServerQuery implements ServerPhase {
    /**
     * What becomes of the queries: it ends with one call of either {@link #onDone} or {@link #onClosed}. All calls are on the
     * server's event loop.
     */
    public interface Outcome {
        /**
         * The header of any message is here, perhaps once more if the message has not arrived in full. Throws a
         * WireViolation if the server must not answer with such a message.
         */
        default void onHeader(MessageCursor in) {}

        /** Whether this RowDescription or DataRow is gathered for the methods below; one that is not is dropped, however long. */
        default boolean wants(MessageCursor in) {
            return false;
        }

        /** A complete RowDescription that was wanted; lent. */
        default void onColumns(MessageCursor columns) {}

        /** A complete DataRow that was wanted; lent. */
        default void onRow(MessageCursor row) {}

        /** A complete ParameterStatus, which the server connection has noted, or NotificationResponse; to be ordered. */
        default void onUnasked(MessageCursor in) {
            in.skip();
        }

        /** The server has sent an error. The last one is told at the end as well. */
        default void onError(ErrorFields error) {}

        /** Nothing more to read for now. What was written to the server is flushed afterwards. */
        default void onReadComplete() {}

        /** The server takes data again. */
        default void onWritable() {}

        /**
         * All queries are answered.
         *
         * @param error the last error; null if there was none
         * @param status as the last ReadyForQuery says
         */
        void onDone(@Nullable ErrorFields error, TransactionStatus status);

        /**
         * The connection is gone before the end.
         *
         * @param lastError the last ErrorResponse of severity FATAL, if the server said why
         */
        void onClosed(CloseReason reason, @Nullable ErrorFields lastError);
    }

    private final ServerConnection server;
    private final Outcome outcome;
    private @Nullable ErrorFields error;
    /** The ReadyForQuery messages that are still to come. */
    private int unanswered;

    private ServerQuery(ServerConnection server, int count, Outcome outcome) {
        this.server = server;
        this.unanswered = count;
        this.outcome = outcome;
    }

    /** Writes a simple Query, which the caller or the end of the present read flushes, and listens for its end. */
    public static void send(ServerConnection server, String sql, Outcome outcome) {
        send(server, List.of(sql), outcome);
    }

    /** The same for several queries, one message each: the outcome is that of all of them. */
    public static void send(ServerConnection server, List<String> all, Outcome outcome) {
        for (String sql : all) {
            FrontendWriter.query(server.out().space(), sql);
        }
        // a simple Query makes the unnamed statement go away
        server.unnamed().becameNone();
        server.enter(new ServerQuery(server, all.size(), outcome));
    }

    /** Listens for the end of a batch of the extended protocol that the caller has written, up to its Sync. */
    public static void listen(ServerConnection server, Outcome outcome) {
        server.enter(new ServerQuery(server, 1, outcome));
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            outcome.onHeader(in);
            if (!isGathered(in)) {
                if (isCopyIn(in.type())) {
                    FrontendWriter.copyFail(server.out().space(), "COPY is not possible here");
                }
                in.skip();
            } else if (!in.isComplete()) {
                return;
            } else if (in.type() == BackendType.READY_FOR_QUERY) {
                TransactionStatus status = TransactionStatus.of(in);
                in.skip();
                if (unanswered > 0 && --unanswered == 0) {
                    outcome.onDone(error, status);
                    return;
                }
            } else {
                take(in);
            }
        }
    }

    private boolean isGathered(MessageCursor in) {
        return switch (in.type()) {
            case BackendType.PARAMETER_STATUS,
                    BackendType.NOTIFICATION_RESPONSE,
                    BackendType.ERROR_RESPONSE,
                    BackendType.READY_FOR_QUERY -> true;
            case BackendType.ROW_DESCRIPTION, BackendType.DATA_ROW -> outcome.wants(in);
            default -> false;
        };
    }

    private static boolean isCopyIn(byte type) {
        return type == BackendType.COPY_IN_RESPONSE || type == BackendType.COPY_BOTH_RESPONSE;
    }

    private void take(MessageCursor in) {
        switch (in.type()) {
            case BackendType.PARAMETER_STATUS -> {
                server.onParameterStatus(in);
                outcome.onUnasked(in);
            }
            case BackendType.NOTIFICATION_RESPONSE -> outcome.onUnasked(in);
            case BackendType.ROW_DESCRIPTION -> {
                outcome.onColumns(in);
                in.skip();
            }
            case BackendType.DATA_ROW -> {
                outcome.onRow(in);
                in.skip();
            }
            default -> {
                ErrorFields said = server.onErrorResponse(in);
                error = said;
                in.skip();
                outcome.onError(said);
            }
        }
    }

    @Override
    public void onReadComplete() {
        outcome.onReadComplete();
        server.out().flush();
    }

    @Override
    public void onWritable() {
        outcome.onWritable();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        if (unanswered > 0) {
            unanswered = 0;
            outcome.onClosed(reason, lastError);
        }
    }
}
