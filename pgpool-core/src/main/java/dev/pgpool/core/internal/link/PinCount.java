package dev.pgpool.core.internal.link;

/**
 * The kinds of session state for which the lane counts a client that keeps its server.
 *
 * <p>Part of a link, confined to its event loop.
 */
final class PinCount {
    private final Exchange x;
    /** The kinds of session state that the client is counted for. */
    private int pinned;

    PinCount(Exchange x) {
        this.x = x;
    }

    /** Bits of the kinds that the client is counted for. */
    int pinned() {
        return pinned;
    }

    /** The server was asked: the client is counted for what was found. */
    void note() {
        int held = x.pins.held();
        if (held != pinned) {
            x.lane.pinned(pinned, held);
            pinned = held;
        }
    }

    /** The client is counted for nothing any more. */
    void clear() {
        if (pinned != 0) {
            x.lane.pinned(pinned, 0);
            pinned = 0;
        }
    }
}
