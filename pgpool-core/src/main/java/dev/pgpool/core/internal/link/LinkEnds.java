package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which a link ends: the transaction is over, the client is gone or has to go, or the server is.
 *
 * <p>Part of a link, confined to its event loop.
 */
final class LinkEnds {
    private final Exchange x;
    private final Link link;
    private final ServerConnection server;
    private final StatementRewriter statements;
    private final LinkFlow flow;
    private final LinkCancels cancels;
    private final PinCount pinCount;
    private final AbandonedWork abandoned;

    LinkEnds(
            Exchange x,
            Link link,
            StatementRewriter statements,
            LinkFlow flow,
            LinkCancels cancels,
            PinCount pinCount,
            AbandonedWork abandoned) {
        this.x = x;
        this.link = link;
        this.server = x.server;
        this.statements = statements;
        this.flow = flow;
        this.cancels = cancels;
        this.pinCount = pinCount;
        this.abandoned = abandoned;
    }

    /** Gives the server back; its client goes on without one. */
    void release(LinkedClient client) {
        boolean held = statements.takeHolding() || flow.isStopped();
        flow.onRelease();
        x.toClient.flush();
        x.counters.countSent(x.toClient.takeBytes());
        x.detach();
        client.readable(true);
        server.readable(true);
        client.parametersBecame(server.parameters());
        x.toServer.flush();
        x.expected.shrink();
        pinCount.clear();
        client.onUnlinked();
        if (x.ending.isDoomed()) {
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
     * The client is gone. What it left on the server is cleaned up, or the server is closed.
     *
     * @param cancel whether to cancel what runs; a client that said goodbye may have meant its last words to be obeyed
     */
    void abandon(boolean cancel) {
        if (server.isClosed()) {
            return;
        }
        LinkedClient client = x.detach();
        if (client == null) {
            return;
        }
        server.readable(true);
        if (client.in().isInsideForwarded() || x.copy.isInexact()) {
            server.close(CloseReason.ABANDONED);
            return;
        }
        pinCount.clear();
        abandoned.start(cancel ? x.lane.cancels() : null);
        if (!x.batch.isAsking()) {
            abandoned.clean();
            link.maybeRelease();
        }
    }

    /** The server is gone. */
    void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        abandoned.end();
        cancels.drop();
        x.globalChange.onEnd();
        pinCount.clear();
        LinkedClient client = x.detach();
        if (client == null) {
            return;
        }
        client.readable(true);
        if (x.ending.isFatalTold() || server.isMidMessage()) {
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
        cancels.drop();
        LinkedClient client = x.detach();
        if (clean) {
            abandoned.end();
            server.release();
        } else {
            // what the client sent behind them has run without them: nothing of it may stay
            pinCount.clear();
            server.close(CloseReason.SETTINGS_FAILED);
        }
        if (client != null) {
            client.onServerLost(error.asFatal());
        }
    }

    /** The pool does not allow what the client does: it is over for the client, not for the server. */
    void expel(LinkedClient client, ErrorFields error) {
        abandon(false);
        client.onServerLost(error);
    }
}
