package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.SessionRules;
import dev.pgpool.core.internal.prepared.Moment;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.LongText;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.TransactionStatus;
import org.jspecify.annotations.Nullable;

/**
 * Where a client and a server stand in their conversation: the state that {@link Requests} and {@link Replies} share.
 * Plain fields, confined to the event loop of both.
 */
final class Exchange {
    /** Room for the uses of one server. */
    private static final int SESSION_BITS = 40;

    /** Drops whatever it is given. */
    private static final Outbox NOBODY = new Outbox();

    final ServerConnection server;
    final Outbox toServer;
    final ExpectedReplies expected = new ExpectedReplies();

    final SessionRules rules;
    final Pins pins = new Pins();
    /** A text of the client that is too long to be held, while it passes. */
    final LongText longText = new LongText();
    /** It is that of a Parse. */
    boolean longParse;
    /** Every client of this pool keeps its server beyond its transaction. */
    final boolean bindsClients;

    private ServerLane lane;
    LaneCounters counters;
    /** What the transaction does to roles and databases; null if nothing, as nearly always. */
    @Nullable
    GlobalDdl globalChange;

    /** Null when the client has left. */
    @Nullable
    LinkedClient client;

    Outbox toClient = NOBODY;
    /** Transaction status of the last ReadyForQuery. */
    TransactionStatus status = TransactionStatus.IDLE;
    /** Nothing was sent since the last ReadyForQuery. */
    boolean ready = true;
    /** A query of ours, whose answers are not expected replies, is ahead of what the client says. */
    boolean asking;
    /** The server waits for COPY data. */
    boolean copyIn;
    /** The server skips everything up to the next Sync. */
    boolean skipping;
    /** Syncs that the server ignores if its COPY FROM STDIN goes well. */
    int copySyncs;
    /** A COPY failed at a point that can't be known: the server may send a ReadyForQuery more than is owed. */
    boolean inexact;
    /** The client has been told that the server ends the connection. */
    boolean fatalTold;
    /** The server ends the connection, and the client is not concerned. */
    boolean doomed;
    /** The client has told the server to forget the session's state. */
    boolean discarded;
    /** There is more to look at than the transaction status before the server can be given back. */
    boolean bound;
    /** The client has said goodbye, and leaves when it has its answers. */
    boolean farewell;
    /** What the client says waits until its parameters are what it returned them to; after this batch, if at all. */
    boolean pauseAfterBatch;

    boolean paused;
    /** The client's ReadyForQuery waits, too: until then it takes for true what it was told of its parameters. */
    boolean readyWithheld;
    /** Something of the client was executed since the last ReadyForQuery, so it may be inside a transaction. */
    boolean executed;

    /** The server's parameters as they were when its last transaction ended: what the end of this one may return to. */
    SessionParameters outside;

    /** When the open transaction will have ended, for the names that were given in it; null if none were. */
    @Nullable
    Moment moment;

    /** Tells this use of this server by one client from all others. */
    long session;

    /** When the client began to ask for what it is owed, by {@link System#nanoTime}; 0 if it is owed nothing. */
    private long queryNanos;
    /** When any client asked last; 0 if none has. */
    private long requestedNanos;
    /** When its transaction began; 0 outside of one. */
    private long transactionNanos;

    /** Transactions that have ended on this server: changes with each. */
    long transactions;
    /** The query was cancelled because it ran too long, and has not ended yet. */
    boolean timedOut;

    Exchange(ServerConnection server, ServerLane lane) {
        this.server = server;
        this.lane = lane;
        this.rules = lane.sessionRules();
        this.bindsClients = rules.mode() == PoolMode.SESSION;
        this.toServer = server.out();
        this.counters = lane.counters();
        this.outside = server.parameters();
        this.session = (long) server.id() << SESSION_BITS;
    }

    /** A new client begins. */
    void begin(LinkedClient newClient, ServerLane newLane) {
        client = newClient;
        toClient = newClient.out();
        lane = newLane;
        counters = newLane.counters();
        outside = newClient.parameters();
        status = TransactionStatus.IDLE;
        queryNanos = 0;
        transactionNanos = 0;
        ready = true;
        copyIn = false;
        skipping = false;
        copySyncs = 0;
        inexact = false;
        fatalTold = false;
        doomed = false;
        discarded = false;
        timedOut = false;
        bound = false;
        executed = false;
        farewell = false;
        pauseAfterBatch = false;
        paused = false;
        readyWithheld = false;
        moment = null;
        session++;
        pins.begin();
    }

    /** Whether a transaction is open, be it only that of messages without a Sync yet. */
    boolean isInTransaction() {
        return !ready || status != TransactionStatus.IDLE;
    }

    /** Whether the transaction has changed parameters, and something is on its way that may end it and undo that. */
    @SuppressWarnings("ReferenceEquality") // they are interned
    boolean mayReturn() {
        return !ready && status != TransactionStatus.IDLE && outside != server.parameters();
    }

    /** How a text of the client is to be read that comes now. */
    TextForm textForm() {
        return bound && pins.isUnreported()
                ? TextForm.UNKNOWN
                : server.parameters().textForm();
    }

    /** The moment at which the open transaction will have ended. */
    Moment transactionEnd() {
        Moment known = moment;
        if (known == null) {
            known = new Moment();
            moment = known;
        }
        return known;
    }

    long requestedNanos() {
        return requestedNanos;
    }

    /** A message goes to the server: if nothing is owed, a query begins, and maybe a transaction. */
    void begins() {
        if (queryNanos != 0) {
            return;
        }
        queryNanos = System.nanoTime() | 1;
        requestedNanos = queryNanos;
        if (transactionNanos == 0) {
            transactionNanos = queryNanos;
        }
    }

    /** After all, the message was not for the server. */
    void beginsNothing() {
        queryNanos = 0;
        if (status == TransactionStatus.IDLE) {
            transactionNanos = 0;
        }
    }

    /** Nothing is owed any more. */
    void answered() {
        long now = System.nanoTime();
        counters.queryTook(now - queryNanos);
        queryNanos = 0;
        if (status == TransactionStatus.IDLE) {
            counters.transactionTook(now - transactionNanos);
            transactionNanos = 0;
        }
    }

    /** A statement of the client goes to the server that may change its session. */
    void touch(SessionEffects effects, LinkedClient current) {
        GlobalDdl ddl = effects.global();
        if (ddl != null) {
            globalChangeBegins(ddl);
        }
        if (rules.readsStatements()) {
            bound = true;
            pauseAfterBatch |= effects.resetsAny() || pins.mayReset(effects, current.startupParameters());
            pins.add(
                    effects,
                    rules,
                    server.loginParameters(),
                    current.startupParameters(),
                    status == TransactionStatus.IDLE && !executed);
        }
    }

    /** A statement of the client goes to the server that changes roles or databases. */
    void globalChangeBegins(GlobalDdl ddl) {
        globalChange = ddl.and(globalChange);
        lane.globalChangeBegins(ddl);
    }

    /** The transaction has ended that has changed roles or databases, if it has, or it is not known how it ended. */
    void globalChangeEnded() {
        GlobalDdl ddl = globalChange;
        globalChange = null;
        if (ddl != null) {
            lane.globalChangeEnded(ddl);
        }
    }

    /** The client is out of it: from now on the server's words go to no client. */
    @Nullable
    LinkedClient detach() {
        LinkedClient left = client;
        client = null;
        toClient = NOBODY;
        return left;
    }
}
