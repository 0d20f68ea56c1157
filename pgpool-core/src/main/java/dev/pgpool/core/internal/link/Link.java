package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
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
 */
public final class Link implements ServerPhase {
    private static final Runnable NOTHING = () -> {};

    private final ServerConnection server;
    private final Exchange x;
    private final StatementRewriter statements;
    private final Requests requests;
    private final Replies replies;
    private final AbandonedWork abandoned;
    private final LinkDeadlines deadlines;
    private final ParameterSync settings;
    private final Inspection inspection;

    private ServerLane lane;
    private boolean resyncing;
    /** What is to hear of the cancel request that waits until our query is answered; null if none waits. */
    private @Nullable Runnable cancelWhenAnswered;

    /** What the client has done is looked at when no cancel request can hit our look. */
    private boolean waitsForCancels;
    /** The kinds of session state that the client is counted for. */
    private int pinned;
    /** The client has to wait because the server owes too much. */
    private boolean crowded;

    private Link(ServerConnection server, ServerLane lane) {
        this.server = server;
        this.lane = lane;
        this.x = new Exchange(server, lane);
        this.abandoned = new AbandonedWork(x, this::abandonTimeout);
        this.deadlines = new LinkDeadlines();
        this.settings = new ParameterSync(x, this);
        this.inspection = new Inspection(x, this);
        Rejections rejections = new Rejections(x);
        NameSpace names = new NameSpace(x);
        this.statements = new StatementRewriter(x, lane.statements(), rejections, names);
        this.requests = new Requests(x, statements, rejections, names);
        this.replies = new Replies(x, abandoned, lane.statements(), names);
    }

    private Duration abandonTimeout() {
        return lane.abandonTimeout();
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

    /** Begins: from now on the server is this client's. Its parameters are brought in line first. */
    @SuppressWarnings("ReferenceEquality") // they are interned
    public void begin(LinkedClient client, ServerLane newLane) {
        lane = newLane;
        x.begin(client, newLane);
        x.counters.countAssignment();
        server.age().used();
        statements.begin();
        crowded = false;
        resyncing = false;
        x.asking = false;
        server.enter(this);
        if (client.parameters() != server.parameters()) {
            settings.begin(client.parameters(), false);
        }
        x.bound = client.parameters().isTemporaryPath() && x.rules.readsStatements();
    }

    /** Passes on what the client sent. The cursor is left at a message that has not arrived in full, if any. */
    public void relay(MessageCursor in) {
        LinkedClient client = x.client;
        if (client == null) {
            throw new IllegalStateException("no client linked");
        }
        x.bound |= x.bindsClients;
        try {
            requests.relay(in, client);
        } finally {
            // also before a violation: what was counted as asked must have been asked
            x.toServer.run(in.takeRun());
        }
        replies.drainFakes();
        if (x.farewell && x.expected.isEmpty()) {
            leave();
            return;
        }
        crowded = x.expected.size() >= Requests.LIMIT;
        if (crowded || !x.toServer.isWritable() || !x.toClient.isWritable()) {
            client.readable(false);
        }
        if (x.ready) {
            // the rest of a COPY message that kept the server after its ReadyForQuery
            maybeRelease();
        }
    }

    /** Whether a message of the client waits for the server's answer to earlier ones. */
    public boolean isHolding() {
        return crowded || x.paused || statements.isHolding();
    }

    /** Whether the client has said goodbye and only its answers are awaited. */
    public boolean isFarewell() {
        return x.farewell;
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
            resumeReading();
        }
    }

    @Override
    public void onMessages(MessageCursor in) {
        replies.relay(in);
        if (!x.toClient.isWritable()) {
            server.readable(false);
        }
        if (x.farewell && x.client != null && (x.expected.isEmpty() || x.copyIn) && server.isDrained()) {
            leave();
            return;
        }
        if (x.copyIn && x.paused) {
            // the end of the COPY must come through; the pause comes behind it
            x.pauseAfterBatch = true;
            goOnIfPaused();
        }
        if (x.ready) {
            maybeRelease();
        }
        if (crowded && x.expected.size() < Requests.LIMIT / 2) {
            crowded = false;
            goOn();
        }
        if (statements.takeHolding()) {
            goOn();
        }
    }

    private void leave() {
        LinkedClient client = x.client;
        if (client != null) {
            client.onFarewell();
        }
    }

    /** Reads from the client again if neither side is full. */
    private void resumeReading() {
        LinkedClient client = x.client;
        if (client != null && !crowded && x.toServer.isWritable() && x.toClient.isWritable()) {
            client.readable(true);
        }
    }

    /** The client's next message need not wait any more; if it must after all, reading stops again. */
    private void goOn() {
        LinkedClient client = x.client;
        if (client != null) {
            client.readable(true);
            client.resume();
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
        resumeReading();
    }

    /** Gives the server back if nothing is owed, nothing is half said and the transaction is over. */
    void maybeRelease() {
        if (!isAtRest()) {
            return;
        }
        LinkedClient client = x.client;
        if (client == null) {
            abandoned.onDrained();
        } else if (x.status == TransactionStatus.IDLE && !client.in().isInsideForwarded()) {
            if ((x.inexact || x.bound) && server.isBeingCanceled()) {
                lookWhenNotCancelled();
            } else if (x.inexact) {
                resyncing = true;
                new Resync(x, this).begin();
            } else if (x.bound) {
                settle(client);
            } else {
                release(client);
            }
        } else if (x.rules.mode() == PoolMode.STATEMENT && x.status != TransactionStatus.IDLE) {
            expel(client, PoolerError.NO_TRANSACTION_BLOCKS.plain());
        } else if (x.paused) {
            // what was reset counts when the transaction ends: its end waits, too
            x.pauseAfterBatch = true;
            goOnIfPaused();
        }
    }

    /** A cancel request that is under way must not hit what the server is asked by us. */
    private void lookWhenNotCancelled() {
        if (!waitsForCancels) {
            waitsForCancels = true;
            server.whenNotCancelled(() -> {
                waitsForCancels = false;
                maybeRelease();
            });
        }
    }

    private void goOnIfPaused() {
        if (x.paused) {
            x.paused = false;
            tellReady();
            goOn();
        }
    }

    /** The client's parameters are what it began with again, and it was told so. */
    private void tellReady() {
        if (x.readyWithheld) {
            x.readyWithheld = false;
            if (x.toClient.isConnected()) {
                BackendWriter.readyForQuery(x.toClient.space(), TransactionStatus.IDLE);
                x.toClient.flush();
            }
        }
    }

    /** The transaction is over, but the client has done something that the next one must not meet. */
    private void settle(LinkedClient client) {
        if (x.discarded) {
            x.discarded = false;
            if (settings.begin(client.startupParameters(), true)) {
                x.toServer.flush();
                return;
            }
        }
        if (x.pins.isTouched()) {
            inspection.begin(client);
            x.toServer.flush();
        } else if (x.pins.held() == 0 && x.rules.mode() != PoolMode.SESSION) {
            release(client);
        } else {
            goOnIfPaused();
        }
    }

    /** The pool does not allow what the client does: it is over for the client, not for the server. */
    private void expel(LinkedClient client, ErrorFields error) {
        abandon(false);
        client.onServerLost(error);
    }

    /** Sends a query of ours ahead of what the client may send next; nothing may be owed to the client. */
    void ask(ServerQuery.Outcome outcome, List<String> sql) {
        if (!x.expected.isEmpty()) {
            throw new IllegalStateException("a query of ours behind the client's");
        }
        x.asking = true;
        x.ready = false;
        ServerQuery.send(server, sql, outcome);
    }

    /** A query of ours was answered, well or not: what follows is the client's. */
    void onAsked(TransactionStatus status) {
        x.asking = false;
        server.enter(this);
        if (status != TransactionStatus.IDLE) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "a query of ours left a transaction open");
        }
        x.ready = x.expected.isEmpty();
        Runnable waiting = takeCancel();
        if (waiting != null) {
            cancel(waiting);
        }
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
        notePins();
        if (x.client == null || wanted == null || !x.expected.isEmpty() || !settings.begin(wanted, true)) {
            maybeRelease();
        } else {
            x.toServer.flush();
        }
    }

    private void notePins() {
        int held = x.pins.held();
        if (held != pinned) {
            lane.pinned(pinned, held);
            pinned = held;
        }
    }

    private void unpin() {
        if (pinned != 0) {
            lane.pinned(pinned, 0);
            pinned = 0;
        }
    }

    ParameterRegistry parameterRegistry() {
        return lane.parameters();
    }

    /** What the server owes is known again. */
    void onResynced(TransactionStatus status) {
        resyncing = false;
        x.inexact = false;
        x.copySyncs = 0;
        x.status = status;
        server.enter(this);
        maybeRelease();
    }

    private void release(LinkedClient client) {
        boolean held = statements.takeHolding() || x.paused || crowded;
        crowded = false;
        tellReady();
        x.toClient.flush();
        x.counters.countSent(x.toClient.takeBytes());
        x.detach();
        client.readable(true);
        server.readable(true);
        client.parametersBecame(server.parameters());
        x.toServer.flush();
        x.expected.shrink();
        unpin();
        client.onUnlinked();
        if (x.doomed) {
            server.close(CloseReason.SERVER_CLOSED);
        } else if (x.rules.resetQuery().isEmpty() && !x.pins.isSeeded()) {
            server.release();
        } else {
            abandoned.giveBack();
        }
        if (held) {
            client.resume();
        }
    }

    /**
     * Cancels what the server runs for this client; a request that finds nothing running is dropped.
     *
     * @param dealtWith called once, when the server has dealt with the request
     */
    public void cancel(Runnable dealtWith) {
        LinkedClient meant = x.client;
        if (x.asking) {
            // it is meant for what the client sent behind our query
            Runnable before = cancelWhenAnswered;
            cancelWhenAnswered = before == null
                    ? dealtWith
                    : () -> {
                        before.run();
                        dealtWith.run();
                    };
        } else if (meant != null && !x.expected.isEmpty()) {
            lane.cancels().cancel(server, () -> x.client == meant && !x.expected.isEmpty(), dealtWith);
        } else {
            dealtWith.run();
        }
    }

    private @Nullable Runnable takeCancel() {
        Runnable waiting = cancelWhenAnswered;
        cancelWhenAnswered = null;
        return waiting;
    }

    /** A cancel request can't hit anything any more. */
    private void dropCancel() {
        Runnable waiting = takeCancel();
        if (waiting != null) {
            waiting.run();
        }
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
        return x.requestedNanos();
    }

    /** Bits of the session state that keeps the client on its server. */
    public int pins() {
        return pinned;
    }

    /** The number of transactions that have ended here; negative while one is open. */
    public long transactionsWhileFree() {
        return x.expected.isEmpty() && !x.isInTransaction() ? x.transactions : -1;
    }

    @Override
    public void onTick(long nowNanos) {
        LinkedClient client = x.client;
        LinkDeadlines.Late late = deadlines.judge(x, lane.timeouts(), nowNanos);
        if (client == null) {
            return;
        }
        switch (late) {
            case NOTHING -> endWithReplacedServer(client);
            case QUERY -> {
                // what the client sends next must not be hit in the query's place
                client.readable(false);
                x.timedOut = true;
                lane.cancels().cancel(server, () -> x.timedOut, NOTHING);
                server.whenNotCancelled(this::resumeReading);
            }
            case CANCEL ->
                client.onTimeout(
                        PoolerError.QUERY_NOT_CANCELLED.with("the server did not cancel it"),
                        CloseReason.QUERY_TIMEOUT);
            case REST_OF_QUERY ->
                client.onTimeout(
                        PoolerError.QUERY_NOT_CANCELLED.with("the client has not sent the rest of its query"),
                        CloseReason.QUERY_TIMEOUT);
            case TRANSACTION ->
                client.onTimeout(PoolerError.TRANSACTION_TIMEOUT.plain(), CloseReason.TRANSACTION_TIMEOUT);
            case IDLE_IN_TRANSACTION ->
                client.onTimeout(
                        PoolerError.IDLE_IN_TRANSACTION_TIMEOUT.plain(), CloseReason.IDLE_IN_TRANSACTION_TIMEOUT);
        }
    }

    /** In session mode nothing else would take a server that is to be replaced from its client. */
    private void endWithReplacedServer(LinkedClient client) {
        if (server.isRetiring()
                && lane.closesFast()
                && x.rules.mode() == PoolMode.SESSION
                && isAtRest()
                && x.status == TransactionStatus.IDLE
                && !client.in().isInsideForwarded()) {
            client.onTimeout(PoolerError.SERVER_REPLACED.plain(), CloseReason.SERVER_REPLACED);
        }
    }

    /** Whether the server owes nothing, to the client or to us. */
    private boolean isAtRest() {
        return x.ready && x.expected.isEmpty() && !x.asking && !resyncing && server.isDrained();
    }

    /**
     * The client is gone. What it left on the server is cleaned up, or the server is closed.
     *
     * @param cancel whether to cancel what runs; a client that said goodbye may have meant its last words to be obeyed
     */
    public void abandon(boolean cancel) {
        if (server.isClosed()) {
            return;
        }
        LinkedClient client = x.detach();
        if (client == null) {
            return;
        }
        server.readable(true);
        if (client.in().isInsideForwarded() || x.inexact) {
            server.close(CloseReason.ABANDONED);
            return;
        }
        unpin();
        abandoned.start(cancel ? lane.cancels() : null);
        if (!x.asking) {
            abandoned.clean();
            maybeRelease();
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        abandoned.end();
        dropCancel();
        x.globalChangeEnded();
        unpin();
        LinkedClient client = x.detach();
        if (client == null) {
            return;
        }
        client.readable(true);
        if (x.fatalTold || server.isMidMessage()) {
            // nothing may follow a message that was passed on in part
            client.onServerLost(null);
        } else if (lastError != null) {
            client.onServerLost(lastError);
        } else {
            PoolerError error = reason == CloseReason.SERVER_PROTOCOL_VIOLATION
                    ? PoolerError.SERVER_PROTOCOL_VIOLATION
                    : PoolerError.SERVER_CLOSED;
            client.onServerLost(error.with("see the log of the pooler"));
        }
    }

    /**
     * The client's parameters could not be applied: it cannot go on.
     *
     * @param clean whether the server is as it was before
     */
    void onSettingsFailed(ErrorFields error, boolean clean) {
        x.asking = false;
        server.enter(this);
        dropCancel();
        LinkedClient client = x.detach();
        if (clean) {
            abandoned.end();
            server.release();
        } else {
            // what the client sent behind them has run without them: nothing of it may stay
            unpin();
            server.close(CloseReason.SETTINGS_FAILED);
        }
        if (client != null) {
            client.onServerLost(error.asFatal());
        }
    }
}
