package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies between login and first use: the server must be of the wanted kind, and runs the connect query.
 *
 * <pre>
 *   logged in ──> [question about its kind] ──> [connect query] ──> prepared
 *                        │ wrong kind               │ closed, or in a transaction
 *                        └──────────> unfit <───────┘
 * </pre>
 */
final class ServerPreparation {
    /** How it ends; exactly one of the two is called, once. */
    interface Outcome {
        void onPrepared();

        /** @param why without the server's name, or the server's own words */
        void onUnfit(ErrorFields why);
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(ServerPreparation.class);

    private final ServerConnection server;
    private final ServerSetup setup;
    private final Outcome outcome;

    ServerPreparation(ServerConnection server, Outcome outcome) {
        this.server = server;
        this.setup = server.target().setup();
        this.outcome = outcome;
    }

    /** To be called while the server's messages are walked, right after its first ReadyForQuery. */
    void begin() {
        TargetSessionAttributes wanted = setup.attributes();
        if (!ServerRole.matters(wanted)) {
            runConnectQuery();
        } else if (ServerRole.isKnown(server)) {
            judge(ServerRole.objection(wanted, server));
        } else {
            query(ServerRole.question(wanted), (value, error, status) -> {
                if (error != null) {
                    outcome.onUnfit(error);
                } else {
                    judge(ServerRole.objection(wanted, value));
                }
            });
        }
    }

    private void judge(@Nullable String objection) {
        if (objection == null) {
            runConnectQuery();
        } else {
            outcome.onUnfit(ServerConnector.cannotConnect(
                    server.target(),
                    objection + " (targetSessionAttributes: "
                            + setup.attributes().label() + ")"));
        }
    }

    private void runConnectQuery() {
        if (setup.connectQuery().isEmpty()) {
            outcome.onPrepared();
            return;
        }
        query(setup.connectQuery().get(), (value, error, status) -> {
            if (error != null) {
                LogLine.warn(LOGGER, "connect query failed")
                        .with("server", server.processId())
                        .with("database", server.target().startup().get("database"))
                        .with("sqlState", error.sqlState())
                        .with("error", error.message())
                        .write();
            }
            if (status == TransactionStatus.IDLE) {
                outcome.onPrepared();
            } else {
                outcome.onUnfit(ServerConnector.rejected(
                        server.target(), "the connect query leaves a transaction open (expected: none)"));
            }
        });
    }

    private void query(String sql, Answer answer) {
        ServerQuery.send(server, sql, new FirstValue(answer));
    }

    /** What is to be done with the answer to a query. */
    private interface Answer {
        /**
         * @param value first column of the first row; null if there is none
         * @param error the last error; null if there was none
         */
        void accept(@Nullable String value, @Nullable ErrorFields error, TransactionStatus status);
    }

    /** Keeps the first column of the first row that is not too long for it. */
    private final class FirstValue implements ServerQuery.Outcome {
        private final Answer answer;
        private @Nullable String value;
        private boolean rowSeen;

        private FirstValue(Answer answer) {
            this.answer = answer;
        }

        @Override
        public void onHeader(MessageCursor in) {
            if (in.type() == BackendType.PARAMETER_STATUS) {
                in.requireSmall();
            }
        }

        @Override
        public boolean wants(MessageCursor in) {
            return in.type() == BackendType.DATA_ROW
                    && !rowSeen
                    && in.bodyLength() <= MessageCursor.SMALL_MESSAGE_LIMIT;
        }

        @Override
        public void onRow(MessageCursor row) {
            rowSeen = true;
            value = firstColumn(row);
        }

        @Override
        public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
            answer.accept(value, error, status);
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
            outcome.onUnfit(lastError != null ? lastError : PoolerError.SERVER_CLOSED.plain());
        }
    }

    private static @Nullable String firstColumn(MessageCursor in) {
        if (in.bodyLength() < 2) {
            throw malformed();
        }
        if (in.buffer().getShort(in.bodyIndex()) < 1 || in.bodyLength() < 6) {
            return null;
        }
        int length = in.buffer().getInt(in.bodyIndex() + 2);
        int start = in.bodyIndex() + 6;
        if (length > in.bodyEnd() - start) {
            throw malformed();
        }
        return length < 0 ? null : MessageReader.text(in.buffer(), start, start + length);
    }

    private static WireViolation malformed() {
        return new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed DataRow");
    }
}
