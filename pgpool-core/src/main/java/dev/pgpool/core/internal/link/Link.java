package dev.pgpool.core.internal.link;

import static dev.pgpool.core.internal.link.ExpectedReplies.FAKE;
import static dev.pgpool.core.internal.link.ExpectedReplies.KIND;
import static dev.pgpool.core.internal.link.ExpectedReplies.SKIP;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.LaneCounters;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server together, until the transaction is over: passes runs of messages both ways, keeps count of what
 * the server owes, and gives the server back when nothing is owed and the last ReadyForQuery said idle.
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
 * <p>Longer than most files because it is the hot path: both loops over message types stand here, the common ones
 * first, so that they can be read and compiled as one.
 */
public final class Link implements ServerPhase, OwnQuery.Outcome, ExpectedReplies.Undo {
    private static final byte[] DEALLOCATE_ALL = "DEALLOCATE ALL".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DISCARD_ALL = "DISCARD ALL".getBytes(StandardCharsets.US_ASCII);
    private static final Outbox NOBODY = new Outbox();

    private final ServerConnection server;
    private final Outbox toServer;
    private final ExpectedReplies expected = new ExpectedReplies();
    private final StatementRewriter statements;
    private final AbandonedWork abandoned;

    private ServerLane lane;
    private LaneCounters counters;
    private @Nullable LinkedClient client;
    private Outbox toClient = NOBODY;
    private @Nullable OwnQuery settings;
    private byte status = (byte) 'I';
    /** Nothing was sent since the last ReadyForQuery. */
    private boolean ready = true;

    private boolean copyIn;
    /** The server skips everything up to the next Sync. */
    private boolean skipping;

    private Link(ServerConnection server, ServerLane lane) {
        this.server = server;
        this.lane = lane;
        this.counters = lane.counters();
        this.toServer = server.out();
        this.statements = new StatementRewriter(server, lane.statements(), expected);
        this.abandoned = new AbandonedWork(this, server, lane.abandonTimeout());
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
    public void begin(LinkedClient newClient, ServerLane newLane) {
        client = newClient;
        toClient = newClient.out();
        lane = newLane;
        counters = newLane.counters();
        reset();
        server.enter(this);
        if (newClient.parameters() != server.parameters()) {
            synchronize(newClient.parameters());
        }
    }

    private void synchronize(SessionParameters wanted) {
        String sql = server.parameters().changesTo(wanted);
        if (sql != null) {
            ready = false;
            OwnQuery query = new OwnQuery(server, this);
            settings = query;
            query.send(sql);
            server.parametersBecame(wanted);
        }
    }

    /** Ends a link that was begun only to bring the parameters in line, if that needed no query. */
    public void endIfReady() {
        maybeRelease();
        flushToServer();
    }

    // ---- client to server

    /** Passes on what the client sent. The cursor is left at a message that has not arrived in full, if any. */
    public void relay(MessageCursor in) {
        LinkedClient current = client;
        if (current == null) {
            throw new IllegalStateException("no client linked");
        }
        try {
            relayMessages(in, current);
        } finally {
            // also before a violation: what was counted as asked must have been asked
            toServer.run(in.takeRun());
        }
        drainFakes();
        if (!toServer.isWritable()) {
            current.readable(false);
        }
        if (ready) {
            // the rest of a COPY message that kept the server after its ReadyForQuery
            maybeRelease();
        }
    }

    private void relayMessages(MessageCursor in, LinkedClient current) {
        boolean more = true;
        while (more && in.next()) {
            boolean wasReady = ready;
            ready = false;
            byte type = in.type();
            if (skipping && type != FrontendType.SYNC && type != FrontendType.TERMINATE) {
                requireKnown(type);
                drop(in);
                continue;
            }
            switch (type) {
                case FrontendType.QUERY -> query(in, current);
                case FrontendType.PARSE -> more = statements.parse(in, current, counters);
                case FrontendType.BIND -> more = statements.bind(in, current, counters);
                case FrontendType.EXECUTE -> {
                    in.requireSmall();
                    expected.add(ExpectedReplies.EXECUTE);
                    in.forward();
                }
                case FrontendType.SYNC -> sync(in);
                case FrontendType.DESCRIBE -> {
                    in.requireSmall();
                    more = statements.describe(in, current, counters);
                }
                case FrontendType.COPY_DATA -> copyData(in, wasReady);
                default -> more = relayRare(in, type, current, wasReady);
            }
        }
    }

    private void query(MessageCursor in, LinkedClient current) {
        ClientStatements known = current.knownStatements();
        if (known != null) {
            known.dropUnnamed();
        }
        server.unnamedBecame(null, 0, 0);
        expected.add(ExpectedReplies.QUERY);
        in.forward();
    }

    private void sync(MessageCursor in) {
        in.requireSmall();
        skipping = false;
        if (!copyIn) {
            // during COPY FROM STDIN the server ignores it
            expected.add(ExpectedReplies.SYNC);
        }
        in.forward();
    }

    /** After a COPY has failed, its client goes on sending for a while; PostgreSQL ignores that, and so do we. */
    private void copyData(MessageCursor in, boolean wasReady) {
        if (copyIn || !expected.isEmpty()) {
            in.forward();
        } else {
            ready = wasReady;
            drop(in);
        }
    }

    private boolean relayRare(MessageCursor in, byte type, LinkedClient current, boolean wasReady) {
        switch (type) {
            case FrontendType.CLOSE -> {
                in.requireSmall();
                return statements.close(in, current);
            }
            case FrontendType.FLUSH -> {
                in.requireSmall();
                in.forward();
            }
            case FrontendType.FUNCTION_CALL -> {
                expected.add(ExpectedReplies.FUNCTION_CALL);
                in.forward();
            }
            case FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {
                copyData(in, wasReady);
                copyIn = false;
            }
            case FrontendType.TERMINATE -> {
                toServer.run(in.takeRun());
                current.onTerminate();
                return false;
            }
            default -> requireKnown(type);
        }
        return true;
    }

    private void drop(MessageCursor in) {
        toServer.run(in.takeRun());
        in.skip();
    }

    private static void requireKnown(byte type) {
        switch (type) {
            case FrontendType.QUERY,
                    FrontendType.PARSE,
                    FrontendType.BIND,
                    FrontendType.EXECUTE,
                    FrontendType.DESCRIBE,
                    FrontendType.CLOSE,
                    FrontendType.FLUSH,
                    FrontendType.FUNCTION_CALL,
                    FrontendType.COPY_DATA,
                    FrontendType.COPY_DONE,
                    FrontendType.COPY_FAIL -> {
                // known
            }
            default ->
                throw new WireViolation(
                        PoolerError.CLIENT_PROTOCOL_VIOLATION, "invalid frontend message type " + (type & 0xff));
        }
    }

    /** Sends what was passed on; the end of a read. */
    public void flushToServer() {
        toServer.flush();
    }

    /** The client takes data again. */
    public void onClientWritable() {
        if (!server.isClosed()) {
            server.readable(true);
        }
    }

    // ---- server to client

    @Override
    public void onMessages(MessageCursor in) {
        boolean more = true;
        while (more && in.next()) {
            switch (in.type()) {
                case BackendType.DATA_ROW, BackendType.ROW_DESCRIPTION, BackendType.COPY_DATA -> rows(in);
                case BackendType.COMMAND_COMPLETE -> more = commandComplete(in);
                case BackendType.READY_FOR_QUERY -> more = readyForQuery(in);
                case BackendType.BIND_COMPLETE -> answered(in, ExpectedReplies.BIND);
                case BackendType.PARSE_COMPLETE -> parseComplete(in);
                default -> more = receiveRare(in);
            }
        }
        toClient.run(in.takeRun());
        if (!toClient.isWritable()) {
            server.readable(false);
        }
        if (ready) {
            maybeRelease();
        }
    }

    private void rows(MessageCursor in) {
        if (in.type() == BackendType.ROW_DESCRIPTION && (expected.head() & KIND) == ExpectedReplies.DESCRIBE) {
            answered(in, ExpectedReplies.DESCRIBE);
        } else {
            in.forward();
        }
    }

    private boolean receiveRare(MessageCursor in) {
        switch (in.type()) {
            case BackendType.CLOSE_COMPLETE -> answered(in, ExpectedReplies.CLOSE);
            case BackendType.NO_DATA -> answered(in, ExpectedReplies.DESCRIBE);
            case BackendType.PORTAL_SUSPENDED -> answered(in, ExpectedReplies.EXECUTE);
            case BackendType.EMPTY_QUERY_RESPONSE -> executed(in);
            case BackendType.ERROR_RESPONSE -> {
                return in.isComplete() && error(in);
            }
            case BackendType.PARAMETER_STATUS -> {
                if (!in.isComplete()) {
                    return false;
                }
                server.onParameterStatus(in);
                in.forward();
            }
            case BackendType.COPY_IN_RESPONSE -> {
                copyIn = true;
                expected.dropSyncsBehindHead();
                in.forward();
                if (client == null) {
                    abandoned.onCopyIn();
                }
            }
            default -> in.forward();
        }
        return true;
    }

    /** A message that answers the oldest entry and nothing else. */
    private void answered(MessageCursor in, int kind) {
        int head = expected.head();
        if ((head & KIND) != kind) {
            throw new WireViolation(
                    PoolerError.SERVER_PROTOCOL_VIOLATION, "unexpected message type " + (char) in.type());
        }
        if ((head & SKIP) != 0) {
            toClient.run(in.takeRun());
            in.skip();
        } else {
            in.forward();
        }
        expected.pop();
        afterAnswer(in);
    }

    private void afterAnswer(MessageCursor in) {
        if ((expected.head() & FAKE) != 0) {
            toClient.run(in.takeRun());
            drainFakes();
        }
    }

    /** Answers in the server's place what it was never asked, as far as it is next. */
    private void drainFakes() {
        int head = expected.head();
        while ((head & FAKE) != 0) {
            if (toClient.isConnected()) {
                boolean parse = (head & KIND) == ExpectedReplies.PARSE;
                BackendWriter.empty(toClient.space(), parse ? BackendType.PARSE_COMPLETE : BackendType.CLOSE_COMPLETE);
            }
            expected.pop();
            head = expected.head();
        }
    }

    private void parseComplete(MessageCursor in) {
        Object subject = expected.headSubject();
        if (subject instanceof Statement statement) {
            server.statements().confirmed(statement);
        } else if (subject == StatementRewriter.UNNAMED) {
            server.unnamedConfirmed();
        } else if (subject instanceof Named named) {
            server.statements().confirmed(named.statement());
        }
        boolean duplicate = (expected.head() & KIND) == ExpectedReplies.DUPLICATE;
        answered(in, duplicate ? ExpectedReplies.DUPLICATE : ExpectedReplies.PARSE);
    }

    private boolean commandComplete(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        ByteBuf buf = in.buffer();
        int tag = in.bodyIndex();
        if (in.bodyLength() > 10 && buf.getByte(tag) == 'D' && buf.getByte(tag + 2) != 'L') {
            forgetStatements(in);
        }
        executed(in);
        return true;
    }

    /** An Execute is answered, or one of the statements of a simple Query. */
    private void executed(MessageCursor in) {
        if ((expected.head() & KIND) == ExpectedReplies.EXECUTE) {
            copyIn = false;
            answered(in, ExpectedReplies.EXECUTE);
        } else {
            in.forward();
        }
    }

    private void forgetStatements(MessageCursor in) {
        ByteBuf buf = in.buffer();
        int from = in.bodyIndex();
        int to = in.bodyEnd() - 1;
        if (MessageReader.equal(buf, from, to, DEALLOCATE_ALL) || MessageReader.equal(buf, from, to, DISCARD_ALL)) {
            server.statements().clearConfirmed();
            LinkedClient current = client;
            ClientStatements known = current == null ? null : current.knownStatements();
            if (known != null) {
                known.removeIf(named -> !expected.isParsePending(named));
            }
        }
    }

    private boolean readyForQuery(MessageCursor in) {
        if (!in.isComplete()) {
            return false;
        }
        int kind = expected.head() & KIND;
        if (kind != ExpectedReplies.QUERY && kind != ExpectedReplies.SYNC && kind != ExpectedReplies.FUNCTION_CALL) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "unexpected ReadyForQuery");
        }
        status = in.buffer().getByte(in.bodyIndex());
        copyIn = false;
        expected.pop();
        in.forward();
        afterAnswer(in);
        if (status == 'I') {
            counters.countTransaction();
        }
        ready = expected.isEmpty();
        return true;
    }

    /** Passes the error on; what the server skips because of it is not expected any more. */
    private boolean error(MessageCursor in) {
        ErrorFields fields = server.onErrorResponse(in);
        if (expected.headSubject() instanceof Named named) {
            ErrorNames.forward(in, toClient, named);
        } else {
            in.forward();
        }
        copyIn = false;
        int kind = expected.head() & KIND;
        if (kind >= ExpectedReplies.PARSE && !fields.isFatal()) {
            skipping = !expected.dropBatch(this);
        }
        return true;
    }

    @Override
    public void undo(int code, @Nullable Object subject, long batch) {
        LinkedClient current = client;
        ClientStatements known = current == null ? null : current.knownStatements();
        boolean parse = (code & KIND) == ExpectedReplies.PARSE;
        boolean close = (code & KIND) == ExpectedReplies.CLOSE;
        if (subject == StatementRewriter.UNNAMED) {
            server.unnamedBecame(null, 0, 0);
            if (known != null && (code & SKIP) == 0) {
                known.dropUnnamed();
            }
        } else if (subject instanceof Named named) {
            if (parse && known != null) {
                known.remove(named);
            }
            if (parse && (code & FAKE) == 0) {
                server.statements().unsent(named.statement(), batch);
            }
            if (close && known != null) {
                known.restore(named);
            }
        } else if (subject instanceof Statement statement) {
            if (parse) {
                server.statements().unsent(statement, batch);
            } else {
                server.statements().restored(statement);
            }
        }
    }

    @Override
    public void onReadComplete() {
        toClient.flush();
        toServer.flush();
    }

    @Override
    public void onWritable() {
        LinkedClient current = client;
        if (current != null) {
            current.readable(true);
        }
    }

    // ---- the end

    /** Gives the server back if nothing is owed, nothing is half said and the transaction is over. */
    private void maybeRelease() {
        if (!ready || !expected.isEmpty() || settings != null || !server.isDrained()) {
            return;
        }
        LinkedClient current = client;
        if (current == null) {
            abandoned.onDrained(status, counters);
            return;
        }
        if (status != 'I' || current.in().isInsideForwarded()) {
            return;
        }
        free(current);
        current.parametersBecame(server.parameters());
        current.onUnlinked();
        server.release();
    }

    private void free(LinkedClient current) {
        toClient.flush();
        client = null;
        toClient = NOBODY;
        current.readable(true);
        server.readable(true);
    }

    /**
     * The client is gone. What it left on the server is cleaned up, or the server is closed.
     *
     * @param cancel whether to cancel what runs; a client that said goodbye may have meant its last words to be obeyed
     */
    public void abandon(boolean cancel) {
        LinkedClient current = client;
        if (current == null || server.isClosed()) {
            return;
        }
        boolean cut = current.in().isInsideForwarded();
        client = null;
        toClient = NOBODY;
        server.readable(true);
        if (cut) {
            server.close(CloseReason.ABANDONED);
            return;
        }
        abandoned.start(cancel ? lane.cancels() : null);
        if (settings == null) {
            abandoned.clean(expected, copyIn, skipping, ready);
            leaveIfIdle();
        }
    }

    private void leaveIfIdle() {
        if (ready && expected.isEmpty()) {
            maybeRelease();
        }
    }

    /** Ready for the next client. */
    void reset() {
        ready = true;
        skipping = false;
        copyIn = false;
        status = (byte) 'I';
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        abandoned.end();
        LinkedClient current = client;
        if (current == null) {
            return;
        }
        boolean own = settings != null;
        client = null;
        toClient = NOBODY;
        current.readable(true);
        if (server.isMidMessage()) {
            current.onServerLost(null);
        } else if (lastError == null) {
            PoolerError error = reason == CloseReason.SERVER_PROTOCOL_VIOLATION
                    ? PoolerError.SERVER_PROTOCOL_VIOLATION
                    : PoolerError.SERVER_CLOSED;
            current.onServerLost(error.with("see the log of the pooler"));
        } else {
            current.onServerLost(own ? lastError : null);
        }
    }

    /** Cancels what the server runs for this client; a request that finds nothing running is dropped. */
    public void cancel() {
        if (client != null && settings == null && !expected.isEmpty()) {
            lane.cancels().cancel(server);
        }
    }

    // ---- settings of our own, ahead of the client's messages

    @Override
    public void onDone(byte newStatus) {
        settings = null;
        server.enter(this);
        if (newStatus != TransactionStatus.IDLE.code()) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "settings left a transaction open");
        }
        status = newStatus;
        if (expected.isEmpty()) {
            ready = true;
        }
        if (client == null) {
            abandoned.clean(expected, false, false, ready);
            leaveIfIdle();
        } else if (ready) {
            maybeRelease();
        }
    }

    @Override
    public void onError(ErrorFields error, byte newStatus) {
        // whatever the client sent behind the settings runs without them: nothing of that server may be kept
        LinkedClient current = client;
        client = null;
        toClient = NOBODY;
        settings = null;
        server.close(CloseReason.SETTINGS_FAILED);
        if (current != null) {
            current.onServerLost(error.asFatal());
        }
    }
}
