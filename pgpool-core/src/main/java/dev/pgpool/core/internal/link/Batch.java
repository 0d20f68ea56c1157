package dev.pgpool.core.internal.link;

/**
 * Where a client is between two ReadyForQuery messages: whether the server has been sent anything, and what it does with it.
 *
 * <pre>
 *     ┌──ReadyForQuery, nothing owed───┐
 *     v                                │
 *   READY ──message of the client──> OPEN ──error, no Sync sent──> SKIPPING
 *     │ ^                             ^ ^                             │
 *     │ └──answer, nothing owed──┐    │ └─────────────Sync────────────┘
 *     └──question of ours──> ASKING ──┘ answer, the client has gone on
 * </pre>
 *
 * <p>Beside the state stands whether something of the client was executed since the last ReadyForQuery, which it keeps from
 * OPEN to SKIPPING and back, and which may become true while the server is asked: the client need not wait for our question.
 *
 * <p>Part of a link and reused like it. Confined to the event loop. Hot path.
 */
final class Batch {
    /** What the server has been sent since the last ReadyForQuery. */
    enum State {
        /** Nothing. */
        READY,
        /** Something of the client. */
        OPEN,
        /** Something that failed: the server skips everything up to the next Sync. */
        SKIPPING,
        /** A query of ours, whose answers are not expected replies; maybe something of the client behind it. */
        ASKING
    }

    private State state = State.READY;
    private boolean executed;

    /** A new client begins. */
    void begin() {
        state = State.READY;
        executed = false;
    }

    State state() {
        return state;
    }

    /** Whether nothing was sent since the last ReadyForQuery. */
    boolean isReady() {
        return state == State.READY;
    }

    /** Whether the server skips everything up to the next Sync. */
    boolean isSkipping() {
        return state == State.SKIPPING;
    }

    /** Whether a query of ours is ahead of what the client says. */
    boolean isAsking() {
        return state == State.ASKING;
    }

    /** Whether something of the client was executed, so that it may be inside a transaction. */
    boolean hasExecuted() {
        return executed;
    }

    /** The client has said something. */
    void onMessage() {
        if (state == State.READY) {
            state = State.OPEN;
        }
    }

    /**
     * The message was not for the server after all.
     *
     * @param onlyOne whether nothing else was sent
     */
    void onMessageDropped(boolean onlyOne) {
        if (onlyOne && state == State.OPEN) {
            state = State.READY;
        }
    }

    /** Something is sent that the server executes. */
    void onExecute() {
        executed = true;
    }

    /** A Sync is sent: what the server skips ends with it. */
    void onSync() {
        if (state == State.SKIPPING) {
            state = State.OPEN;
        }
    }

    /** A message has failed, and the Sync that ends its batch has not been sent. */
    void onBatchFailed() {
        state = State.SKIPPING;
    }

    /** @param nothingOwed whether it answers all that was sent */
    void onReadyForQuery(boolean nothingOwed) {
        if (nothingOwed) {
            state = State.READY;
            executed = false;
        }
    }

    /** A ReadyForQuery that was not owed as far as known: see {@link CopyIn}. What was executed before still counts. */
    void onUnowedReadyForQuery() {
        state = State.READY;
    }

    /** We ask the server something; nothing is owed to the client. */
    void onQuestion() {
        state = State.ASKING;
    }

    /** @param nothingOwed whether the client has sent nothing behind the question */
    void onAnswer(boolean nothingOwed) {
        state = nothingOwed ? State.READY : State.OPEN;
    }
}
