package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Phase: finds out where a server stands that may owe one ReadyForQuery more than is known. An empty Query is sent behind
 * everything; what comes before its EmptyQueryResponse is the client's, and from its ReadyForQuery on the count is exact
 * again.
 *
 * <p>Needed after a COPY FROM STDIN that failed while a Sync was on its way: whether the server took that Sync for a part
 * of the COPY or for its end, only the server knows.
 */
final class Resync implements ServerPhase {
    private final Exchange x;
    private final Link link;
    private boolean answered;

    Resync(Exchange x, Link link) {
        this.x = x;
        this.link = link;
    }

    void begin() {
        FrontendWriter.query(x.toServer.space(), "");
        x.server.unnamed().becameNone();
        x.server.enter(this);
        x.toServer.flush();
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            if (!in.isComplete()) {
                break;
            }
            if (in.type() == BackendType.EMPTY_QUERY_RESPONSE) {
                answered = true;
                drop(in);
            } else if (in.type() != BackendType.READY_FOR_QUERY) {
                in.forward();
            } else if (answered) {
                TransactionStatus status = TransactionStatus.of(in);
                drop(in);
                link.onResynced(status);
                return;
            } else {
                x.transaction.onReadyForQuery(TransactionStatus.of(in));
                in.forward();
            }
        }
        x.toClient.run(in.takeRun());
    }

    private void drop(MessageCursor in) {
        x.toClient.run(in.takeRun());
        in.skip();
    }

    @Override
    public void onReadComplete() {
        link.onReadComplete();
    }

    @Override
    public void onWritable() {
        link.onWritable();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        link.onClosed(reason, lastError);
    }
}
