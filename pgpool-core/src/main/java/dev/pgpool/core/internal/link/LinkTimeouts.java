package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;

/**
 * What comes of a link that takes too long: the query is cancelled, or the client is disconnected.
 *
 * <p>Part of a link, confined to its event loop.
 */
final class LinkTimeouts {
    private static final Runnable NOTHING = () -> {};

    private final Exchange x;
    private final LinkFlow flow;
    private final LinkDeadlines deadlines;

    LinkTimeouts(Exchange x, LinkFlow flow, LinkDeadlines deadlines) {
        this.x = x;
        this.flow = flow;
        this.deadlines = deadlines;
    }

    /** Looks at the link at this instant; true if nothing takes too long. */
    boolean isInTime(long nowNanos) {
        LinkedClient client = x.client;
        LinkDeadlines.Late late = deadlines.judge(x, x.lane.timeouts(), nowNanos);
        if (client == null) {
            return true;
        }
        switch (late) {
            case NOTHING -> {
                return true;
            }
            case QUERY -> {
                // what the client sends next must not be hit in the query's place
                client.readable(false);
                x.lane.cancels().cancel(x.server, deadlines::isTimedOut, NOTHING);
                x.server.whenNotCancelled(flow::resumeReading);
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
        return false;
    }
}
