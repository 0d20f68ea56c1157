package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.Unnamed;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;

/**
 * The statement without a name, which every Parse without a name replaces. A client's last one is kept, and repeated on a server
 * that has another client's, before the message that uses it.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class UnnamedStatement {
    private static final byte[] NO_NAME = new byte[0];

    /** An unnamed statement up to this size is kept for later transactions; a larger one streams through. */
    private static final int UNNAMED_LIMIT = 1 << 20;

    private final Exchange x;
    private final ServerConnection server;
    private final Rejections rejections;
    private final NameSpace names;
    private final UnsettledNames unsettled;
    private final ExpectedReplies expected;
    private final Outbox toServer;
    private final StatementScanner scanner = new StatementScanner();

    UnnamedStatement(Exchange x, Rejections rejections, NameSpace names, UnsettledNames unsettled) {
        this.x = x;
        this.server = x.server;
        this.rejections = rejections;
        this.names = names;
        this.unsettled = unsettled;
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean parse(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        ClientStatements statements = client.statements();
        boolean large = in.bodyLength() > UNNAMED_LIMIT;
        if (!large && !in.isComplete()) {
            return false;
        }
        if (names.isUnsettled()) {
            return unsettled.hold(in);
        }
        if (x.unnamed.mustWait(statements)) {
            return unsettled.holdForAnswers(in);
        }
        SessionEffects effects = effects(in);
        boolean skippable = expected.maySkipNext();
        names.provideFor(in, first, effects.names(), client, counters);
        Unnamed change = x.unnamed.next(statements, skippable);
        Rejection rejection = rejections.ofParse(effects);
        if (rejection != null && !large) {
            statements.dropUnnamed();
            server.unnamed().becameNone();
            rejections.refuseParse(in, NO_NAME, rejection.inPlaceOf(change));
            return true;
        }
        if (large) {
            statements.longUnnamed(effects);
        } else {
            statements.unnamed(in.buffer(), in.bodyIndex() + 1, in.bodyEnd(), effects);
        }
        counters.countClientParse();
        counters.countServerParse();
        x.unnamed.parseSent(statements);
        expected.add(ExpectedReplies.PARSE, change);
        in.forward();
        return true;
    }

    /**
     * The unnamed statement that the server has may be another client's, or this client's from long ago: repeats this
     * client's last one, or sees to it that there is none. False if it is not certain yet which is the last one.
     */
    boolean prepare(MessageCursor in, LinkedClient client) {
        ClientStatements statements = client.statements();
        if (server.unnamed().is(statements, statements.unnamedVersion(), expected.batch())) {
            return true;
        }
        if (x.unnamed.isUnsettled()) {
            return false;
        }
        toServer.run(in.takeRun());
        if (statements.hasUnnamed()) {
            FrontendWriter.parse(toServer.space(), NO_NAME, statements.unnamedBody(), statements.unnamedLength());
            x.unnamed.parseSent(statements);
            expected.add(ExpectedReplies.PARSE | ExpectedReplies.SKIP, UnnamedChanges.CERTAIN);
        } else {
            FrontendWriter.closeStatement(toServer.space(), NO_NAME);
            expected.add(ExpectedReplies.CLOSE | ExpectedReplies.SKIP);
            server.unnamed().becameNone();
        }
        return true;
    }

    /** The client closes it. */
    boolean close(MessageCursor in, LinkedClient client) {
        if (x.unnamed.mustWait(client.statements())) {
            return unsettled.holdForAnswers(in);
        }
        Unnamed change = x.unnamed.next(client.statements(), expected.maySkipNext());
        client.statements().dropUnnamed();
        server.unnamed().becameNone();
        expected.add(ExpectedReplies.CLOSE, change);
        in.forward();
        return true;
    }

    private SessionEffects effects(MessageCursor in) {
        int text = in.bodyIndex() + 1;
        if (!x.rules.readsStatements() && !GlobalDdl.mayBeginIn(in.buffer(), text, in.arrivedEnd())) {
            return SessionEffects.NONE;
        }
        int textEnd = MessageReader.endOfString(in.buffer(), text, in.arrivedEnd());
        if (textEnd < 0 && in.isComplete()) {
            throw new WireViolation(PoolerError.CLIENT_PROTOCOL_VIOLATION, "query is not terminated");
        }
        if (textEnd >= 0) {
            return scanner.scan(in.buffer(), text, textEnd, x.textForm());
        }
        x.text.beginParse(x.textForm(), in, text);
        return SessionEffects.NONE;
    }
}
