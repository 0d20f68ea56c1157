package dev.pgpool.core.internal.link;

import static dev.pgpool.core.internal.link.ExpectedReplies.FAKE;
import static dev.pgpool.core.internal.link.ExpectedReplies.KIND;
import static dev.pgpool.core.internal.link.ExpectedReplies.SKIP;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.Moment;
import dev.pgpool.core.internal.prepared.RowShape;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** From server to client: matches what arrives with what is owed, and passes it on, drops it, or adds to it. Hot path. */
final class Replies implements ExpectedReplies.Undo {
    private static final byte[] DEALLOCATE = "DEALLOCATE".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DEALLOCATE_ALL = "DEALLOCATE ALL".getBytes(StandardCharsets.US_ASCII);
    private static final String QUERY_CANCELED = "57014";
    private static final String UNKNOWN_STATEMENT = "26000";
    private static final String FEATURE_NOT_SUPPORTED = "0A000";
    private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESET = "RESET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DISCARD_ALL = "DISCARD ALL".getBytes(StandardCharsets.US_ASCII);

    private final Exchange x;
    private final AbandonedWork abandoned;
    private final StatementRegistry registry;
    private final NameSpace names;

    /** A tag that is no longer than this says nothing that matters here; a server may also send nonsense. */
    private static final int SHORTEST_TAG = 3;

    Replies(Exchange x, AbandonedWork abandoned, StatementRegistry registry, NameSpace names) {
        this.names = names;
        this.x = x;
        this.registry = registry;
        this.abandoned = abandoned;
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
            described(subject, RowShape.of(in.buffer(), in.bodyIndex(), in.bodyEnd()));
        }
        answered(in, ExpectedReplies.DESCRIBE);
        return true;
    }

    /** The server has said what a statement returns: to us, or to the client, which will rely on it. */
    private void described(Object subject, int shape) {
        if (subject instanceof Named named) {
            named.shapeBecame(shape);
            if (!named.isNativeIn(x.session)) {
                x.server.statements().shapeIs(named.statement(), shape);
            }
        } else if (subject instanceof Statement statement) {
            x.server.statements().shapeIs(statement, shape);
        } else if (subject instanceof StatementRewriter.Inference inference) {
            Copy copy = inference.copy();
            if (copy != null) {
                copy.shapeIs(shape);
            }
        }
    }

    private boolean receiveRare(MessageCursor in) {
        switch (in.type()) {
            case BackendType.CLOSE_COMPLETE -> answered(in, ExpectedReplies.CLOSE);
            case BackendType.NO_DATA -> {
                Object subject = x.expected.headSubject();
                if (subject != null) {
                    described(subject, RowShape.NO_ROWS);
                }
                answered(in, ExpectedReplies.DESCRIBE);
            }
            case BackendType.PARAMETER_DESCRIPTION -> {
                if ((x.expected.head() & SKIP) == 0) {
                    in.forward();
                } else {
                    if (x.expected.headSubject() instanceof StatementRewriter.Inference inference) {
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
                return in.isComplete() && error(in);
            }
            case BackendType.PARAMETER_STATUS -> {
                if (!in.isComplete()) {
                    return false;
                }
                String unread = x.server.onParameterStatus(in);
                if (unread != null) {
                    x.bound = true;
                    x.pins.readBack(unread);
                }
                if (x.bindsClients) {
                    mayHaveBeenReset();
                }
                in.forward();
            }
            case BackendType.COPY_IN_RESPONSE -> {
                x.copySyncs = x.expected.beginCopyIn();
                x.copyIn = !x.expected.isCopyEnded();
                in.forward();
                if (x.client == null && x.copyIn) {
                    abandoned.onCopyIn();
                }
            }
            case BackendType.NOTICE_RESPONSE,
                    BackendType.NOTIFICATION_RESPONSE,
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

    /**
     * In a pool of sessions no text is read: that a parameter was returned to its default, which is not what the client began
     * with, the server's report tells.
     */
    private void mayHaveBeenReset() {
        LinkedClient current = x.client;
        if (current == null) {
            return;
        }
        SessionParameters startup = current.startupParameters();
        SessionParameters now = x.server.parameters();
        for (String name : startup.names()) {
            String value = now.get(name);
            if (value != null
                    && !value.equals(startup.get(name))
                    && value.equals(x.server.loginParameters().get(name))) {
                x.pins.mayHaveReset(name);
                waitForSettings();
            }
        }
    }

    /** What the client says next, and the ReadyForQuery that it waits for, come when its parameters are what they should be. */
    private void waitForSettings() {
        if (x.expected.isLast()) {
            boolean over = x.expected.endsInReadyForQuery();
            x.paused |= over;
            x.pauseAfterBatch |= !over;
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
        Object subject = x.expected.headSubject();
        if (subject instanceof Statement statement) {
            x.server.statements().confirmed(statement, x.expected.headBatch());
        } else if (isUnnamed(subject)) {
            x.server.unnamedConfirmed(x.expected.headBatch());
        } else if (subject instanceof Named named) {
            x.server.statements().confirmed(named.parsed(), x.expected.headBatch());
            named.parsedIn(x.transactionEnd());
        } else if (subject instanceof NameSpace.Replacement replacement) {
            replacement.now().parsedIn(x.transactionEnd());
        }
        boolean duplicate = (x.expected.head() & KIND) == ExpectedReplies.DUPLICATE;
        answered(in, duplicate ? ExpectedReplies.DUPLICATE : ExpectedReplies.PARSE);
    }

    private static boolean isUnnamed(@Nullable Object subject) {
        return subject == StatementRewriter.UNNAMED
                || subject == StatementRewriter.UNCERTAIN
                || subject instanceof ClientStatements.Unnamed;
    }

    private boolean commandComplete(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        ByteBuf buf = in.buffer();
        int tag = in.bodyIndex();
        if (in.bodyLength() > SHORTEST_TAG) {
            noteTag(in, buf, tag);
        }
        x.copySyncs = 0;
        executed(in);
        return true;
    }

    private void noteTag(MessageCursor in, ByteBuf buf, int tag) {
        switch (buf.getByte(tag)) {
            case 'D' -> {
                if (in.bodyLength() > 10 && buf.getByte(tag + 2) != 'L') {
                    forget(in);
                }
            }
            case 'R' -> {
                if (buf.getByte(tag + 1) == 'O') {
                    // ROLLBACK, of a savepoint too
                    x.server.statements().undone();
                } else if (x.bindsClients && MessageReader.equal(buf, tag, in.bodyEnd() - 1, RESET)) {
                    x.pins.mayHaveResetAll();
                    waitForSettings();
                }
            }
            case 'S' -> {
                if (x.bindsClients && MessageReader.equal(buf, tag, in.bodyEnd() - 1, SET)) {
                    // maybe TO DEFAULT, from a value that was that already
                    mayHaveBeenReset();
                }
            }
            // PREPARE TRANSACTION: what it did to the catalog is not the others' yet
            case 'P' -> x.server.statements().undone();
            default -> {
                // says nothing of statements
            }
        }
        if (buf.getByte(in.bodyEnd() - 2) == 'E' && x.globalChange == null) {
            changeOfUnknown(in);
        }
    }

    /** The tag ends like those of commands for roles and databases: it may be of one whose text was not read. */
    private void changeOfUnknown(MessageCursor in) {
        if (GlobalDdl.isTag(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1)) {
            x.globalChange = GlobalDdl.UNKNOWN;
        }
    }

    /** An Execute is answered, or one of the statements of a simple Query. */
    private void executed(MessageCursor in) {
        if ((x.expected.head() & KIND) == ExpectedReplies.EXECUTE) {
            x.copyIn = false;
            answered(in, ExpectedReplies.EXECUTE);
        } else {
            in.forward();
        }
    }

    /** The client has made the server forget: statements, and with DISCARD ALL settings that we made too. */
    private void forget(MessageCursor in) {
        ByteBuf buf = in.buffer();
        int from = in.bodyIndex();
        int to = in.bodyEnd() - 1;
        boolean all = MessageReader.equal(buf, from, to, DISCARD_ALL);
        if (!all && !MessageReader.equal(buf, from, to, DEALLOCATE_ALL)) {
            if (MessageReader.equal(buf, from, to, DEALLOCATE)) {
                LinkedClient teller = x.client;
                names.deallocated(x.expected.headSubject(), teller == null ? null : teller.knownStatements());
            }
            return;
        }
        x.server.statements().clearConfirmed();
        LinkedClient current = x.client;
        ClientStatements known = current == null ? null : current.knownStatements();
        if (known != null) {
            known.removeIf(named -> !x.expected.isParsePending(named));
        }
        if (all) {
            x.discarded = true;
            x.bound = true;
            x.server.forgetUnreportedParameters();
            if (x.expected.isLast()) {
                x.pins.discarded();
            }
            if (x.bindsClients) {
                waitForSettings();
            }
        }
    }

    private boolean readyForQuery(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        int kind = x.expected.head() & KIND;
        if (kind == 0 && x.inexact) {
            x.status = TransactionStatus.of(in);
            x.skipping = false;
            x.ready = true;
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
        x.status = TransactionStatus.of(in);
        if (subject == NameSpace.HEAD && x.client != null && names.isHeadSent()) {
            // the rest of the client's Query comes next
            x.expected.pop();
            names.headDone();
            x.toClient.run(in.takeRun());
            in.skip();
            mayHaveEnded();
            return true;
        }
        x.copyIn = false;
        x.expected.pop();
        if (names.isFenced()) {
            names.queryAnswered();
        }
        if (x.paused && x.status == TransactionStatus.IDLE && x.expected.isEmpty() && x.client != null) {
            x.readyWithheld = true;
            x.toClient.run(in.takeRun());
            in.skip();
        } else {
            in.forward();
            afterAnswer(in);
        }
        x.counters.countQuery();
        mayHaveEnded();
        x.ready = x.expected.isEmpty();
        x.executed &= !x.ready;
        if (x.ready) {
            x.answered();
            if (x.bound) {
                x.pins.reported(x.status == TransactionStatus.IDLE);
                if (x.server.parameters().isTemporaryPath()) {
                    x.pins.mayHaveMadeTemporary(x.rules);
                }
            }
        }
        return true;
    }

    private void mayHaveEnded() {
        if (x.status == TransactionStatus.IDLE) {
            x.counters.countTransaction();
            x.transactions++;
            x.outside = x.server.parameters();
            transactionEnded();
            if (x.globalChange != null) {
                // before the client hears of it
                x.globalChangeEnded();
            }
        }
    }

    private void transactionEnded() {
        Moment moment = x.moment;
        if (moment != null) {
            x.moment = null;
            moment.is(registry.advance());
        }
        x.server.statements().transactionEnded();
    }

    /** Passes the error on; what the server skips because of it is not expected any more. */
    private boolean error(MessageCursor in) {
        ErrorFields fields = x.server.onErrorResponse(in);
        if (!fields.isFatal() && x.expected.headSubject() instanceof NameSpace.Repeated repeated && repeated.alone()) {
            x.toClient.run(in.takeRun());
            in.skip();
            x.expected.dropBatch(this);
            return true;
        }
        x.server.statements().undone();
        if (x.bound) {
            x.pins.onError();
        } else if (x.ready && x.status == TransactionStatus.IDLE) {
            // behind the last ReadyForQuery: the server was no client's any more when it said this
            x.doomed = true;
            x.toClient.run(in.takeRun());
            in.skip();
            return true;
        }
        x.fatalTold |= fields.isFatal();
        if (x.timedOut && x.client != null && fields.sqlState().equals(QUERY_CANCELED)) {
            x.timedOut = false;
            x.toClient.run(in.takeRun());
            BackendWriter.errorResponse(x.toClient.space(), PoolerError.QUERY_TIMEOUT.plain());
            in.skip();
            x.client.onQueryTimeout();
        } else if (x.expected.headSubject() instanceof Rejection rejection && rejection.isMeantBy(fields)) {
            x.toClient.run(in.takeRun());
            if (x.toClient.isConnected()) {
                BackendWriter.errorResponse(x.toClient.space(), rejection.error(), rejection.routine());
            }
            in.skip();
        } else if (x.expected.headSubject() instanceof Named named) {
            ErrorNames.forward(in, x.toClient, named);
        } else {
            in.forward();
        }
        Object subject = x.expected.headSubject();
        if (subject instanceof Named named) {
            failed(named, fields.sqlState());
        } else if (subject == NameSpace.HEAD) {
            names.headFailed();
        } else if (subject instanceof Statement ours
                && fields.sqlState().equals(FEATURE_NOT_SUPPORTED)
                && (x.expected.head() & KIND) == ExpectedReplies.DESCRIBE) {
            ours.goStale();
        }
        x.copyIn = false;
        x.inexact |= x.copySyncs > 0;
        int kind = x.expected.head() & KIND;
        if (kind >= ExpectedReplies.PARSE && !fields.isFatal()) {
            x.skipping = !x.expected.dropBatch(this);
            if (x.skipping && names.isFenced()) {
                // it was ahead of a Query, which the server skips now; its client sends no Sync
                x.skipping = false;
                FrontendWriter.sync(x.toServer.space());
                x.expected.add(ExpectedReplies.SYNC);
            }
        }
        return true;
    }

    private static boolean readsPlan(int kind) {
        return kind == ExpectedReplies.BIND || kind == ExpectedReplies.DESCRIBE;
    }

    private void failed(Named named, String sqlState) {
        if (named.isNativeIn(x.session)) {
            LinkedClient current = x.client;
            ClientStatements known = current == null ? null : current.knownStatements();
            if (known != null && sqlState.equals(UNKNOWN_STATEMENT)) {
                // the server knows best what became of it
                known.remove(named);
            }
        } else if (sqlState.equals(UNKNOWN_STATEMENT)) {
            // it was taken off the server behind our back
            x.server.statements().lost(named.statement());
        } else if (sqlState.equals(FEATURE_NOT_SUPPORTED) && readsPlan(x.expected.head() & KIND)) {
            // "cached plan must not change result type"; without that a client could not be rid of it
            named.statement().goStale();
        }
    }

    @Override
    public void undo(int code, @Nullable Object subject, long batch, boolean failed) {
        LinkedClient current = x.client;
        ClientStatements known = current == null ? null : current.knownStatements();
        boolean parse = (code & KIND) == ExpectedReplies.PARSE;
        if (subject instanceof Named named) {
            undoNamed(code, named, batch, known);
        } else if (subject instanceof Statement statement) {
            if (parse) {
                x.server.statements().unsent(statement, batch);
            } else if ((code & KIND) == ExpectedReplies.CLOSE) {
                x.server.statements().restored(statement);
            }
        } else if (subject instanceof NameSpace.Repeated repeated) {
            repeated.named().nativeIn(0);
        } else if (subject instanceof NameSpace.Replacement replacement) {
            if (known != null) {
                known.remove(replacement.now());
                known.restore(replacement.before());
            }
        } else if (subject != null && isUnnamed(subject)) {
            undoUnnamed(code, subject, failed, known);
        }
    }

    private void undoNamed(int code, Named named, long batch, @Nullable ClientStatements known) {
        if ((code & KIND) == ExpectedReplies.PARSE) {
            if (known != null) {
                known.remove(named);
            }
            if ((code & FAKE) == 0) {
                x.server.statements().unsent(named.parsed(), batch);
            }
        } else if ((code & KIND) == ExpectedReplies.CLOSE && known != null) {
            known.restore(named);
            Copy copy = named.copy();
            if (copy != null) {
                copy.hold(x.session);
            }
        }
    }

    /** A Parse that fails takes the unnamed statement with it; one that was skipped leaves the one before it. */
    private void undoUnnamed(int code, Object subject, boolean failed, @Nullable ClientStatements known) {
        x.server.unnamedBecame(null, 0, 0);
        if (known == null || (code & SKIP) != 0) {
            return;
        }
        if (failed || subject == StatementRewriter.UNCERTAIN) {
            known.dropUnnamed();
        } else if (subject instanceof ClientStatements.Unnamed before) {
            known.restoreUnnamed(before);
        }
    }
}
