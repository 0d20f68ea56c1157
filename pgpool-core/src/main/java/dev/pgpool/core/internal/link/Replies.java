package dev.pgpool.core.internal.link;

import static dev.pgpool.core.internal.link.ExpectedReplies.FAKE;
import static dev.pgpool.core.internal.link.ExpectedReplies.KIND;
import static dev.pgpool.core.internal.link.ExpectedReplies.SKIP;

import dev.pgpool.core.internal.prepared.RowShape;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;

/** From server to client: matches what arrives with what is owed, and passes it on, drops it, or adds to it. Hot path. */
final class Replies {

    private final Exchange x;
    private final AbandonedWork abandoned;
    private final StatementRegistry registry;
    private final NameSpace names;
    private final StatementReplies statements;
    private final CommandTags tags;
    private final ServerErrors errors;

    Replies(Exchange x, AbandonedWork abandoned, StatementRegistry registry, NameSpace names, LinkDeadlines deadlines) {
        this.names = names;
        this.x = x;
        this.registry = registry;
        this.abandoned = abandoned;
        this.statements = new StatementReplies(x);
        this.tags = new CommandTags(x, names);
        this.errors = new ServerErrors(x, names, deadlines);
    }

    /** Passes on what the server sent. The cursor is left at a message that has not arrived in full, if any. */
    void relay(MessageCursor in) {
        if ((x.expected.head() & FAKE) != 0) {
            // it had to wait for the rest of the message before it
            afterAnswer(in);
        }
        boolean more = true;
        while (more && in.next()) {
            switch (in.type()) {
                case BackendType.DATA_ROW, BackendType.COPY_DATA -> in.forward();
                case BackendType.ROW_DESCRIPTION -> more = rowDescription(in);
                case BackendType.COMMAND_COMPLETE -> more = commandComplete(in);
                case BackendType.READY_FOR_QUERY -> more = readyForQuery(in);
                case BackendType.BIND_COMPLETE -> answered(in, ExpectedReplies.BIND);
                case BackendType.PARSE_COMPLETE -> parseComplete(in);
                default -> more = receiveRare(in);
            }
        }
        x.toClient.run(in.takeRun());
    }

    private boolean rowDescription(MessageCursor in) {
        if ((x.expected.head() & KIND) != ExpectedReplies.DESCRIBE) {
            in.forward();
            return true;
        }
        Object subject = x.expected.headSubject();
        if (subject != null) {
            if (!in.isComplete()) {
                return false;
            }
            statements.described(subject, RowShape.of(in.buffer(), in.bodyIndex(), in.bodyEnd()));
        }
        answered(in, ExpectedReplies.DESCRIBE);
        return true;
    }

    private boolean receiveRare(MessageCursor in) {
        switch (in.type()) {
            case BackendType.CLOSE_COMPLETE -> answered(in, ExpectedReplies.CLOSE);
            case BackendType.NO_DATA -> {
                Object subject = x.expected.headSubject();
                if (subject != null) {
                    statements.described(subject, RowShape.NO_ROWS);
                }
                answered(in, ExpectedReplies.DESCRIBE);
            }
            case BackendType.PARAMETER_DESCRIPTION -> {
                if ((x.expected.head() & SKIP) == 0) {
                    in.forward();
                } else {
                    if (x.expected.headSubject() instanceof ServerCopies.Inference inference) {
                        if (!in.isComplete()) {
                            return false;
                        }
                        inference.named().takes(in.buffer(), in.bodyIndex(), in.bodyEnd(), inference.copy());
                    }
                    x.toClient.run(in.takeRun());
                    in.skip();
                }
            }
            case BackendType.PORTAL_SUSPENDED -> answered(in, ExpectedReplies.EXECUTE);
            case BackendType.EMPTY_QUERY_RESPONSE -> executed(in);
            case BackendType.ERROR_RESPONSE -> {
                if (!in.isComplete()) {
                    return false;
                }
                errors.pass(in);
            }
            case BackendType.PARAMETER_STATUS -> {
                if (!in.isComplete()) {
                    return false;
                }
                String unread = x.server.onParameterStatus(in);
                if (unread != null) {
                    x.bind();
                    x.pins.readBack(unread);
                }
                if (x.bindsClients) {
                    tags.mayHaveBeenReset();
                }
                in.forward();
            }
            case BackendType.COPY_IN_RESPONSE -> {
                int syncs = x.expected.beginCopyIn();
                x.copy.onCopyInResponse(syncs, x.expected.isCopyEnded());
                in.forward();
                if (x.client == null && x.copy.isTakingData()) {
                    abandoned.onCopyIn();
                }
            }
            case BackendType.NOTIFICATION_RESPONSE -> {
                if (!in.isComplete()) {
                    return false;
                }
                tellOwnProcessId(in);
                in.forward();
            }
            case BackendType.NOTICE_RESPONSE,
                    BackendType.COPY_OUT_RESPONSE,
                    BackendType.COPY_BOTH_RESPONSE,
                    BackendType.COPY_DONE,
                    BackendType.FUNCTION_CALL_RESPONSE -> in.forward();
            default ->
                throw new WireViolation(
                        PoolerError.SERVER_PROTOCOL_VIOLATION, "unexpected message type " + (in.type() & 0xff));
        }
        return true;
    }

    /** A client knows its own notifications by the process id that it was told, which is not that of its server. */
    private void tellOwnProcessId(MessageCursor in) {
        LinkedClient client = x.client;
        ByteBuf buf = in.buffer();
        int at = in.bodyIndex();
        if (client != null && in.bodyEnd() - at >= Integer.BYTES && buf.getInt(at) == x.server.processId()) {
            buf.setInt(at, client.processId());
        }
    }

    /** A message that answers the oldest entry and nothing else. */
    private void answered(MessageCursor in, int kind) {
        int head = x.expected.head();
        if ((head & KIND) != kind) {
            throw new WireViolation(
                    PoolerError.SERVER_PROTOCOL_VIOLATION, "unexpected message type " + (char) in.type());
        }
        if ((head & SKIP) != 0) {
            x.toClient.run(in.takeRun());
            in.skip();
        } else {
            in.forward();
        }
        x.expected.pop();
        afterAnswer(in);
    }

    private void afterAnswer(MessageCursor in) {
        if ((x.expected.head() & FAKE) != 0) {
            x.toClient.run(in.takeRun());
            drainFakes();
        }
    }

    /** Answers in the server's place what it was never asked, as far as it is next. */
    void drainFakes() {
        if (x.server.isMidMessage()) {
            // an answer is due behind the server's message, not inside of it
            return;
        }
        int head = x.expected.head();
        while ((head & FAKE) != 0) {
            int kind = head & KIND;
            if (kind != ExpectedReplies.COPY_END && x.toClient.isConnected()) {
                boolean parse = kind == ExpectedReplies.PARSE;
                BackendWriter.empty(
                        x.toClient.space(), parse ? BackendType.PARSE_COMPLETE : BackendType.CLOSE_COMPLETE);
            }
            x.expected.pop();
            head = x.expected.head();
        }
    }

    private void parseComplete(MessageCursor in) {
        statements.parsed();
        boolean duplicate = (x.expected.head() & KIND) == ExpectedReplies.DUPLICATE;
        answered(in, duplicate ? ExpectedReplies.DUPLICATE : ExpectedReplies.PARSE);
    }

    private boolean commandComplete(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        tags.note(in);
        x.copy.onCommandComplete();
        executed(in);
        return true;
    }

    /** An Execute is answered, or one of the statements of a simple Query. */
    private void executed(MessageCursor in) {
        if ((x.expected.head() & KIND) == ExpectedReplies.EXECUTE) {
            x.copy.onAnswered();
            answered(in, ExpectedReplies.EXECUTE);
        } else {
            in.forward();
        }
    }

    private boolean readyForQuery(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        int kind = x.expected.head() & KIND;
        if (kind == 0 && x.copy.isInexact()) {
            x.transaction.onReadyForQuery(TransactionStatus.of(in));
            x.batch.onUnowedReadyForQuery();
            in.forward();
            return true;
        }
        if (kind != ExpectedReplies.QUERY && kind != ExpectedReplies.SYNC && kind != ExpectedReplies.FUNCTION_CALL) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "unexpected ReadyForQuery");
        }
        Object subject = x.expected.headSubject();
        if (subject == NameSpace.OWN_SYNC) {
            x.expected.pop();
            x.toClient.run(in.takeRun());
            in.skip();
            return true;
        }
        x.transaction.onReadyForQuery(TransactionStatus.of(in));
        if (subject == SplitQuery.HEAD && x.client != null && x.split.isHeadSent()) {
            // the rest of the client's Query comes next
            x.expected.pop();
            x.split.onHeadDone();
            x.toClient.run(in.takeRun());
            in.skip();
            mayHaveEnded();
            return true;
        }
        x.copy.onAnswered();
        x.expected.pop();
        if (names.isFenced()) {
            names.queryAnswered();
        }
        if (x.transaction.isIdle() && x.expected.isEmpty() && x.client != null && x.pause.withholdsReady()) {
            x.toClient.run(in.takeRun());
            in.skip();
        } else {
            in.forward();
            afterAnswer(in);
        }
        x.counters.countQuery();
        mayHaveEnded();
        x.batch.onReadyForQuery(x.expected.isEmpty());
        if (x.batch.isReady()) {
            x.clock.onAnswered(x.transaction.isIdle(), x.counters);
            if (x.isBound()) {
                x.pins.reported(x.transaction.isIdle());
                if (x.server.parameters().isTemporaryPath()) {
                    x.pins.mayHaveMadeTemporary(x.rules);
                }
            }
        }
        return true;
    }

    private void mayHaveEnded() {
        if (x.transaction.isIdle()) {
            x.counters.countTransaction();
            x.transaction.onEnd(x.server.parameters(), registry);
            x.server.statements().transactionEnded();
            // before the client hears of it
            x.globalChange.onEnd();
        }
    }
}
