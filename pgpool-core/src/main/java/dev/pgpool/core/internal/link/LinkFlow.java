package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.TransactionStatus;

/**
 * Whether a client is read from and its messages go on. It is not read from while either side is full, and its next message waits
 * while the server owes too much or while its parameters are brought back ({@link Pause}).
 *
 * <pre>
 *   flowing ──too many answers owed──> crowded ──half of them here──> flowing
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class LinkFlow {
    private final Exchange x;
    /** The client has to wait because the server owes too much. */
    private boolean crowded;

    LinkFlow(Exchange x) {
        this.x = x;
    }

    /** A new client begins. */
    void begin() {
        crowded = false;
    }

    /** Whether the client has to wait because the server owes too much, or while its parameters are brought back. */
    boolean isStopped() {
        return crowded || x.pause.isPaused();
    }

    /** What the client sent was passed on. */
    void onRelayed(LinkedClient client) {
        crowded = x.expected.size() >= Requests.LIMIT;
        if (crowded || !x.toServer.isWritable() || !x.toClient.isWritable()) {
            client.readable(false);
        }
    }

    /** The server has sent answers. */
    void onAnswers() {
        if (crowded && x.expected.size() < Requests.LIMIT / 2) {
            crowded = false;
            goOn();
        }
    }

    /** The server is given back: the client gets the ReadyForQuery that was withheld. */
    void onRelease() {
        crowded = false;
        tellReady(x.pause.onSettled());
    }

    /** The client's parameters are what they should be: it goes on if it had to wait for that. */
    void onSettled() {
        if (x.pause.isPaused()) {
            tellReady(x.pause.onSettled());
            goOn();
        }
    }

    /** The transaction or the COPY is not over: its end must come first, and the pause comes behind it. */
    void onNotOver() {
        tellReady(x.pause.onNotOver());
        goOn();
    }

    /** The client's parameters are what it began with again, and it was told so: it gets the ReadyForQuery that was withheld. */
    private void tellReady(boolean withheld) {
        if (withheld && x.toClient.isConnected()) {
            BackendWriter.readyForQuery(x.toClient.space(), TransactionStatus.IDLE);
            x.toClient.flush();
        }
    }

    /** Reads from the client again if neither side is full. */
    void resumeReading() {
        LinkedClient client = x.client;
        if (client != null && !crowded && x.toServer.isWritable() && x.toClient.isWritable()) {
            client.readable(true);
        }
    }

    /** The client's next message need not wait any more; if it must after all, reading stops again. */
    void goOn() {
        LinkedClient client = x.client;
        if (client != null) {
            client.readable(true);
            client.resume();
        }
    }
}
