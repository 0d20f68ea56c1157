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
    private long loginDeadlineNanos;
    private boolean watchedWhenIdle;

    ClientTimers(ClientSession session, ClientDeadlines deadlines) {
        this.session = session;
        this.deadlines = deadlines;
    }

    /** Login begins. */
    void begin() {
        loggingIn = true;
        loginDeadlineNanos = deadlines.add(session);
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
            deadlines.add(session, loginDeadlineNanos);
        }
    }

    /**
     * Login is over.
     *
     * @param idleNanos how long the client may ask for nothing; 0 for ever
     */
    void loggedIn(long idleNanos) {
        loggingIn = false;
        deadlines.remove(session);
        if (idleNanos > 0) {
            watchedWhenIdle = true;
            deadlines.idle().add(session, idleNanos);
        }
    }

    /** The client is gone. */
    void end() {
        if (loggingIn) {
            deadlines.remove(session);
        }
        if (watchedWhenIdle) {
            deadlines.idle().remove(session);
        }
    }
}
