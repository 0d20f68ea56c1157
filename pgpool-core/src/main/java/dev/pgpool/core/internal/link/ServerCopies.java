package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.ServerStatements;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/**
 * The copies of a client's statements on the server that it is linked to: which statement a name stands for there, whether the
 * server has a copy that is good for this client, and what it takes to give it one.
 *
 * <p>A copy is good if it was parsed under the settings that the client has now, and no earlier than the client's own Parse.
 * Part of a link, confined to its event loop. Hot path.
 */
final class ServerCopies {
    /** Marks the Describe that asks which types a server has inferred for the parameters of a name's statement. */
    record Inference(Named named, @Nullable Copy copy) {}

    private final Exchange x;
    private final ServerConnection server;
    private final StatementRegistry registry;
    private final ExpectedReplies expected;
    private final Outbox toServer;

    ServerCopies(Exchange x, StatementRegistry registry) {
        this.x = x;
        this.server = x.server;
        this.registry = registry;
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /** What a statement's text is read under on this server now. */
    Object meaning() {
        Object alone = x.mayReturn() ? x.pins.ownMeaning() : x.isBound() ? x.pins.meaning() : null;
        return alone == null ? server.parameters().meaning() : alone;
    }

    /** The statement that a name stands for on this server now, with the parameters that it has had from the start. */
    Statement current(Named named) {
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

    /**
     * A statement of its own if the copy that the server has must stay as it is: another name of this session stands for
     * it, and what the text means may have changed since; or the server is going to refuse the new one.
     */
    Statement apartIfNeeded(Statement statement) {
        if (isExecution(statement)) {
            // what it returns is decided by another name of this client
            return registry.apart(statement);
        }
        Copy present = statement.isTimeless() ? null : server.statements().find(statement, expected.batch());
        return present != null && (present.isHeld(x.session) || x.transaction.isFailed())
                ? registry.apart(statement)
                : statement;
    }

    /** The server's copy of a statement, if it was parsed no earlier than the client's own Parse; else null. */
    @Nullable
    Copy usable(Named named, Statement statement) {
        Copy copy = server.statements().find(statement, expected.batch());
        return copy != null && named.accepts(copy) ? copy : null;
    }

    /**
     * What another server's copy of a statement returns may differ from what the client was told, if a table was changed
     * meanwhile. Asks this server once; false until it has answered.
     */
    boolean isShapeKnown(MessageCursor in, Named named, Statement statement, LaneCounters counters) {
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

    /** Sees to it that the server has a copy of the statement that is good for this name when the next message arrives. */
    void prepare(MessageCursor in, Named named, Statement statement, LaneCounters counters) {
        if (usable(named, statement) == null) {
            toServer.run(in.takeRun());
            sendParse(statement, ExpectedReplies.PARSE | ExpectedReplies.SKIP, statement, named, counters);
        }
    }

    /** @param named the name that it is parsed for */
    void sendParse(Statement statement, int code, Object subject, Named named, LaneCounters counters) {
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
    void askForTypes(byte[] name, Named named, @Nullable Copy copy) {
        FrontendWriter.describeStatement(toServer.space(), name);
        expected.add(ExpectedReplies.DESCRIBE | ExpectedReplies.SKIP, new Inference(named, copy));
    }

    private void sendClose(Statement statement, @Nullable Statement evicted) {
        FrontendWriter.closeStatement(toServer.space(), statement.serverName());
        expected.add(ExpectedReplies.CLOSE | ExpectedReplies.SKIP, evicted);
    }
}
