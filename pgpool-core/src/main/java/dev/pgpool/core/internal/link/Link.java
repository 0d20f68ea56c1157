package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server together, until the transaction is over: passes runs of messages both ways, and gives the server
 * back when nothing is owed and the last ReadyForQuery said idle.
 *
 * <pre>
 *   free ──begin──> [settings] ──> linked ──ReadyForQuery(idle), nothing owed──> free
 *                                    │ client leaves
 *                                    v
 *                                 abandoned ──cancelled, drained, rolled back──> free
 *                                    │ not clean in time, or a message cut in two
 *                                    v
 *                                  server closed
 * </pre>
 *
 * <p>One object for each server, reused for each transaction, so that a transaction makes no garbage. Confined to the
 * event loop that client and server share.
 *
 * <p>Both sides see no other class of a link, and it is a phase of the server: so it has many methods, most of which hand events
 * to its parts.
 */
public final class Link implements ServerPhase {

    private final ServerConnection server;
    private final Exchange x;
    private final StatementRewriter statements;
    private final Requests requests;
    private final Replies replies;
    private final AbandonedWork abandoned;
    private final LinkFlow flow;
    private final LinkCancels cancels;
    private final PinCount pinCount;
    private final LinkDeadlines deadlines;
    private final LinkTimeouts timeouts;
    private final LinkEnds ends;
    private final Settlement settlement;

    private Link(ServerConnection server, ServerLane lane) {
        this.server = server;
        this.x = new Exchange(server, lane);
        this.abandoned = new AbandonedWork(x, this::abandonTimeout);
        this.flow = new LinkFlow(x);
        this.cancels = new LinkCancels(x);
        this.pinCount = new PinCount(x);
        this.deadlines = new LinkDeadlines();
        this.timeouts = new LinkTimeouts(x, flow, deadlines);
        Rejections rejections = new Rejections(x);
        NameSpace names = new NameSpace(x);
        this.statements = new StatementRewriter(x, lane.statements(), rejections, names);
        this.requests = new Requests(x, statements, rejections, names);
        this.replies = new Replies(x, abandoned, lane.statements(), names, deadlines);
        this.ends = new LinkEnds(x, this, statements, flow, cancels, pinCount, abandoned);
        this.settlement = new Settlement(x, this, ends, flow, pinCount);
    }

    private Duration abandonTimeout() {
        return x.lane.abandonTimeout();
    }

    /** The link of a server. */
    public static Link of(ServerConnection server, ServerLane lane) {
        if (server.attachment() instanceof Link link) {
            return link;
        }
        Link link = new Link(server, lane);
        server.attach(link);
        return link;
    }

    /** No client may read another one's answers, whatever went wrong before. */
    public void requireFree() {
        if (x.client != null) {
            throw new IllegalStateException("the server is another client's");
        }
    }

    /** Begins: from now on the server is this client's. Its parameters are brought in line first. */
    public void begin(LinkedClient client, ServerLane newLane) {
        x.begin(client, newLane);
        x.counters.countAssignment();
        server.age().used();
        statements.begin();
        flow.begin();
        deadlines.begin();
        server.enter(this);
        settlement.begin(client);
    }

    /** Passes on what the client sent. The cursor is left at a message that has not arrived in full, if any. */
    public void relay(MessageCursor in) {
        LinkedClient client = x.client;
        if (client == null) {
            throw new IllegalStateException("no client linked");
        }
        if (x.bindsClients) {
            x.bind();
        }
        do {
            try {
                requests.relay(in, client);
            } finally {
                // also before a violation: what was counted as asked must have been asked
                x.toServer.run(in.takeRun());
            }
        } while (answersAll() && statements.takeHolding());
        if (x.ending.isFarewell() && x.expected.isEmpty()) {
            leave();
            return;
        }
        flow.onRelayed(client);
        if (x.batch.isReady()) {
            // the rest of a COPY message that kept the server after its ReadyForQuery
            maybeRelease();
        }
    }

    /** Answers what the server was never asked; whether something was owed, and nothing is any more. */
    private boolean answersAll() {
        boolean owed = !x.expected.isEmpty();
        replies.drainFakes();
        return owed && x.expected.isEmpty();
    }

    /** Whether a message of the client waits for the server's answer to earlier ones. */
    public boolean isHolding() {
        return flow.isStopped() || statements.isHolding();
    }

    /** Whether the client has said goodbye and only its answers are awaited. */
    public boolean isFarewell() {
        return x.ending.isFarewell();
    }

    /** Whether a message was passed on to the client in part: nothing else may follow it. */
    public boolean isMidMessage() {
        return server.isMidMessage();
    }

    /** Sends what was passed on; the end of a read. */
    public void flushToServer() {
        x.toServer.flush();
    }

    /** The client takes data again. */
    public void onClientWritable() {
        if (!server.isClosed()) {
            server.readable(true);
            flow.resumeReading();
        }
    }

    @Override
    public void onMessages(MessageCursor in) {
        replies.relay(in);
        if (!x.toClient.isWritable()) {
            server.readable(false);
        }
        if (x.ending.isFarewell()
                && x.client != null
                && (x.expected.isEmpty() || x.copy.isTakingData())
                && server.isDrained()) {
            leave();
            return;
        }
        if ((x.copy.isTakingData() || x.batch.isSkipping()) && x.pause.isPaused()) {
            // the end of the COPY, or of what the server skips, must come through; the pause comes behind it
            flow.onNotOver();
        }
        if (x.batch.isReady()) {
            maybeRelease();
        }
        flow.onAnswers();
        if (statements.takeHolding()) {
            flow.goOn();
        }
    }

    private void leave() {
        LinkedClient client = x.client;
        if (client != null) {
            client.onFarewell();
        }
    }

    @Override
    public void onReadComplete() {
        x.toClient.flush();
        x.counters.countSent(x.toClient.takeBytes());
        x.toServer.flush();
    }

    @Override
    public void onWritable() {
        flow.resumeReading();
    }

    /** Gives the server back if nothing is owed, nothing is half said and the transaction is over. */
    void maybeRelease() {
        if (!isAtRest()) {
            return;
        }
        LinkedClient client = x.client;
        if (client == null) {
            abandoned.onDrained();
        } else if (x.transaction.isIdle() && !client.in().isInsideForwarded()) {
            settlement.onIdle(client);
        } else if (x.rules.mode() == PoolMode.STATEMENT && !x.transaction.isIdle()) {
            ends.expel(client, PoolerError.NO_TRANSACTION_BLOCKS.plain());
        } else if (x.pause.isPaused()) {
            // what was reset counts when the transaction ends: its end waits, too
            flow.onNotOver();
        }
    }

    /** Sends a query of ours ahead of what the client may send next; nothing may be owed to the client. */
    void ask(ServerQuery.Outcome outcome, List<String> sql) {
        if (!x.expected.isEmpty()) {
            throw new IllegalStateException("a query of ours behind the client's");
        }
        x.batch.onQuestion();
        ServerQuery.send(server, sql, outcome);
    }

    /** A query of ours was answered, well or not: what follows is the client's. */
    void onAsked(TransactionStatus status) {
        x.batch.onAnswer(x.expected.isEmpty());
        server.enter(this);
        if (status != TransactionStatus.IDLE) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "a query of ours left a transaction open");
        }
        cancels.onAnswered();
        if (x.client == null) {
            abandoned.clean();
        }
    }

    /**
     * What the client's session has become is known.
     *
     * @param wanted what its parameters should be; null if they are that already
     */
    void onInspected(@Nullable SessionParameters wanted) {
        settlement.onInspected(wanted);
    }

    /**
     * The client's parameters could not be applied: it cannot go on.
     *
     * @param clean whether the server is as it was before
     */
    void onSettingsFailed(ErrorFields error, boolean clean) {
        x.batch.onAnswer(x.expected.isEmpty());
        server.enter(this);
        ends.onSettingsFailed(error, clean);
    }

    ParameterRegistry parameterRegistry() {
        return x.lane.parameters();
    }

    /** What the server owes is known again. */
    void onResynced(TransactionStatus status) {
        x.copy.onResynced();
        x.transaction.onReadyForQuery(status);
        server.enter(this);
        maybeRelease();
    }

    /**
     * Cancels what the server runs for this client; a request that finds nothing running is dropped.
     *
     * @param dealtWith called once, when the server has dealt with the request
     */
    public void cancel(Runnable dealtWith) {
        cancels.cancel(dealtWith);
    }

    @Override
    public int clientId() {
        LinkedClient client = x.client;
        return client == null ? 0 : client.id();
    }

    /** The number of its server. */
    public int serverId() {
        return server.id();
    }

    @Override
    public long requestedNanos() {
        return x.clock.requestedNanos();
    }

    @Override
    public long transactionNanos() {
        return x.clock.transactionNanos();
    }

    @Override
    public boolean isClientsTurn() {
        return x.clock.isClientsTurn();
    }

    /** Bits of the session state that keeps the client on its server. */
    public int pins() {
        return pinCount.pinned();
    }

    /** The number of transactions that have ended here; negative while one is open. */
    public long transactionsWhileFree() {
        return x.expected.isEmpty() && !x.isInTransaction() ? x.transaction.ended() : -1;
    }

    /** Whether the server owes nothing, to the client or to us. */
    private boolean isAtRest() {
        return x.batch.isReady() && x.expected.isEmpty() && !x.copy.isResyncing() && server.isDrained();
    }

    @Override
    public void onTick(long nowNanos) {
        if (timeouts.isInTime(nowNanos)) {
            endWithReplacedServer();
        }
    }

    /** In session mode nothing else would take a server that is to be replaced from its client. */
    private void endWithReplacedServer() {
        LinkedClient client = x.client;
        if (client != null
                && server.isRetiring()
                && x.lane.closesFast()
                && x.rules.mode() == PoolMode.SESSION
                && isAtRest()
                && x.transaction.isIdle()
                && !client.in().isInsideForwarded()) {
            client.onTimeout(PoolerError.SERVER_REPLACED.plain(), CloseReason.SERVER_REPLACED);
        }
    }

    /**
     * The client is gone. What it left on the server is cleaned up, or the server is closed.
     *
     * @param cancel whether to cancel what runs; a client that said goodbye may have meant its last words to be obeyed
     */
    public void abandon(boolean cancel) {
        ends.abandon(cancel);
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        ends.onClosed(reason, lastError);
    }
}
