package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.sql.TransactionCommands;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import io.netty.buffer.ByteBuf;

/**
 * Simple Queries of a client: their text is read, refused or noted, and what it names of statements goes ahead of it.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class SimpleQueries {
    /** A Query up to this size waits until it is all here, so that it can be read; a longer one streams through. */
    private static final int READ_LIMIT = 1 << 20;

    private final Exchange x;
    private final StatementRewriter statements;
    private final Rejections rejections;
    private final NameSpace names;
    private final StatementScanner scanner = new StatementScanner();

    SimpleQueries(Exchange x, StatementRewriter statements, Rejections rejections, NameSpace names) {
        this.x = x;
        this.statements = statements;
        this.rejections = rejections;
        this.names = names;
    }

    /** False if the text has to be read and has not all arrived, or has to wait. */
    boolean query(MessageCursor in, LinkedClient current) {
        current.requireSimpleQueries();
        Object subject = null;
        if (x.split.takeHeadFailed()) {
            // the server skips the rest of it, as if it had got that
            x.batch.onMessageDropped(x.expected.isEmpty());
            in.skip();
            return true;
        }
        boolean skippable = x.expected.maySkipNext();
        if (skippable && mustWait(current)) {
            return statements.holdForAnswers(in);
        }
        if (statements.isStillHeld() && !x.copy.isTakingData()) {
            return statements.hold(in);
        }
        if (x.rules.readsStatements()) {
            if (!in.isComplete() && in.bodyLength() <= READ_LIMIT) {
                return false;
            }
            SessionEffects effects = read(in);
            Rejection rejection = effects.isNone() ? null : rejections.of(effects);
            if (rejection != null) {
                rejections.refuseQuery(in, current, rejection);
                return true;
            }
            if (!effects.isNone()) {
                StatementNames text = effects.names();
                if (text != null && text.endsUntold()) {
                    x.server.statements().distrust();
                }
                // a server that takes the data of a COPY refuses the Query
                if (text != null && !x.copy.isTakingData() && names.concerns(text, current)) {
                    if (!x.expected.isEmpty() || names.isUnsettled()) {
                        // also for those of its own batch: if one of them fails, the Query is skipped
                        return statements.holdForAnswers(in);
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
                x.text.beginQuery(x.textForm(), in);
            }
        } else if (in.isComplete() && GlobalDdl.mayBeginIn(in.buffer(), in.bodyIndex(), in.bodyEnd())) {
            SessionEffects effects = read(in);
            if (effects.global() != null) {
                x.globalChange.onStatement(effects.global());
            }
        }
        x.batch.onExecute();
        Object before = x.unnamed.dropByQuery(current, skippable);
        x.expected.add(ExpectedReplies.QUERY, subject == null ? before : subject);
        if (x.split.takeHeadDone()) {
            forwardWithoutHead(in);
        } else {
            in.forward();
        }
        if (!x.text.isOpen()) {
            x.pause.onBatchEnd();
        }
        // what follows would be lost if the server refused what was sent ahead
        return !names.isFenced() || statements.hold(in);
    }

    private boolean mustWait(LinkedClient current) {
        ClientStatements known = current.knownStatements();
        return known != null && x.unnamed.mustWait(known);
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
        x.batch.onExecute();
        x.unnamed.dropByQuery(current, false);
        x.expected.add(ExpectedReplies.QUERY, SplitQuery.HEAD);
        x.split.onHeadSent();
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
    void readOn(MessageCursor in, LinkedClient current) {
        boolean parse = x.text.isOfParse();
        SessionEffects effects = x.text.readOn(in);
        if (effects == null) {
            return;
        }
        if (parse) {
            current.statements().longUnnamedDoes(effects);
            return;
        }
        if (!effects.isNone()) {
            x.touch(effects, current);
        }
        x.pause.onBatchEnd();
    }

    private SessionEffects read(MessageCursor in) {
        if (!in.isComplete()) {
            return scanner.scan(in.buffer(), in.bodyIndex(), in.arrivedEnd(), x.textForm())
                    .andMore();
        }
        return scanner.scan(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1, x.textForm());
    }
}
