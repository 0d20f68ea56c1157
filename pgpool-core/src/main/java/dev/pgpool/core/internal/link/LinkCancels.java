package dev.pgpool.core.internal.link;

import org.jspecify.annotations.Nullable;

/**
 * Cancel requests of a client, for what the server runs for it. A request that comes while the server answers a query of ours is
 * meant for what the client has sent behind that, and waits.
 *
 * <pre>
 *   none ──request, the server is asked──> waiting ──answered──> sent
 *                                             └──server gone──> dropped
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class LinkCancels {
    private final Exchange x;
    /** What is to hear of the cancel request that waits until our query is answered; null if none waits. */
    private @Nullable Runnable cancelWhenAnswered;

    LinkCancels(Exchange x) {
        this.x = x;
    }

    /**
     * Cancels what the server runs for this client; a request that finds nothing running is dropped.
     *
     * @param dealtWith called once, when the server has dealt with the request
     */
    void cancel(Runnable dealtWith) {
        LinkedClient meant = x.client;
        if (x.batch.isAsking()) {
            // it is meant for what the client sent behind our query
            Runnable before = cancelWhenAnswered;
            cancelWhenAnswered = before == null
                    ? dealtWith
                    : () -> {
                        before.run();
                        dealtWith.run();
                    };
        } else if (meant != null && !x.expected.isEmpty()) {
            x.lane.cancels().cancel(x.server, () -> x.client == meant && !x.expected.isEmpty(), dealtWith);
        } else {
            dealtWith.run();
        }
    }

    /** A query of ours was answered: what waited for that goes on. */
    void onAnswered() {
        Runnable waiting = takeCancel();
        if (waiting != null) {
            cancel(waiting);
        }
    }

    /** A cancel request can't hit anything any more. */
    void drop() {
        Runnable waiting = takeCancel();
        if (waiting != null) {
            waiting.run();
        }
    }

    private @Nullable Runnable takeCancel() {
        Runnable waiting = cancelWhenAnswered;
        cancelWhenAnswered = null;
        return waiting;
    }
}
