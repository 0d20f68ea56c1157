package dev.pgpool.core.internal.link;

/**
 * A Query whose first statement is sent ahead of the others: it may end a failed transaction, in which nothing that the others
 * need can be parsed.
 *
 * <pre>
 *   NONE ──first statement sent──> SENT ──obeyed───> DONE ────the rest sent─────> NONE
 *                                     └──refused──> FAILED ──the rest dropped──> NONE
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class SplitQuery {
    /** Marks the first statement among the expected replies: its ReadyForQuery is not the client's, unless it failed. */
    static final Object HEAD = new Object();

    /** What has become of the first statement. */
    enum State {
        /** There is none. */
        NONE,
        /** It is not answered; the Query waits. */
        SENT,
        /** It was obeyed. */
        DONE,
        /** It was refused, and with it the whole Query. */
        FAILED
    }

    private State state = State.NONE;

    /** A new client begins. */
    void begin() {
        state = State.NONE;
    }

    State state() {
        return state;
    }

    /** Whether no Query is split. */
    boolean isNone() {
        return state == State.NONE;
    }

    /** Whether the Query waits for its first statement. */
    boolean isHeadSent() {
        return state == State.SENT;
    }

    /** The first statement is sent. */
    void onHeadSent() {
        state = State.SENT;
    }

    /** The server is ready behind the first statement. */
    void onHeadDone() {
        state = State.DONE;
    }

    /** The first statement was refused. */
    void onHeadFailed() {
        state = State.FAILED;
    }

    /** Whether the first statement of the present Query is over; asked once. */
    boolean takeHeadDone() {
        return take(State.DONE);
    }

    /** Whether the present Query has been refused already; asked once. */
    boolean takeHeadFailed() {
        return take(State.FAILED);
    }

    private boolean take(State wanted) {
        boolean is = state == wanted;
        if (is) {
            state = State.NONE;
        }
        return is;
    }
}
