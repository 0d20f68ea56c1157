package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.SessionRules;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.transport.Outbox;
import org.jspecify.annotations.Nullable;

/**
 * Where a client and a server stand in their conversation: what {@link Requests} and {@link Replies} share. Each part of it is
 * a small machine that alone writes its state; here they are held together and begin together.
 *
 * <p>Reused for each client of the server. Confined to the event loop of both.
 */
final class Exchange {
    /** Room for the uses of one server. */
    private static final int SESSION_BITS = 40;

    /** Drops all that is written to it. */
    private static final Outbox NO_CLIENT = new Outbox();

    final ServerConnection server;
    final Outbox toServer;
    final SessionRules rules;
    /** Every client of this pool keeps its server beyond its transaction. */
    final boolean bindsClients;

    final ExpectedReplies expected = new ExpectedReplies();
    final Batch batch = new Batch();
    final CopyIn copy = new CopyIn();
    final Pause pause = new Pause();
    final Ending ending = new Ending();
    final SplitQuery split = new SplitQuery();
    final Pins pins = new Pins();
    final StreamedText text = new StreamedText();
    final UnnamedChanges unnamed;
    final QueryClock clock = new QueryClock();
    final Transaction transaction;
    final GlobalChange globalChange;

    ServerLane lane;
    LaneCounters counters;
    /** Null when the client has left. */
    @Nullable
    LinkedClient client;

    Outbox toClient = NO_CLIENT;
    /** Tells this use of this server by one client from all others. */
    long session;

    private boolean bound;

    Exchange(ServerConnection server, ServerLane lane) {
        this.server = server;
        this.lane = lane;
        this.rules = lane.sessionRules();
        this.bindsClients = rules.mode() == PoolMode.SESSION;
        this.toServer = server.out();
        this.counters = lane.counters();
        this.unnamed = new UnnamedChanges(server, expected, copy);
        this.transaction = new Transaction(server.parameters());
        this.globalChange = new GlobalChange(lane);
        this.session = (long) server.id() << SESSION_BITS;
    }

    /** A new client begins. */
    void begin(LinkedClient newClient, ServerLane newLane) {
        client = newClient;
        toClient = newClient.out();
        lane = newLane;
        counters = newLane.counters();
        session++;
        bound = newClient.parameters().isTemporaryPath() && rules.readsStatements();
        expected.begin();
        batch.begin();
        copy.begin();
        pause.begin();
        ending.begin();
        split.begin();
        unnamed.begin();
        pins.begin();
        clock.begin();
        transaction.begin(newClient.parameters());
        globalChange.begin(newLane);
    }

    /** There is more to look at than the transaction status before the server can be given back. */
    void bind() {
        bound = true;
    }

    /** Whether there is more to look at than the transaction status before the server can be given back. */
    boolean isBound() {
        return bound;
    }

    /** Whether a transaction is open, be it only that of messages without a Sync yet. */
    boolean isInTransaction() {
        return !batch.isReady() || !transaction.isIdle();
    }

    /** Whether the transaction has changed parameters, and something is on its way that may end it and undo that. */
    boolean mayReturn() {
        return !batch.isReady() && transaction.hasChanged(server.parameters());
    }

    /** How a text of the client is to be read that comes now. */
    TextForm textForm() {
        return bound && pins.isUnreported()
                ? TextForm.UNKNOWN
                : server.parameters().textForm();
    }

    /** A statement of the client goes to the server that may change its session. */
    void touch(SessionEffects effects, LinkedClient current) {
        GlobalDdl ddl = effects.global();
        if (ddl != null) {
            globalChange.onStatement(ddl);
        }
        if (rules.readsStatements()) {
            bound = true;
            if (effects.resetsAny() || pins.parameters.mayReset(effects, current.startupParameters())) {
                pause.onResetSent();
            }
            pins.add(
                    effects,
                    rules,
                    server.loginParameters(),
                    current.startupParameters(),
                    transaction.isIdle() && !batch.hasExecuted());
        }
    }

    /** The client leaves: from now on what the server sends goes to no client. */
    @Nullable
    LinkedClient detach() {
        LinkedClient left = client;
        client = null;
        toClient = NO_CLIENT;
        return left;
    }
}
