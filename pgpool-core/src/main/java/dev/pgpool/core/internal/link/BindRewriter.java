package dev.pgpool.core.internal.link;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A Bind: the server has a copy of the statement when it arrives, and the name in it becomes the server's. If what the statement
 * returns may have changed since the client was told of it, the server is asked first.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class BindRewriter {
    /** As PostgreSQL says it where the statement was prepared, in the way that pgjdbc recognises it by. */
    private static final Rejection CHANGED = new Rejection(
            new ErrorFields("ERROR", "0A000", "cached plan must not change result type", null, null),
            "RevalidateCachedQuery");

    private final Exchange x;
    private final ServerConnection server;
    private final Rejections rejections;
    private final NameSpace names;
    private final UnsettledNames unsettled;
    private final UnnamedStatement unnamed;
    private final ServerCopies copies;
    private final ExpectedReplies expected;
    private final Outbox toServer;
    /** What the unnamed portal runs; null if that is not a statement with a name. */
    private @Nullable Named lastBound;

    BindRewriter(
            Exchange x,
            Rejections rejections,
            NameSpace names,
            UnsettledNames unsettled,
            UnnamedStatement unnamed,
            ServerCopies copies) {
        this.x = x;
        this.server = x.server;
        this.rejections = rejections;
        this.names = names;
        this.unsettled = unsettled;
        this.unnamed = unnamed;
        this.copies = copies;
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /** A new client begins. */
    void begin() {
        lastBound = null;
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean bind(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        ByteBuf buf = in.buffer();
        int portal = in.bodyIndex();
        int portalEnd = NameReader.stringEnd(in, portal, "portal name");
        int nameEnd = portalEnd < 0 ? -1 : NameReader.stringEnd(in, portalEnd + 1, "statement name");
        if (nameEnd < 0) {
            return false;
        }
        if (nameEnd == portalEnd + 1) {
            lastBound = null;
            SessionEffects effects = client.statements().unnamedEffects();
            if (!bindNames(in, first, portalEnd, effects.names(), client, counters) || !unnamed.prepare(in, client)) {
                return unsettled.hold(in);
            }
            counters.countBind();
            if (!effects.isNone() && touchesSession(in, client, effects)) {
                return true;
            }
            expected.add(ExpectedReplies.BIND);
            in.forward();
            return true;
        }
        Named named = client.statements().find(buf, portalEnd + 1, nameEnd);
        StatementNames text = named == null ? null : named.statement().effects().names();
        if (unsettled.isUnsettled(named) || !bindNames(in, first, portalEnd, text, client, counters)) {
            return unsettled.hold(in);
        }
        lastBound = portal == portalEnd ? named : null;
        if (named == null || named.isNativeIn(x.session)) {
            counters.countBind();
            SessionEffects effects =
                    named == null ? SessionEffects.NONE : named.statement().effects();
            if (!effects.isNone() && touchesSession(in, client, effects)) {
                return true;
            }
            expected.add(ExpectedReplies.BIND, named);
            in.forward();
            return true;
        }
        Statement statement = copies.current(named);
        boolean relies = named.shape() != 0 && !isDescribeNext(in);
        if (relies && !copies.isShapeKnown(in, named, statement, counters)) {
            return unsettled.hold(in);
        }
        counters.countBind();
        if (relies && server.statements().shape(statement) != named.shape()) {
            // the same text makes another statement from now on
            statement.goStale();
            rejections.refuseBind(in, CHANGED);
            return true;
        }
        if (!statement.effects().isNone() && touchesSession(in, client, statement.effects())) {
            return true;
        }
        byte[] serverName = statement.serverName();
        copies.prepare(in, named, statement, counters);
        toServer.run(in.takeRun());
        int growth = serverName.length - (nameEnd - portalEnd - 1);
        toServer.space()
                .writeByte(FrontendType.BIND)
                .writeInt(4 + in.bodyLength() + growth)
                .writeBytes(buf, portal, portalEnd + 1 - portal)
                .writeBytes(serverName)
                .writeByte(0);
        expected.add(ExpectedReplies.BIND, named);
        in.forwardFrom(nameEnd + 1);
        return true;
    }

    /** What a portal names of statements; false if that has to wait. */
    private boolean bindNames(
            MessageCursor in,
            boolean first,
            int portalEnd,
            @Nullable StatementNames text,
            LinkedClient client,
            LaneCounters counters) {
        if (text == null && names.portals.isEmpty()) {
            return true;
        }
        if (names.isUnsettled()) {
            return false;
        }
        if (text != null && text.endsUntold()) {
            server.statements().distrust();
        }
        names.portals.bound(in.buffer().toString(in.bodyIndex(), portalEnd - in.bodyIndex(), ISO_8859_1), text);
        names.provideFor(in, first, text, client, counters);
        return true;
    }

    /** A statement that may change the session is about to run; true if it was refused instead. */
    private boolean touchesSession(MessageCursor in, LinkedClient client, SessionEffects effects) {
        Rejection rejection = rejections.of(effects);
        if (rejection == null) {
            x.touch(effects, client);
            return false;
        }
        rejections.refuseBind(in, rejection);
        return true;
    }

    /** Whether the client asks for the rows' description anew; if not, it relies on what it was told before. */
    private static boolean isDescribeNext(MessageCursor in) {
        return in.bodyEnd() < in.buffer().writerIndex() && in.buffer().getByte(in.bodyEnd()) == FrontendType.DESCRIBE;
    }

    /** The statement whose rows this Describe of a portal tells the client, if it is news. */
    @Nullable
    Named toldBy(MessageCursor in) {
        Named bound = lastBound;
        if (bound == null || in.bodyLength() != 2) {
            return null;
        }
        int known = bound.shape();
        return known != 0 && known == server.statements().shape(bound.statement()) ? null : bound;
    }
}
