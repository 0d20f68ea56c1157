package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementNames.Use;
import dev.pgpool.core.internal.sql.StatementNames.Verb;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SQL and the extended protocol have one name space for prepared statements, so {@code DEALLOCATE}, {@code EXECUTE}, {@code
 * PREPARE} and {@code pg_prepared_statements} must meet what the client has prepared by protocol, and the other way round.
 * On a server those statements have names of ours. Before a text goes there that names one, the server gets it under the
 * client's own name too:
 *
 * <ul>
 *   <li>for {@code DEALLOCATE} and {@code PREPARE} an empty statement, which always parses: there is something to take away, or to
 *       refuse. That it was taken away the server says itself, by a CommandComplete for each.
 *   <li>for {@code EXECUTE} the statement itself. From then on the name is <em>native</em> on this server: the client's messages
 *       about it go through unchanged, and what SQL does to it only the server knows.
 *   <li>for {@code pg_prepared_statements} all of the client's, and all copies are closed. One that the server can't parse any more,
 *       since its table is gone or not on the {@code search_path}, is not shown. Inside a transaction, which must not fail for that,
 *       one that was parsed under other settings is shown with an empty text.
 * </ul>
 *
 * <p>While the client has the server for itself and may have statements of {@code PREPARE} there, what it parses is native, so
 * that the server refuses names that are taken. Native names are closed before the next client's first message.
 *
 * <p>Texts that name no statement do not come here. Part of a link, confined to its event loop.
 */
final class NameSpace {

    /** A name was given natively in the place of another statement that had it, as far as known. */
    record Replacement(Named now, Named before) {}

    /**
     * A statement was repeated under the client's own name.
     *
     * @param alone whether in a batch of its own: if the server refuses it, nothing else is lost, and the client does not hear of it
     */
    record Repeated(Named named, boolean alone) {}

    /** The end of a batch of ours: its ReadyForQuery is not the client's. */
    static final Object OWN_SYNC = new Object();

    /** An EXECUTE of an EXECUTE of an EXECUTE: deeper than this it is not followed. */
    private static final int MAX_DEPTH = 3;

    /** Body of a Parse of the empty text. */
    private static final byte[] EMPTY = new byte[3];

    private final Exchange x;
    private final ExpectedReplies expected;
    private final Deallocations deallocations;
    final NativeNames natives;
    final PortalTexts portals = new PortalTexts();

    /** What goes ahead of a Query may fail, and then the server skips the Query. */
    private boolean fenced;

    NameSpace(Exchange x) {
        this.x = x;
        this.expected = x.expected;
        this.deallocations = new Deallocations(expected);
        this.natives = new NativeNames(x);
    }

    /** A new client begins. */
    void begin() {
        natives.begin();
        deallocations.begin();
        fenced = false;
        portals.begin();
    }

    /**
     * Whether it is not known yet what has become of a name: then messages about statements have to wait, unless the server takes the
     * data of a COPY and refuses them.
     */
    boolean isUnsettled() {
        return deallocations.isUnderWay() && !x.copy.isTakingData();
    }

    /** Whether everything has to wait for the answer to a Query. */
    boolean isFenced() {
        return fenced;
    }

    /** A Query has been answered. */
    void queryAnswered() {
        fenced = false;
    }

    /**
     * Whether a text can be provided for only when its first statement is over: it ends a failed transaction, in which nothing
     * can be parsed.
     */
    boolean needsHead(StatementNames text) {
        return x.transaction.isFailed()
                && x.split.isNone()
                && (text.showsAll() || text.has(Verb.EXECUTE) || text.endsUntold());
    }

    /** Whether a text says something of statements that the client has prepared by protocol. */
    boolean concerns(StatementNames text, LinkedClient client) {
        if (text.showsAll()) {
            return !natives.isAll();
        }
        ClientStatements known = client.knownStatements();
        if (text.endsAll()) {
            return known != null;
        }
        return known != null && text.uses().stream().anyMatch(use -> known.find(use.name()) != null);
    }

    /**
     * Sees to it that a Query finds what it names. All that went before is answered.
     *
     * @return what its CommandCompletes are to be compared with; null if that is nothing
     */
    @Nullable
    Object beforeQuery(StatementNames text, LinkedClient client, LaneCounters counters) {
        // in a failed transaction nothing can be parsed, and nothing will be run
        boolean apart = x.transaction.isIdle() && !expected.isBatchOpen();
        fenced = !x.transaction.isFailed() && provide(text, client, counters, apart);
        return dummies(withExecuted(text, client, 0), client);
    }

    /** What a text names, and what is named by what it executes. */
    private static StatementNames withExecuted(StatementNames text, LinkedClient client, int depth) {
        ClientStatements known = client.knownStatements();
        if (known == null || depth == MAX_DEPTH || !text.has(Verb.EXECUTE)) {
            return text;
        }
        List<Use> uses = new ArrayList<>();
        boolean shows = text.showsAll();
        boolean ends = text.endsAll();
        for (Use use : text.uses()) {
            uses.add(use);
            Named named = use.verb() == Verb.EXECUTE ? known.find(use.name()) : null;
            StatementNames inner =
                    named == null ? null : named.statement().effects().names();
            if (inner != null) {
                StatementNames more = withExecuted(inner, client, depth + 1);
                uses.addAll(more.uses());
                shows |= more.showsAll();
                ends |= more.endsAll();
            }
        }
        return new StatementNames(uses, shows, ends);
    }

    private @Nullable Object dummies(StatementNames text, LinkedClient client) {
        for (Use use : text.uses()) {
            if (use.verb() != Verb.EXECUTE && !text.has(Verb.EXECUTE, use.name())) {
                dummy(use.name(), client);
            }
        }
        boolean ends = text.endsAll() || text.has(Verb.DEALLOCATE);
        return ends && client.knownStatements() != null ? deallocations.sent(text) : null;
    }

    /**
     * Sees to it that a text finds the statements that it executes or shows, when it is parsed or bound.
     *
     * @return whether something was sent that the server may refuse
     */
    boolean provide(StatementNames named, LinkedClient client, LaneCounters counters) {
        return provide(named, client, counters, false);
    }

    /** The server gets what the text executes or shows, if it concerns statements of the client. */
    void provideFor(
            MessageCursor in,
            boolean first,
            @Nullable StatementNames text,
            LinkedClient client,
            LaneCounters counters) {
        if (text != null && concerns(text, client)) {
            x.toServer.run(in.takeRun());
            provide(text, client, counters, first && x.transaction.isIdle());
        }
    }

    /** @param apart whether what is only to be shown may be sent in batches of its own: no transaction and no batch is open */
    boolean provide(StatementNames named, LinkedClient client, LaneCounters counters, boolean apart) {
        StatementNames text = withExecuted(named, client, 0);
        boolean shows = text.showsAll() && !natives.isAll();
        if (shows) {
            natives.onAll();
            closeCopies();
        }
        ClientStatements known = client.knownStatements();
        if (known == null) {
            return false;
        }
        boolean sent = false;
        if (shows) {
            for (Named each : known.all()) {
                if (apart) {
                    repeat(each, counters, true);
                } else if (isMeantAsParsed(each)) {
                    sent |= repeat(each, counters, false);
                } else {
                    placeholder(each);
                }
            }
        }
        for (Use use : text.uses()) {
            if (use.verb() == Verb.DEALLOCATE && !use.tagged()) {
                // what has become of it only the server knows
                Named ended = known.find(use.name());
                sent |= ended != null && repeat(ended, counters, false);
            }
            Named executed = use.verb() == Verb.EXECUTE ? known.find(use.name()) : null;
            if (executed != null) {
                sent |= repeat(executed, counters, false);
                SessionEffects effects = executed.statement().effects();
                if (!effects.isNone()) {
                    // it does to the session what it would do if it were run by protocol
                    x.touch(effects, client);
                }
            }
        }
        return sent;
    }

    private boolean repeat(Named named, LaneCounters counters, boolean alone) {
        if (named.isNativeIn(x.session)) {
            return false;
        }
        natives.close(named.name(), null);
        byte[] body = named.body();
        FrontendWriter.parse(x.toServer.space(), named.name(), body, body.length);
        expected.add(ExpectedReplies.PARSE | ExpectedReplies.SKIP, new Repeated(named, alone));
        if (alone) {
            FrontendWriter.sync(x.toServer.space());
            expected.add(ExpectedReplies.SYNC, OWN_SYNC);
        }
        counters.countServerParse();
        natives.given(named);
        return true;
    }

    /** Something to take away or to refuse, if the client has the name by protocol and the server does not have it. */
    private void dummy(String name, LinkedClient client) {
        ClientStatements known = client.knownStatements();
        Named named = known == null ? null : known.find(name);
        if (named != null) {
            placeholder(named);
        }
    }

    private void placeholder(Named named) {
        if (!named.isNativeIn(x.session)) {
            natives.close(named.name(), null);
            FrontendWriter.parse(x.toServer.space(), named.name(), EMPTY, EMPTY.length);
            expected.add(ExpectedReplies.PARSE | ExpectedReplies.SKIP);
            natives.placeholder(named);
        }
    }

    /** Whether the settings are those under which its text was parsed: under others the server may refuse it. */
    private boolean isMeantAsParsed(Named named) {
        return named.parsed().meaning() == x.server.parameters().meaning() && !x.pins.mayMeanOtherwise();
    }

    private void closeCopies() {
        for (Statement statement : x.server.statements().takeAll()) {
            natives.close(statement.serverName(), statement);
        }
    }

    /**
     * Sees to it that an Execute finds what its text names.
     *
     * @return what its CommandComplete is to be compared with; null if that is nothing
     */
    @Nullable
    Object beforeExecute(MessageCursor in, StatementNames text, LinkedClient client, LaneCounters counters) {
        x.toServer.run(in.takeRun());
        provide(text, client, counters);
        return dummies(withExecuted(text, client, 0), client);
    }

    /** The server has said DEALLOCATE. */
    void deallocated(@Nullable Object subject, @Nullable ClientStatements known) {
        String name = Deallocations.next(subject);
        if (name != null) {
            natives.taken(name);
            Named named = known == null ? null : known.find(name);
            if (known != null && named != null) {
                known.remove(named);
            }
        }
    }
}
