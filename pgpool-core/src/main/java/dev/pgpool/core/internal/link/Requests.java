package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.LongText;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.sql.TransactionCommands;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** From client to server: passes messages on and notes what the server will owe for each. Hot path. */
final class Requests {
    /** Answers that may be owed before the client has to wait: some cost the server nothing, and us memory. */
    static final int LIMIT = 65_536;

    /** A Query up to this size waits until it is all here, so that it can be read; a longer one streams through. */
    private static final int READ_LIMIT = 1 << 20;

    /** A message up to this size waits until it is all here; a longer one streams through. */
    private static final int WHOLE_LIMIT = 65_536;

    private final Exchange x;
    private final StatementRewriter statements;
    private final Rejections rejections;
    private final NameSpace names;
    private final StatementScanner scanner = new StatementScanner();

    Requests(Exchange x, StatementRewriter statements, Rejections rejections, NameSpace names) {
        this.names = names;
        this.x = x;
        this.statements = statements;
        this.rejections = rejections;
    }

    /** Passes on what the client sent. The cursor is left at a message that has not arrived in full, if any. */
    void relay(MessageCursor in, LinkedClient current) {
        if (x.longText.isOpen()) {
            readOn(in, current);
        }
        if (names.isFenced() || names.isHeadSent()) {
            statements.hold(in);
            return;
        }
        if (names.isLeftover()) {
            names.sweep();
        }
        boolean more = true;
        while (more && !x.paused && !x.farewell && x.expected.size() < LIMIT && in.next()) {
            boolean wasReady = x.ready;
            x.ready = false;
            x.begins();
            byte type = in.type();
            if (x.skipping && type != FrontendType.SYNC && type != FrontendType.TERMINATE) {
                requireKnown(type);
                drop(in);
                continue;
            }
            switch (type) {
                case FrontendType.QUERY -> more = query(in, current);
                case FrontendType.PARSE -> more = statements.parse(in, isFirst(wasReady), current, x.counters);
                case FrontendType.BIND ->
                    more = isWhole(in) && statements.bind(in, isFirst(wasReady), current, x.counters);
                case FrontendType.EXECUTE -> {
                    in.requireSmall();
                    if (!in.isComplete()) {
                        return;
                    }
                    x.executed = true;
                    if (names.hasPortals()) {
                        more = executeNames(in, current);
                    } else {
                        x.expected.add(ExpectedReplies.EXECUTE);
                        in.forward();
                    }
                }
                case FrontendType.SYNC -> sync(in);
                case FrontendType.DESCRIBE -> {
                    in.requireSmall();
                    more = statements.describe(in, current, x.counters);
                }
                case FrontendType.COPY_DATA -> copyData(in, wasReady);
                default -> more = relayRare(in, type, current, wasReady);
            }
            if (x.ready) {
                x.beginsNothing();
            }
        }
    }

    /** Whether a message is the first that the server gets of the client since the last ReadyForQuery. */
    private boolean isFirst(boolean wasReady) {
        return wasReady || (x.asking && x.expected.isEmpty());
    }

    /**
     * Whether a message is passed on: half of it would count as work of the server, and as a query that runs, while it is the
     * client that has not said the rest.
     */
    private static boolean isWhole(MessageCursor in) {
        return in.isComplete() || in.bodyLength() > WHOLE_LIMIT;
    }

    /** An Execute of a portal whose text may name statements. */
    private boolean executeNames(MessageCursor in, LinkedClient current) {
        if (!in.isComplete()) {
            return false;
        }
        int end = MessageReader.requireEndOfString(in.buffer(), in.bodyIndex(), in.bodyEnd(), "portal name");
        StatementNames text =
                names.ofPortal(in.buffer().toString(in.bodyIndex(), end - in.bodyIndex(), StandardCharsets.ISO_8859_1));
        Object subject = null;
        if (text != null && names.concerns(text, current)) {
            if (names.isUnsettled()) {
                return statements.hold(in);
            }
            subject = names.beforeExecute(in, text, current, x.counters);
        }
        x.expected.add(ExpectedReplies.EXECUTE, subject);
        in.forward();
        return true;
    }

    /** False if the text has to be read and has not all arrived, or has to wait. */
    private boolean query(MessageCursor in, LinkedClient current) {
        current.requireSimpleQueries();
        Object subject = null;
        if (names.takeHeadFailed()) {
            // the server skips the rest of it, as if it had got that
            x.ready = x.expected.isEmpty();
            in.skip();
            return true;
        }
        if (x.rules.readsStatements()) {
            if (!in.isComplete() && in.bodyLength() <= READ_LIMIT) {
                return false;
            }
            SessionEffects effects = read(in);
            Rejection rejection = effects.isNone() ? null : rejections.of(effects);
            if (rejection != null) {
                rejectQuery(in, current, rejection);
                return true;
            }
            if (!effects.isNone()) {
                StatementNames text = effects.names();
                if (text != null && text.endsUntold()) {
                    x.server.statements().distrust();
                }
                if (text != null && names.concerns(text, current)) {
                    if (x.expected.owesReadyForQuery() || names.isUnsettled()) {
                        return statements.hold(in);
                    }
                    if (names.needsHead(text) && sendHead(in, current)) {
                        return statements.hold(in);
                    }
                    x.toServer.run(in.takeRun());
                    subject = names.beforeQuery(text, current, x.counters);
                }
                if (in.isComplete()) {
                    x.touch(effects, current);
                }
            }
            if (!in.isComplete()) {
                x.longText.begin(x.textForm());
                x.longText.feed(in.buffer(), in.bodyIndex(), in.arrivedEnd());
            }
        } else if (in.isComplete() && GlobalDdl.mayBeginIn(in.buffer(), in.bodyIndex(), in.bodyEnd())) {
            SessionEffects effects = read(in);
            if (effects.global() != null) {
                x.globalChangeBegins(effects.global());
            }
        }
        x.executed = true;
        ClientStatements known = current.knownStatements();
        if (known != null) {
            known.dropUnnamed();
        }
        x.server.unnamedBecame(null, 0, 0);
        x.expected.add(ExpectedReplies.QUERY, subject);
        if (names.takeHeadDone()) {
            forwardWithoutHead(in);
        } else {
            in.forward();
        }
        if (!x.longText.isOpen()) {
            endBatch();
        }
        // what follows would be lost if the server refused what was sent ahead
        return !names.isFenced() || statements.hold(in);
    }

    /** Sends the first statement of a Query ahead, if it may end the failed transaction and others follow. */
    private boolean sendHead(MessageCursor in, LinkedClient current) {
        int behind =
                in.isComplete() ? TransactionCommands.behindExit(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1) : -1;
        if (behind < 0) {
            return false;
        }
        x.toServer.run(in.takeRun());
        x.toServer
                .space()
                .writeByte(FrontendType.QUERY)
                .writeInt(4 + behind - in.bodyIndex() + 1)
                .writeBytes(in.buffer(), in.bodyIndex(), behind - in.bodyIndex())
                .writeByte(0);
        x.executed = true;
        x.server.unnamedBecame(null, 0, 0);
        ClientStatements known = current.knownStatements();
        if (known != null) {
            known.dropUnnamed();
        }
        x.expected.add(ExpectedReplies.QUERY, NameSpace.HEAD);
        names.headSent();
        return true;
    }

    /** Spaces in the place of the first statement: errors are told with their position. */
    private void forwardWithoutHead(MessageCursor in) {
        int behind = TransactionCommands.behindExit(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1);
        x.toServer.run(in.takeRun());
        ByteBuf space = x.toServer.space();
        space.writeByte(FrontendType.QUERY).writeInt(4 + in.bodyLength());
        for (int i = in.bodyIndex(); i < behind; i++) {
            space.writeByte(' ');
        }
        space.writeBytes(in.buffer(), behind, in.bodyEnd() - behind);
        in.skip();
    }

    /** What arrives is the rest of a text that streams through. */
    private void readOn(MessageCursor in, LinkedClient current) {
        LongText text = x.longText;
        int from = in.continuedIndex();
        int to = in.continuedEnd();
        boolean over = !in.isInsideForwarded();
        if (x.longParse) {
            int end = MessageReader.endOfString(in.buffer(), from, to);
            text.feed(in.buffer(), from, end < 0 ? to : end);
            if (end >= 0 || over) {
                x.longParse = false;
                current.statements().longUnnamedDoes(text.end());
            }
        } else {
            text.feed(in.buffer(), from, over ? to - 1 : to);
            if (over) {
                SessionEffects effects = text.end();
                if (!effects.isNone()) {
                    x.touch(effects, current);
                }
                endBatch();
            }
        }
    }

    private void endBatch() {
        x.paused = x.pauseAfterBatch;
        x.pauseAfterBatch = false;
    }

    private SessionEffects read(MessageCursor in) {
        if (!in.isComplete()) {
            return scanner.scan(in.buffer(), in.bodyIndex(), in.arrivedEnd(), x.textForm())
                    .andMore();
        }
        return scanner.scan(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1, x.textForm());
    }

    private void rejectQuery(MessageCursor in, LinkedClient current, Rejection rejection) {
        x.toServer.run(in.takeRun());
        ClientStatements known = current.knownStatements();
        if (known != null) {
            known.dropUnnamed();
        }
        x.server.unnamedBecame(null, 0, 0);
        FrontendWriter.query(x.toServer.space(), Rejection.TEXT);
        x.expected.add(ExpectedReplies.QUERY, rejection);
        in.skip();
    }

    private void sync(MessageCursor in) {
        in.requireSmall();
        x.skipping = false;
        if (x.copyIn) {
            // the server ignores it, if the COPY does not fail before
            x.copySyncs++;
        } else {
            x.expected.add(ExpectedReplies.SYNC);
        }
        in.forward();
        endBatch();
    }

    /** After a COPY has failed, its client goes on sending for a while; PostgreSQL ignores that, and so do we. */
    private void copyData(MessageCursor in, boolean wasReady) {
        if (x.copyIn || !x.expected.isEmpty()) {
            in.forward();
        } else {
            x.ready = wasReady;
            drop(in);
        }
    }

    private boolean relayRare(MessageCursor in, byte type, LinkedClient current, boolean wasReady) {
        switch (type) {
            case FrontendType.CLOSE -> {
                in.requireSmall();
                return in.isComplete() && statements.close(in, current);
            }
            case FrontendType.FLUSH -> {
                in.requireSmall();
                in.forward();
            }
            case FrontendType.FUNCTION_CALL -> {
                if (!isWhole(in)) {
                    return false;
                }
                if (x.rules.readsStatements()) {
                    if (in.bodyLength() < 4) {
                        throw new WireViolation(
                                PoolerError.CLIENT_PROTOCOL_VIOLATION, "FunctionCall without a function");
                    }
                    if (in.arrivedEnd() - in.bodyIndex() < 4) {
                        return false;
                    }
                    SessionEffects effects =
                            StatementScanner.functionCall(in.buffer().getInt(in.bodyIndex()));
                    if (!effects.isNone()) {
                        x.touch(effects, current);
                    }
                }
                x.executed = true;
                x.expected.add(ExpectedReplies.FUNCTION_CALL);
                in.forward();
            }
            case FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {
                if (!x.copyIn && !x.expected.isEmpty()) {
                    x.expected.add(ExpectedReplies.COPY_END | ExpectedReplies.FAKE);
                }
                copyData(in, wasReady);
                x.copyIn = false;
                if (x.expected.endsInReadyForQuery()) {
                    // of a simple Query: no Sync follows
                    endBatch();
                }
            }
            case FrontendType.TERMINATE -> {
                if (wasReady) {
                    // it asks the server for nothing
                    x.ready = true;
                    x.beginsNothing();
                }
                x.toServer.run(in.takeRun());
                sayFarewell(current);
                return false;
            }
            default -> requireKnown(type);
        }
        return true;
    }

    /** PostgreSQL obeys what it was told before, and delivers the answers. */
    private void sayFarewell(LinkedClient current) {
        if (x.expected.isEmpty() || x.copyIn) {
            current.onTerminate();
            return;
        }
        x.farewell = true;
        if (!x.expected.endsInReadyForQuery()) {
            // without it the server would keep the answers to itself
            FrontendWriter.flush(x.toServer.space());
        }
    }

    private void drop(MessageCursor in) {
        x.toServer.run(in.takeRun());
        in.skip();
    }

    private static void requireKnown(byte type) {
        switch (type) {
            case FrontendType.QUERY,
                    FrontendType.PARSE,
                    FrontendType.BIND,
                    FrontendType.EXECUTE,
                    FrontendType.DESCRIBE,
                    FrontendType.CLOSE,
                    FrontendType.FLUSH,
                    FrontendType.FUNCTION_CALL,
                    FrontendType.COPY_DATA,
                    FrontendType.COPY_DONE,
                    FrontendType.COPY_FAIL -> {
                // known
            }
            default ->
                throw new WireViolation(
                        PoolerError.CLIENT_PROTOCOL_VIOLATION, "invalid frontend message type " + (type & 0xff));
        }
    }
}
