package dev.pgpool.core.internal.link;

/**
 * What has been said of the end of a conversation, while it still goes on. Each is said once.
 *
 * <pre>
 *   client: stays ──Terminate, answers owed──> farewell ──last answer──> leaves
 *
 *   server: stays ──FATAL, passed on──> the client knows ──closed──> the client hears no more
 *             └────error at rest──────> doomed ─────────given back──> closed
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class Ending {
    private boolean farewell;
    private boolean fatalTold;
    private boolean doomed;

    /** A new client begins. */
    void begin() {
        farewell = false;
        fatalTold = false;
        doomed = false;
    }

    /** Whether the client has said goodbye, and leaves when it has its answers. */
    boolean isFarewell() {
        return farewell;
    }

    /** Whether the client has been told that the server ends the connection. */
    boolean isFatalTold() {
        return fatalTold;
    }

    /** Whether the server ends the connection, and the client is not concerned. */
    boolean isDoomed() {
        return doomed;
    }

    /** The client says goodbye while answers are owed to it. */
    void onTerminate() {
        farewell = true;
    }

    /** An error of the server is passed on to the client. */
    void onErrorTold(boolean fatal) {
        fatalTold |= fatal;
    }

    /** The server has sent an error behind its last ReadyForQuery: it belonged to no client any more when it sent this. */
    void onErrorAtRest() {
        doomed = true;
    }
}
