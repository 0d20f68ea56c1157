package dev.pgpool.core.internal.link;

/**
 * What a client says next has to wait while parameters that it has returned to their defaults are brought back to what it
 * began with.
 *
 * <pre>
 *                        ┌────────not over──────────┬────────────────────────────┐
 *                        v                          │                            │
 *   NONE ──reset sent──> DUE ──end of batch sent──> PAUSED ──ReadyForQuery──> WITHHELD
 *    ^ │                                            ^ │                          │
 *    │ └──reset seen behind the end of the batch────┘ │                          │
 *    └─────────────────────settled────────────────────┴──────────────────────────┘
 * </pre>
 *
 * <p>A reset counts when its transaction and its COPY are over: until then a pause is put off to the end of the next batch.
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class Pause {
    /** What waits. */
    enum State {
        /** Nothing. */
        NONE,
        /** What the client says behind the present batch will have to wait. */
        DUE,
        /** What the client says. */
        PAUSED,
        /** The client's ReadyForQuery, too: until then it takes for true what it was told of its parameters. */
        WITHHELD
    }

    private State state = State.NONE;

    /** A new client begins. */
    void begin() {
        state = State.NONE;
    }

    State state() {
        return state;
    }

    /** Whether what the client says has to wait. */
    boolean isPaused() {
        return state == State.PAUSED || state == State.WITHHELD;
    }

    /** A statement is sent that may return parameters to their defaults. */
    void onResetSent() {
        if (state == State.NONE) {
            state = State.DUE;
        }
    }

    /**
     * The server has returned parameters to their defaults, and owes nothing but the rest of the present batch.
     *
     * @param batchEnded whether the client has sent the end of the batch
     */
    void onResetSeen(boolean batchEnded) {
        if (!batchEnded) {
            onResetSent();
        } else if (!isPaused()) {
            state = State.PAUSED;
        }
    }

    /** The client has sent the end of a batch. */
    void onBatchEnd() {
        if (state == State.DUE) {
            state = State.PAUSED;
        }
    }

    /** The server is ready and idle, and owes nothing; true if the client is not to hear of it yet. */
    boolean withholdsReady() {
        if (state == State.PAUSED) {
            state = State.WITHHELD;
        }
        return state == State.WITHHELD;
    }

    /**
     * The transaction or the COPY is not over: its end must come first.
     *
     * @return whether a ReadyForQuery was withheld that the client gets now
     */
    boolean onNotOver() {
        return end(State.DUE);
    }

    /**
     * The parameters are what the client began with, or the server is given back.
     *
     * @return whether a ReadyForQuery was withheld that the client gets now
     */
    boolean onSettled() {
        return end(State.NONE);
    }

    private boolean end(State next) {
        boolean withheld = state == State.WITHHELD;
        state = next;
        return withheld;
    }
}
