package dev.pgpool.core.internal.link;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.ServerStatements;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Makes a client's prepared statements work on whichever server it is linked to. The four messages that name a
 * statement pass through here: the name becomes the server's, a Parse that the server lacks goes ahead of the message,
 * and what the server need not hear is answered in its place in the order of replies.
 *
 * <p>Names that the client never prepared go through unchanged: the server answers {@code 26000} with all its
 * consequences for the transaction, or knows the name from a {@code PREPARE}.
 *
 * <p>Each method returns false if it needs more bytes than have arrived; then nothing has happened.
 */
final class StatementRewriter {
    /** Marks the Parse of the unnamed statement among the expected replies. */
    static final Object UNNAMED = new Object();

    /** Marks one that, if it is skipped, leaves an unknown one; then there is none any more. */
    static final Object UNCERTAIN = new Object();

    /** As PostgreSQL says it where the statement was prepared, in the way that pgjdbc recognises it by. */
    private static final Rejection CHANGED = new Rejection(
            new ErrorFields("ERROR", "0A000", "cached plan must not change result type", null, null),
            "RevalidateCachedQuery");

    /** Marks the Describe that asks which types a server has inferred for the parameters of a name's statement. */
    record Inference(Named named, @Nullable Copy copy) {}

    private static final byte[] NO_NAME = new byte[0];
    /** A name that is still not all here by then has no end: looking for it at each read would be quadratic. */
    private static final int NAME_LIMIT = 1 << 20;

    /** An unnamed statement up to this size is kept for later transactions; a larger one streams through. */
    private static final int UNNAMED_LIMIT = 1 << 20;

    private final Exchange x;
    private final ServerConnection server;
    private final StatementRegistry registry;
    private final Rejections rejections;
    private final NameSpace names;
    private final StatementScanner scanner = new StatementScanner();
    private final ExpectedReplies expected;
    private final Outbox toServer;
    /** The batch in which the client last gave up a name. */
    private long closedIn;
    /** The batch in which the client's unnamed statement last changed. */
    private long unnamedIn;

    /** What the unnamed portal runs; null if that is not a statement with a name. */
    private @Nullable Named lastBound;

    private boolean holding;

    StatementRewriter(Exchange x, StatementRegistry registry, Rejections rejections, NameSpace names) {
        this.rejections = rejections;
        this.names = names;
        this.x = x;
        this.server = x.server;
        this.registry = registry;
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /** A new client begins: what was uncertain is another's. */
    void begin() {
        closedIn = 0;
        unnamedIn = 0;
        holding = false;
        lastBound = null;
        names.begin();
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean parse(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        ByteBuf buf = in.buffer();
        int nameEnd = stringEnd(in, in.bodyIndex(), "statement name");
        if (nameEnd < 0) {
            return false;
        }
        if (nameEnd == in.bodyIndex()) {
            return parseUnnamed(in, first, client, counters);
        }
        if (!in.isComplete()) {
            return false;
        }
        ClientStatements statements = client.statements();
        Named taken = statements.find(buf, in.bodyIndex(), nameEnd);
        if (isUnsettled(taken) || (taken != null && expected.owesReadyForQuery())) {
            // also a simple Query on its way may be a DEALLOCATE ALL
            return hold(in);
        }
        counters.countClientParse();
        boolean natively = names.isNative() && (taken == null || taken.isNativeIn(x.session));
        if (taken != null && !natively) {
            parseTakenName(in, nameEnd, taken, counters);
            return true;
        }
        Statement statement = registry.intern(buf, nameEnd + 1, in.bodyEnd(), meaning(), x.textForm());
        Rejection rejection = rejectionOf(statement.effects());
        if (rejection != null) {
            rejectParse(in, statement.serverName(), rejection);
            return true;
        }
        provide(in, first, statement.effects().names(), client, counters);
        // also if all that the client has is native just now
        natively |= taken == null && names.isNative();
        if (natively) {
            parseNatively(in, nameEnd, taken, statement, client, counters);
            return true;
        }
        statement = apartIfNeeded(statement);
        Named named = statements.add(buf, in.bodyIndex(), nameEnd, statement, expected.batch());
        toServer.run(in.takeRun());
        if (usable(named, statement) == null || x.status == TransactionStatus.FAILED || expected.owesReadyForQuery()) {
            // also where the server has a copy: it is from before, or the server may have to refuse
            sendParse(statement, ExpectedReplies.PARSE, named, named, counters);
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
            closedIn = expected.batch();
        }
        Named named = client.statements().add(in.buffer(), in.bodyIndex(), nameEnd, statement, expected.batch());
        names.given(named);
        counters.countServerParse();
        expected.add(ExpectedReplies.PARSE, taken == null ? named : new NameSpace.Replacement(named, taken));
        in.forward();
        if (!x.bindsClients && statement.isOpen()) {
            toServer.run(in.takeRun());
            askForTypes(named.name(), named, null);
        }
    }

    /**
     * A statement of its own if the copy that the server has must stay as it is: another name of this session stands for
     * it, and what the text means may have changed since; or the server is going to refuse the new one.
     */
    private Statement apartIfNeeded(Statement statement) {
        if (isExecution(statement)) {
            // what it returns is decided by another name of this client
            return registry.apart(statement);
        }
        Copy present = statement.isTimeless() ? null : server.statements().find(statement, expected.batch());
        return present != null && (present.isHeld(x.session) || x.status == TransactionStatus.FAILED)
                ? registry.apart(statement)
                : statement;
    }

    /**
     * The server says {@code 42P05} itself, so that the transaction fails as it must; or another error if it finds one in
     * the text first, which is why the text goes along.
     */
    private void parseTakenName(MessageCursor in, int nameEnd, Named taken, LaneCounters counters) {
        Statement statement = current(taken);
        toServer.run(in.takeRun());
        if (server.statements().find(statement, expected.batch()) == null) {
            sendParse(statement, ExpectedReplies.PARSE | ExpectedReplies.SKIP, statement, taken, counters);
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

    private boolean parseUnnamed(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        ClientStatements statements = client.statements();
        boolean large = in.bodyLength() > UNNAMED_LIMIT;
        if (!large && !in.isComplete()) {
            return false;
        }
        if (names.isUnsettled()) {
            return hold(in);
        }
        SessionEffects effects = unnamedEffects(in);
        provide(in, first, effects.names(), client, counters);
        Object before = unnamedBefore(statements);
        Rejection rejection = rejectionOf(effects);
        if (rejection != null && !large) {
            statements.dropUnnamed();
            server.unnamedBecame(null, 0, 0);
            rejectParse(in, NO_NAME, rejection);
            return true;
        }
        if (large) {
            statements.longUnnamed(effects);
        } else {
            statements.unnamed(in.buffer(), in.bodyIndex() + 1, in.bodyEnd(), effects);
        }
        counters.countClientParse();
        counters.countServerParse();
        server.unnamedBecame(statements, statements.unnamedVersion(), expected.batch());
        expected.add(ExpectedReplies.PARSE, before);
        in.forward();
        return true;
    }

    private SessionEffects unnamedEffects(MessageCursor in) {
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
        x.longText.begin(x.textForm());
        x.longText.feed(in.buffer(), text, in.arrivedEnd());
        x.longParse = true;
        return SessionEffects.NONE;
    }

    private @Nullable Rejection rejectionOf(SessionEffects effects) {
        return effects.isNone() ? null : rejections.ofParse(effects);
    }

    private void rejectParse(MessageCursor in, byte[] serverName, Rejection rejection) {
        toServer.run(in.takeRun());
        byte[] body = Rejection.parseBody();
        FrontendWriter.parse(toServer.space(), serverName, body, body.length);
        expected.add(ExpectedReplies.PARSE, rejection);
        in.skip();
    }

    /** A statement that may change the session is about to run; true if it was refused instead. */
    private boolean touchesSession(MessageCursor in, LinkedClient client, SessionEffects effects) {
        Rejection rejection = rejections.of(effects);
        if (rejection == null) {
            x.touch(effects, client);
            return false;
        }
        rejectBind(in, rejection);
        return true;
    }

    private void rejectBind(MessageCursor in, Rejection rejection) {
        toServer.run(in.takeRun());
        toServer.space()
                .writeByte(FrontendType.BIND)
                .writeInt(4 + 1 + Rejection.NAME.length + 1 + 6)
                .writeByte(0)
                .writeBytes(Rejection.NAME)
                .writeByte(0)
                .writeZero(6);
        expected.add(ExpectedReplies.BIND, rejection);
        in.skip();
    }

    /** Whether the client asks for the rows' description anew; if not, it relies on what it was told before. */
    private static boolean isDescribeNext(MessageCursor in) {
        return in.bodyEnd() < in.buffer().writerIndex() && in.buffer().getByte(in.bodyEnd()) == FrontendType.DESCRIBE;
    }

    /**
     * What another server's copy of a statement returns may differ from what the client was told, if a table was changed
     * meanwhile. Asks this server once; false until it has answered.
     */
    private boolean isShapeKnown(MessageCursor in, Named named, Statement statement, LaneCounters counters) {
        Copy copy = usable(named, statement);
        if (copy != null && copy.shape() != 0) {
            return true;
        }
        if (copy == null || !expected.isPending(ExpectedReplies.DESCRIBE, statement)) {
            prepare(in, named, statement, counters);
            toServer.run(in.takeRun());
            FrontendWriter.describeStatement(toServer.space(), statement.serverName());
            FrontendWriter.flush(toServer.space());
            expected.add(ExpectedReplies.DESCRIBE | ExpectedReplies.SKIP, statement);
        }
        return false;
    }

    /** What must come back if the server skips the next message: something ahead of it in its batch may fail. */
    private Object unnamedBefore(ClientStatements statements) {
        boolean unsettled = expected.isUnsettled(unnamedIn);
        unnamedIn = expected.batch();
        if (expected.endsInReadyForQuery()) {
            return UNNAMED;
        }
        return unsettled ? UNCERTAIN : statements.takeUnnamed();
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean bind(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        ByteBuf buf = in.buffer();
        int portal = in.bodyIndex();
        int portalEnd = stringEnd(in, portal, "portal name");
        int nameEnd = portalEnd < 0 ? -1 : stringEnd(in, portalEnd + 1, "statement name");
        if (nameEnd < 0) {
            return false;
        }
        if (nameEnd == portalEnd + 1) {
            lastBound = null;
            SessionEffects effects = client.statements().unnamedEffects();
            if (!bindNames(in, first, portalEnd, effects.names(), client, counters) || !prepareUnnamed(in, client)) {
                return hold(in);
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
        if (isUnsettled(named) || !bindNames(in, first, portalEnd, text, client, counters)) {
            return hold(in);
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
        Statement statement = current(named);
        boolean relies = named.shape() != 0 && !isDescribeNext(in);
        if (relies && !isShapeKnown(in, named, statement, counters)) {
            return hold(in);
        }
        counters.countBind();
        if (relies && server.statements().shape(statement) != named.shape()) {
            // the same text makes another statement from now on
            statement.goStale();
            rejectBind(in, CHANGED);
            return true;
        }
        if (!statement.effects().isNone() && touchesSession(in, client, statement.effects())) {
            return true;
        }
        byte[] serverName = statement.serverName();
        prepare(in, named, statement, counters);
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

    /** The server gets what the text executes or shows. */
    private void provide(
            MessageCursor in,
            boolean first,
            @Nullable StatementNames text,
            LinkedClient client,
            LaneCounters counters) {
        if (text != null && names.concerns(text, client)) {
            toServer.run(in.takeRun());
            names.provide(text, client, counters, first && x.status == TransactionStatus.IDLE);
        }
    }

    /** What a portal names of statements; false if that has to wait. */
    private boolean bindNames(
            MessageCursor in,
            boolean first,
            int portalEnd,
            @Nullable StatementNames text,
            LinkedClient client,
            LaneCounters counters) {
        if (text == null && !names.hasPortals()) {
            return true;
        }
        if (names.isUnsettled()) {
            return false;
        }
        if (text != null && text.endsUntold()) {
            server.statements().distrust();
        }
        names.bound(in.buffer().toString(in.bodyIndex(), portalEnd - in.bodyIndex(), ISO_8859_1), text);
        provide(in, first, text, client, counters);
        return true;
    }

    boolean describe(MessageCursor in, LinkedClient client, LaneCounters counters) {
        if (!in.isComplete()) {
            return false;
        }
        if (isStatement(in)) {
            int nameEnd = stringEnd(in, in.bodyIndex() + 1, "statement name");
            if (nameEnd == in.bodyIndex() + 1) {
                if (names.isUnsettled()) {
                    return hold(in);
                }
                provide(in, false, client.statements().unnamedEffects().names(), client, counters);
                if (!prepareUnnamed(in, client)) {
                    return hold(in);
                }
            } else {
                Named named = client.statements().find(in.buffer(), in.bodyIndex() + 1, nameEnd);
                if (isUnsettled(named)) {
                    return hold(in);
                }
                if (named != null) {
                    provide(in, false, named.statement().effects().names(), client, counters);
                }
                if (named != null && named.isNativeIn(x.session)) {
                    expected.add(ExpectedReplies.DESCRIBE, named);
                    in.forward();
                    return true;
                }
                if (named != null) {
                    Statement statement = current(named);
                    prepare(in, named, statement, counters);
                    toServer.run(in.takeRun());
                    FrontendWriter.describeStatement(toServer.space(), statement.serverName());
                    expected.add(ExpectedReplies.DESCRIBE, named);
                    in.skip();
                    return true;
                }
            }
        }
        expected.add(ExpectedReplies.DESCRIBE, toldBy(in));
        in.forward();
        return true;
    }

    /** The statement whose rows a Describe of a portal tells the client, if it is news. */
    private @Nullable Named toldBy(MessageCursor in) {
        Named bound = lastBound;
        if (bound == null || in.bodyLength() != 2 || isStatement(in)) {
            return null;
        }
        int known = bound.shape();
        return known != 0 && known == server.statements().shape(bound.statement()) ? null : bound;
    }

    boolean close(MessageCursor in, LinkedClient client) {
        if (!in.isComplete()) {
            return false;
        }
        if (isStatement(in)) {
            int nameEnd = stringEnd(in, in.bodyIndex() + 1, "statement name");
            if (nameEnd == in.bodyIndex() + 1) {
                Object before = unnamedBefore(client.statements());
                client.statements().dropUnnamed();
                server.unnamedBecame(null, 0, 0);
                expected.add(ExpectedReplies.CLOSE, before);
                in.forward();
                return true;
            } else {
                Named named = client.statements().find(in.buffer(), in.bodyIndex() + 1, nameEnd);
                if (isUnsettled(named)) {
                    return hold(in);
                }
                if (named != null && named.isNativeIn(x.session)) {
                    closedIn = expected.batch();
                    client.statements().remove(named);
                    expected.add(ExpectedReplies.CLOSE, named);
                    in.forward();
                    return true;
                }
                if (named != null) {
                    closedIn = expected.batch();
                    // the server keeps it for the others
                    client.statements().remove(named);
                    Copy copy = named.copy();
                    if (copy != null) {
                        copy.letGo(x.session);
                    }
                    toServer.run(in.takeRun());
                    if (names.mayHave(named)) {
                        names.close(named.name(), null);
                    }
                    expected.add(ExpectedReplies.CLOSE | ExpectedReplies.FAKE, named);
                    in.skip();
                    return true;
                }
            }
        }
        expected.add(ExpectedReplies.CLOSE);
        in.forward();
        return true;
    }

    /**
     * Whether it is not certain yet what a name stands for: an earlier batch, which may still fail, has given it or has
     * given one up.
     */
    private boolean isUnsettled(@Nullable Named named) {
        return expected.isUnsettled(closedIn)
                || (named != null && expected.isUnsettled(named.batch()))
                || names.isUnsettled();
    }

    /** The message has to wait for the answer to earlier ones. */
    boolean hold(MessageCursor in) {
        if (names.isUnsettled() && !expected.endsInReadyForQuery()) {
            toServer.run(in.takeRun());
            FrontendWriter.flush(toServer.space());
        }
        holding = true;
        return false;
    }

    /** Whether a message waits for the end of an earlier batch; it does not any more after this. */
    boolean takeHolding() {
        boolean was = holding;
        holding = false;
        return was;
    }

    boolean isHolding() {
        return holding;
    }

    /** What a statement's text is read under on this server now. */
    private Object meaning() {
        Object alone = x.mayReturn() ? x.pins.ownMeaning() : x.bound ? x.pins.meaning() : null;
        return alone == null ? server.parameters().meaning() : alone;
    }

    /** The statement that a name stands for on this server now, with the parameters that it has had from the start. */
    private Statement current(Named named) {
        Statement statement = meant(named);
        int[] types = named.types();
        if (types != null && statement.isOpen() && usable(named, statement) == null) {
            statement = registry.typed(statement, types);
            named.become(statement);
        }
        return statement;
    }

    /**
     * The statement under the client's present settings. PostgreSQL would keep some of what it read under earlier ones;
     * we can't, because the statement on the server is other clients' too.
     */
    @SuppressWarnings("ReferenceEquality") // meanings are compared by identity
    private Statement meant(Named named) {
        Statement statement = named.statement();
        if (isExecution(statement)) {
            return usable(named, statement) != null ? statement : apart(named);
        }
        Object meaning = meaning();
        if (meaning == x.pins.privately()) {
            // what this server has already, PostgreSQL reads again whenever its names stand for something else
            return usable(named, statement) != null ? statement : apart(named);
        }
        if (statement.meaning() != meaning || statement.isStale()) {
            statement = registry.variant(statement, meaning);
            named.become(statement);
        }
        return statement;
    }

    /** Whether the statement executes another one of its client's. */
    private static boolean isExecution(Statement statement) {
        StatementNames text = statement.effects().names();
        return text != null && text.has(StatementNames.Verb.EXECUTE);
    }

    /** What no other client shares; the same again and again, since what is private to a transaction often recurs. */
    private Statement apart(Named named) {
        Object settings = server.parameters().meaning();
        Statement alone = named.apart(settings);
        if (alone == null || alone.isStale()) {
            int[] types = named.types();
            Statement statement = named.statement();
            alone = registry.apart(types != null && statement.isOpen() ? registry.typed(statement, types) : statement);
        }
        named.becomeApart(alone, settings);
        return alone;
    }

    /** The server's copy of a statement, if it was parsed no earlier than the client's own Parse; else null. */
    private @Nullable Copy usable(Named named, Statement statement) {
        Copy copy = server.statements().find(statement, expected.batch());
        return copy != null && named.accepts(copy) ? copy : null;
    }

    /** Sees to it that the server has a copy of the statement that is good for this name when the next message arrives. */
    private void prepare(MessageCursor in, Named named, Statement statement, LaneCounters counters) {
        if (usable(named, statement) == null) {
            toServer.run(in.takeRun());
            sendParse(statement, ExpectedReplies.PARSE | ExpectedReplies.SKIP, statement, named, counters);
        }
    }

    /** @param named the name that it is parsed for */
    private void sendParse(Statement statement, int code, Object subject, Named named, LaneCounters counters) {
        ServerStatements statements = server.statements();
        if (expected.hasSync() || statements.mayHave(statement)) {
            // it may be an older copy; or an earlier batch may fail, so that it is there or not: this is right either
            // way
            sendClose(statement, null);
        }
        FrontendWriter.parse(
                toServer.space(), statement.serverName(), statement.parseBody(), statement.parseBody().length);
        expected.add(code, subject);
        Copy copy = statements.sent(statement, expected.batch(), registry.clock());
        copy.hold(x.session);
        named.copied(copy);
        if ((code & ExpectedReplies.SKIP) == 0 && statement.isOpen()) {
            askForTypes(statement.serverName(), named, copy);
        }
        counters.countServerParse();
        Statement evicted = statements.evict();
        while (evicted != null) {
            sendClose(evicted, evicted);
            evicted = statements.evict();
        }
    }

    /** What the server infers now for the parameters of the client's own Parse holds on all other servers, too. */
    private void askForTypes(byte[] name, Named named, @Nullable Copy copy) {
        FrontendWriter.describeStatement(toServer.space(), name);
        expected.add(ExpectedReplies.DESCRIBE | ExpectedReplies.SKIP, new Inference(named, copy));
    }

    private void sendClose(Statement statement, @Nullable Statement evicted) {
        FrontendWriter.closeStatement(toServer.space(), statement.serverName());
        expected.add(ExpectedReplies.CLOSE | ExpectedReplies.SKIP, evicted);
    }

    /**
     * The unnamed statement that the server has may be another client's, or this client's from long ago: repeats this
     * client's last one, or sees to it that there is none. False if it is not certain yet which is the last one.
     */
    private boolean prepareUnnamed(MessageCursor in, LinkedClient client) {
        ClientStatements statements = client.statements();
        if (server.hasUnnamedOf(statements, statements.unnamedVersion(), expected.batch())) {
            return true;
        }
        if (expected.isUnsettled(unnamedIn)) {
            return false;
        }
        toServer.run(in.takeRun());
        if (statements.hasUnnamed()) {
            FrontendWriter.parse(toServer.space(), NO_NAME, statements.unnamedBody(), statements.unnamedLength());
            expected.add(ExpectedReplies.PARSE | ExpectedReplies.SKIP, UNNAMED);
            server.unnamedBecame(statements, statements.unnamedVersion(), expected.batch());
        } else {
            FrontendWriter.closeStatement(toServer.space(), NO_NAME);
            expected.add(ExpectedReplies.CLOSE | ExpectedReplies.SKIP);
            server.unnamedBecame(null, 0, 0);
        }
        return true;
    }

    private static boolean isStatement(MessageCursor in) {
        return in.bodyLength() > 0 && in.buffer().getByte(in.bodyIndex()) == FrontendType.TARGET_STATEMENT;
    }

    /** Index of the terminator, or -1 if the message is incomplete and it may still come. */
    private static int stringEnd(MessageCursor in, int from, String what) {
        int end = MessageReader.endOfString(in.buffer(), from, in.arrivedEnd());
        if (end < 0 && (in.isComplete() || in.arrivedEnd() - from > NAME_LIMIT)) {
            throw new WireViolation(PoolerError.CLIENT_PROTOCOL_VIOLATION, what + " is not terminated");
        }
        return end;
    }
}
