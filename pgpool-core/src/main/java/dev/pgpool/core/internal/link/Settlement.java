package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.server.ServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * What is to be seen to before a server can be given back whose transaction is over: nothing, nearly always.
 *
 * <pre>
 *   idle ──a COPY with a Sync has failed──> Resync ───────────────────────────> idle
 *    │ ├──DISCARD ALL──────────────────────────────────────> ParameterSync ────> idle
 *    │ └──session touched──> Inspection ──parameters reset───^
 *    │                           └─────────none reset──────────────────────────> idle
 *    v
 *   given back, or kept for what the client has made there
 * </pre>
 *
 * <p>None of these begins while a cancel request is under way, which would hit it. Part of a link, confined to its event loop.
 */
final class Settlement {
    private final Exchange x;
    private final Link link;
    private final ServerConnection server;
    private final LinkEnds ends;
    private final LinkFlow flow;
    private final PinCount pinCount;
    private final ParameterSync settings;
    private final Inspection inspection;
    /** What the client has done is looked at when no cancel request can hit our look. */
    private boolean waitsForCancels;

    Settlement(Exchange x, Link link, LinkEnds ends, LinkFlow flow, PinCount pinCount) {
        this.x = x;
        this.link = link;
        this.server = x.server;
        this.ends = ends;
        this.flow = flow;
        this.pinCount = pinCount;
        this.settings = new ParameterSync(x, link);
        this.inspection = new Inspection(x, link);
    }

    /** A new client begins: the server's parameters are brought in line. */
    @SuppressWarnings("ReferenceEquality") // they are interned
    void begin(LinkedClient client) {
        if (client.parameters() != server.parameters()) {
            settings.begin(client.parameters(), false);
        }
    }

    /** Nothing is owed, nothing is half said, and no transaction is open. */
    void onIdle(LinkedClient client) {
        if ((x.copy.isInexact() || x.isBound()) && server.isBeingCanceled()) {
            lookWhenNotCancelled();
        } else if (x.copy.isInexact()) {
            x.copy.onResync();
            new Resync(x, link).begin();
        } else if (x.isBound()) {
            settle(client);
        } else {
            ends.release(client);
        }
    }

    /** A cancel request that is under way must not hit what the server is asked by us. */
    private void lookWhenNotCancelled() {
        if (!waitsForCancels) {
            waitsForCancels = true;
            server.whenNotCancelled(() -> {
                waitsForCancels = false;
                link.maybeRelease();
            });
        }
    }

    /** The transaction is over, but the client has done something that the next one must not meet. */
    private void settle(LinkedClient client) {
        if (x.pins.takeDiscarded() && settings.begin(client.startupParameters(), true)) {
            x.toServer.flush();
            return;
        }
        if (x.pins.isTouched()) {
            inspection.begin(client);
            x.toServer.flush();
        } else if (x.pins.held() == 0 && x.rules.mode() != PoolMode.SESSION) {
            ends.release(client);
        } else {
            flow.onSettled();
        }
    }

    /**
     * What the client's session has become is known.
     *
     * @param wanted what its parameters should be; null if they are that already
     */
    void onInspected(@Nullable SessionParameters wanted) {
        pinCount.note();
        if (x.client == null || wanted == null || !x.expected.isEmpty() || !settings.begin(wanted, true)) {
            link.maybeRelease();
        } else {
            x.toServer.flush();
        }
    }
}
