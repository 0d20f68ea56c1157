package dev.pgpool.core.internal.client;

import io.netty.channel.EventLoop;

/**
 * The deadlines of one client: to log in, and to ask for something. Goes with its client from one event loop to another, and
 * is confined to the one where the client is.
 */
final class ClientTimers {
    private final ClientSession session;
    private ClientDeadlines deadlines;
    private boolean loggingIn;
    private long loginSinceNanos;
    private boolean loggedIn;

    ClientTimers(ClientSession session, ClientDeadlines deadlines) {
        this.session = session;
        this.deadlines = deadlines;
    }

    /** Login begins. */
    void begin() {
        loggingIn = true;
        loginSinceNanos = deadlines.add(session);
    }

    /** The client is about to go to another event loop: so does its deadline. */
    void leaveLoop() {
        loggingIn = false;
        deadlines.remove(session);
    }

    /** The client is on the event loop where it stays. */
    void goOn(EventLoop loop) {
        deadlines = deadlines.on(loop);
        if (!session.isClosed()) {
            loggingIn = true;
            deadlines.add(session, loginSinceNanos);
        }
    }

    /**
     * Login is over.
     *
     * @param idleNanos how long the client may ask for nothing; 0 for ever
     */
    void loggedIn(long idleNanos) {
        loggingIn = false;
        loggedIn = true;
        deadlines.remove(session);
        idleTimeout(idleNanos);
    }

    /**
     * From now on the client may ask for nothing for this long.
     *
     * @param idleNanos 0 for ever
     */
    void idleTimeout(long idleNanos) {
        if (idleNanos > 0) {
            deadlines.idle().watch(session, idleNanos);
        } else {
            deadlines.idle().remove(session);
        }
    }

    /** The client is gone. */
    void end() {
        if (loggingIn) {
            deadlines.remove(session);
        }
        if (loggedIn) {
            deadlines.idle().remove(session);
        }
    }
}
