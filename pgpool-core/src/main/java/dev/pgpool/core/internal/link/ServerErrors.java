package dev.pgpool.core.internal.link;

import static dev.pgpool.core.internal.link.ExpectedReplies.KIND;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;

/**
 * Errors of the server: what the client is told, what becomes of the statement that failed, and where the server goes on. What the
 * server skips because of an error is not expected any more.
 *
 * <p>Part of a link, confined to its event loop.
 */
final class ServerErrors {
    private static final String QUERY_CANCELED = "57014";
    private static final String UNKNOWN_STATEMENT = "26000";
    private static final String FEATURE_NOT_SUPPORTED = "0A000";

    private final Exchange x;
    private final NameSpace names;
    private final LinkDeadlines deadlines;
    private final SkippedMessages skipped;

    ServerErrors(Exchange x, NameSpace names, LinkDeadlines deadlines) {
        this.x = x;
        this.names = names;
        this.deadlines = deadlines;
        this.skipped = new SkippedMessages(x);
    }

    /** Passes a complete ErrorResponse on; what the server skips because of it is not expected any more. */
    void pass(MessageCursor in) {
        ErrorFields fields = x.server.onErrorResponse(in);
        if (!fields.isFatal() && x.expected.headSubject() instanceof NameSpace.Repeated repeated && repeated.alone()) {
            x.toClient.run(in.takeRun());
            in.skip();
            dropBatch();
            return;
        }
        x.server.statements().undone();
        if (x.isBound()) {
            x.pins.onError();
        } else if (!x.isInTransaction()) {
            x.ending.onErrorAtRest();
            x.toClient.run(in.takeRun());
            in.skip();
            return;
        }
        x.ending.onErrorTold(fields.isFatal());
        if (deadlines.isTimedOut() && x.client != null && fields.sqlState().equals(QUERY_CANCELED)) {
            deadlines.onTimeoutTold();
            x.toClient.run(in.takeRun());
            BackendWriter.errorResponse(x.toClient.space(), PoolerError.QUERY_TIMEOUT.plain());
            in.skip();
            x.client.onQueryTimeout();
        } else if (x.expected.headSubject() instanceof Rejection rejection && rejection.isMeantBy(fields)) {
            x.toClient.run(in.takeRun());
            if (x.toClient.isConnected()) {
                BackendWriter.errorResponse(x.toClient.space(), rejection.error(), rejection.routine());
            }
            in.skip();
        } else if (x.expected.headSubject() instanceof Named named) {
            ErrorNames.forward(in, x.toClient, named);
        } else {
            in.forward();
        }
        Object subject = x.expected.headSubject();
        if (subject instanceof Named named) {
            failed(named, fields.sqlState());
        } else if (subject == SplitQuery.HEAD) {
            x.split.onHeadFailed();
        } else if (subject instanceof Statement described
                && fields.sqlState().equals(FEATURE_NOT_SUPPORTED)
                && (x.expected.head() & KIND) == ExpectedReplies.DESCRIBE) {
            described.goStale();
        }
        x.copy.onError();
        int kind = x.expected.head() & KIND;
        if (kind >= ExpectedReplies.PARSE && !fields.isFatal()) {
            boolean sync = dropBatch();
            if (!sync && names.isFenced()) {
                // it was ahead of a Query, which the server skips now; its client sends no Sync
                FrontendWriter.sync(x.toServer.space());
                x.expected.add(ExpectedReplies.SYNC);
            } else if (!sync) {
                x.batch.onBatchFailed();
            }
        }
    }

    private boolean dropBatch() {
        boolean sync = x.expected.dropBatch(skipped);
        x.unnamed.onBatchUndone();
        return sync;
    }

    private static boolean readsPlan(int kind) {
        return kind == ExpectedReplies.BIND || kind == ExpectedReplies.DESCRIBE;
    }

    private void failed(Named named, String sqlState) {
        if (named.isNativeIn(x.session)) {
            LinkedClient current = x.client;
            ClientStatements known = current == null ? null : current.knownStatements();
            if (known != null && sqlState.equals(UNKNOWN_STATEMENT)) {
                // the server knows best what became of it
                known.remove(named);
            }
        } else if (sqlState.equals(UNKNOWN_STATEMENT)) {
            // it was taken off the server behind our back
            x.server.statements().lost(named.statement());
        } else if (sqlState.equals(FEATURE_NOT_SUPPORTED) && readsPlan(x.expected.head() & KIND)) {
            // "cached plan must not change result type"; without that a client could not be rid of it
            named.statement().goStale();
        }
    }
}
