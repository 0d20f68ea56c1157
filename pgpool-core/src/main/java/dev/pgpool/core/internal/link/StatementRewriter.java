package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;

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
    private final Exchange x;
    private final NameSpace names;
    private final UnsettledNames unsettled;
    private final UnnamedStatement unnamed;
    private final ServerCopies copies;
    private final ParseRewriter parses;
    private final BindRewriter binds;
    private final ExpectedReplies expected;
    private final Outbox toServer;

    StatementRewriter(Exchange x, StatementRegistry registry, Rejections rejections, NameSpace names) {
        this.x = x;
        this.names = names;
        this.unsettled = new UnsettledNames(x, names);
        this.unnamed = new UnnamedStatement(x, rejections, names, unsettled);
        this.copies = new ServerCopies(x, registry);
        this.parses = new ParseRewriter(x, registry, rejections, names, unsettled, copies);
        this.binds = new BindRewriter(x, rejections, names, unsettled, unnamed, copies);
        this.expected = x.expected;
        this.toServer = x.toServer;
    }

    /** A new client begins: what was uncertain belonged to another client. */
    void begin() {
        unsettled.begin();
        binds.begin();
        names.begin();
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean parse(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        int nameEnd = NameReader.stringEnd(in, in.bodyIndex(), "statement name");
        if (nameEnd < 0) {
            return false;
        }
        return nameEnd == in.bodyIndex()
                ? unnamed.parse(in, first, client, counters)
                : parses.parse(in, nameEnd, first, client, counters);
    }

    /** @param first whether the client has sent nothing since the last ReadyForQuery */
    boolean bind(MessageCursor in, boolean first, LinkedClient client, LaneCounters counters) {
        return binds.bind(in, first, client, counters);
    }

    boolean describe(MessageCursor in, LinkedClient client, LaneCounters counters) {
        if (!in.isComplete()) {
            return false;
        }
        if (!NameReader.isStatement(in)) {
            expected.add(ExpectedReplies.DESCRIBE, binds.toldBy(in));
            in.forward();
            return true;
        }
        int nameEnd = NameReader.stringEnd(in, in.bodyIndex() + 1, "statement name");
        if (nameEnd == in.bodyIndex() + 1) {
            return describeUnnamed(in, client, counters);
        }
        Named named = client.statements().find(in.buffer(), in.bodyIndex() + 1, nameEnd);
        if (unsettled.isUnsettled(named)) {
            return unsettled.hold(in);
        }
        if (named != null) {
            names.provideFor(in, false, named.statement().effects().names(), client, counters);
        }
        if (named == null || named.isNativeIn(x.session)) {
            expected.add(ExpectedReplies.DESCRIBE, named);
            in.forward();
            return true;
        }
        Statement statement = copies.current(named);
        copies.prepare(in, named, statement, counters);
        toServer.run(in.takeRun());
        FrontendWriter.describeStatement(toServer.space(), statement.serverName());
        expected.add(ExpectedReplies.DESCRIBE, named);
        in.skip();
        return true;
    }

    private boolean describeUnnamed(MessageCursor in, LinkedClient client, LaneCounters counters) {
        if (names.isUnsettled()) {
            return unsettled.hold(in);
        }
        names.provideFor(in, false, client.statements().unnamedEffects().names(), client, counters);
        if (!unnamed.prepare(in, client)) {
            return unsettled.hold(in);
        }
        expected.add(ExpectedReplies.DESCRIBE);
        in.forward();
        return true;
    }

    boolean close(MessageCursor in, LinkedClient client) {
        if (!in.isComplete()) {
            return false;
        }
        if (!NameReader.isStatement(in)) {
            expected.add(ExpectedReplies.CLOSE);
            in.forward();
            return true;
        }
        int nameEnd = NameReader.stringEnd(in, in.bodyIndex() + 1, "statement name");
        if (nameEnd == in.bodyIndex() + 1) {
            return unnamed.close(in, client);
        }
        Named named = client.statements().find(in.buffer(), in.bodyIndex() + 1, nameEnd);
        if (unsettled.isUnsettled(named)) {
            return unsettled.hold(in);
        }
        if (named != null) {
            unsettled.onNameGivenUp();
            client.statements().remove(named);
        }
        if (named == null || named.isNativeIn(x.session)) {
            expected.add(ExpectedReplies.CLOSE, named);
            in.forward();
            return true;
        }
        // the server keeps it for the other clients
        Copy copy = named.copy();
        if (copy != null) {
            copy.letGo(x.session);
        }
        toServer.run(in.takeRun());
        if (names.natives.mayHave(named)) {
            names.natives.close(named.name(), null);
        }
        expected.add(ExpectedReplies.CLOSE | ExpectedReplies.FAKE, named);
        in.skip();
        return true;
    }

    /** The message has to wait for the answer to earlier ones. */
    boolean hold(MessageCursor in) {
        return unsettled.hold(in);
    }

    /** The message has to wait until all before it is answered. */
    boolean holdForAnswers(MessageCursor in) {
        return unsettled.holdForAnswers(in);
    }

    /** Whether a simple Query that had to wait still has to. */
    boolean isStillHeld() {
        return unsettled.isStillHeld();
    }

    /** Whether a message waits for answers to earlier ones; it does not any more after this. */
    boolean takeHolding() {
        return unsettled.takeHolding();
    }

    boolean isHolding() {
        return unsettled.isHolding();
    }
}
