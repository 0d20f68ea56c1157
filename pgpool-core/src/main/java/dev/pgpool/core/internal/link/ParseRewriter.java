package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A Parse with a name of the client: the statement is looked up or made, the client's name stands for it from now on, and the
 * server gets it under our own name if it lacks it; under the client's own where the {@link NameSpace} says so.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class ParseRewriter {
    private final Exchange x;
    private final ServerConnection server;
    private final StatementRegistry registry;
    private final Rejections rejections;
    private final NameSpace names;
    private final UnsettledNames unsettled;
    private final ServerCopies copies;
    private final ExpectedReplies expected;
    private final Outbox toServer;

    ParseRewriter(
            Exchange x,
            StatementRegistry registry,
            Rejections rejections,
            NameSpace names,
            UnsettledNames unsettled,
            ServerCopies copies) {
        this.x = x;
        this.server = x.server;
        this.registry = registry;
        this.rejections = rejections;
        this.names = names;
        this.unsettled = unsettled;
        this.copies = copies;
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /**
     * The name is all here.
     *
     * @param nameEnd index behind the name
     * @param first whether the client has sent nothing since the last ReadyForQuery
     */
    boolean parse(MessageCursor in, int nameEnd, boolean first, LinkedClient client, LaneCounters counters) {
        if (!in.isComplete()) {
            return false;
        }
        ClientStatements statements = client.statements();
        ByteBuf buf = in.buffer();
        Named taken = statements.find(buf, in.bodyIndex(), nameEnd);
        if (unsettled.isUnsettled(taken) || (taken != null && expected.owesReadyForQuery())) {
            // also a simple Query on its way may be a DEALLOCATE ALL
            return unsettled.hold(in);
        }
        counters.countClientParse();
        boolean natively = names.natives.isNative() && (taken == null || taken.isNativeIn(x.session));
        if (taken != null && !natively) {
            parseTakenName(in, nameEnd, taken, counters);
            return true;
        }
        Statement statement = registry.intern(buf, nameEnd + 1, in.bodyEnd(), copies.meaning(), x.textForm());
        Rejection rejection = rejections.ofParse(statement.effects());
        if (rejection != null) {
            rejections.refuseParse(in, statement.serverName(), rejection);
            return true;
        }
        names.provideFor(in, first, statement.effects().names(), client, counters);
        // also if all that the client has is native just now
        natively |= taken == null && names.natives.isNative();
        if (natively) {
            parseNatively(in, nameEnd, taken, statement, client, counters);
            return true;
        }
        statement = copies.apartIfNeeded(statement);
        Named named = statements.add(buf, in.bodyIndex(), nameEnd, statement, expected.batch());
        toServer.run(in.takeRun());
        if (copies.usable(named, statement) == null || x.transaction.isFailed() || expected.owesReadyForQuery()) {
            // also where the server has a copy: it is from before, or the server may have to refuse
            copies.sendParse(statement, ExpectedReplies.PARSE, named, named, counters);
        } else {
            expected.add(ExpectedReplies.PARSE | ExpectedReplies.FAKE, named);
        }
        in.skip();
        return true;
    }

    /** The client's names on this server are its own: the server says whether this one is taken. */
    private void parseNatively(
            MessageCursor in,
            int nameEnd,
            @Nullable Named taken,
            Statement statement,
            LinkedClient client,
            LaneCounters counters) {
        if (taken != null) {
            client.statements().remove(taken);
            unsettled.onNameGivenUp();
        }
        Named named = client.statements().add(in.buffer(), in.bodyIndex(), nameEnd, statement, expected.batch());
        names.natives.given(named);
        counters.countServerParse();
        expected.add(ExpectedReplies.PARSE, taken == null ? named : new NameSpace.Replacement(named, taken));
        in.forward();
        if (!x.bindsClients && statement.isOpen()) {
            toServer.run(in.takeRun());
            copies.askForTypes(named.name(), named, null);
        }
    }

    /**
     * The server says {@code 42P05} itself, so that the transaction fails as it must; or another error if it finds one in
     * the text first, which is why the text goes along.
     */
    private void parseTakenName(MessageCursor in, int nameEnd, Named taken, LaneCounters counters) {
        Statement statement = copies.current(taken);
        toServer.run(in.takeRun());
        if (server.statements().find(statement, expected.batch()) == null) {
            copies.sendParse(statement, ExpectedReplies.PARSE | ExpectedReplies.SKIP, statement, taken, counters);
        }
        int textLength = in.bodyEnd() - nameEnd - 1;
        toServer.space()
                .writeByte(FrontendType.PARSE)
                .writeInt(4 + statement.serverName().length + 1 + textLength)
                .writeBytes(statement.serverName())
                .writeByte(0)
                .writeBytes(in.buffer(), nameEnd + 1, textLength);
        expected.add(ExpectedReplies.DUPLICATE, taken);
        in.skip();
    }
}
