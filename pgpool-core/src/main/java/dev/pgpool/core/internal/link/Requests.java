package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import java.nio.charset.StandardCharsets;

/** From client to server: passes messages on and notes what the server will owe for each. Hot path. */
final class Requests {
    /** Answers that may be owed before the client has to wait: some cost the server nothing, and us memory. */
    static final int LIMIT = 65_536;

    /** A message up to this size waits until it is all here; a longer one streams through. */
    private static final int WHOLE_LIMIT = 65_536;

    private final Exchange x;
    private final StatementRewriter statements;
    private final SimpleQueries queries;
    private final NameSpace names;

    Requests(Exchange x, StatementRewriter statements, Rejections rejections, NameSpace names) {
        this.names = names;
        this.x = x;
        this.statements = statements;
        this.queries = new SimpleQueries(x, statements, rejections, names);
    }

    /** Passes on what the client sent. The cursor is left at a message that has not arrived in full, if any. */
    void relay(MessageCursor in, LinkedClient current) {
        if (x.text.isOpen()) {
            queries.readOn(in, current);
        }
        if (names.isFenced() || x.split.isHeadSent()) {
            statements.hold(in);
            return;
        }
        if (names.natives.isLeftover()) {
            names.natives.sweep();
        }
        boolean more = true;
        while (more && !x.pause.isPaused() && !x.ending.isFarewell() && x.expected.size() < LIMIT && in.next()) {
            boolean wasReady = x.batch.isReady();
            x.batch.onMessage();
            x.clock.onMessage();
            byte type = in.type();
            if (x.batch.isSkipping() && type != FrontendType.SYNC && type != FrontendType.TERMINATE) {
                requireKnown(type);
                drop(in);
                continue;
            }
            switch (type) {
                case FrontendType.QUERY -> more = queries.query(in, current);
                case FrontendType.PARSE -> more = statements.parse(in, isFirst(wasReady), current, x.counters);
                case FrontendType.BIND ->
                    more = isWhole(in) && statements.bind(in, isFirst(wasReady), current, x.counters);
                case FrontendType.EXECUTE -> {
                    in.requireSmall();
                    if (!in.isComplete()) {
                        return;
                    }
                    x.batch.onExecute();
                    if (!names.portals.isEmpty()) {
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
            if (x.batch.isReady()) {
                x.clock.onMessageDropped(x.transaction.isIdle());
            }
        }
    }

    /** Whether a message is the first that the server gets of the client since the last ReadyForQuery. */
    private boolean isFirst(boolean wasReady) {
        return wasReady || (x.batch.isAsking() && x.expected.isEmpty());
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
        StatementNames text = names.portals.textOf(
                in.buffer().toString(in.bodyIndex(), end - in.bodyIndex(), StandardCharsets.ISO_8859_1));
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

    private void sync(MessageCursor in) {
        in.requireSmall();
        x.batch.onSync();
        if (!x.copy.takesSync()) {
            x.expected.add(ExpectedReplies.SYNC);
        }
        in.forward();
        x.pause.onBatchEnd();
    }

    /** After a COPY has failed, its client goes on sending for a while; PostgreSQL ignores that, and so do we. */
    private void copyData(MessageCursor in, boolean wasReady) {
        if (x.copy.isTakingData() || !x.expected.isEmpty()) {
            in.forward();
        } else {
            x.batch.onMessageDropped(wasReady);
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
                x.batch.onExecute();
                x.expected.add(ExpectedReplies.FUNCTION_CALL);
                in.forward();
            }
            case FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {
                if (!x.copy.isTakingData() && !x.expected.isEmpty()) {
                    x.expected.add(ExpectedReplies.COPY_END | ExpectedReplies.FAKE);
                }
                copyData(in, wasReady);
                x.copy.onEnded();
                if (x.expected.endsInReadyForQuery()) {
                    // of a simple Query: no Sync follows
                    x.pause.onBatchEnd();
                }
            }
            case FrontendType.TERMINATE -> {
                if (wasReady) {
                    // it asks the server for nothing
                    x.batch.onMessageDropped(true);
                    x.clock.onMessageDropped(x.transaction.isIdle());
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
        if (x.expected.isEmpty() || x.copy.isTakingData()) {
            current.onTerminate();
            return;
        }
        x.ending.onTerminate();
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
