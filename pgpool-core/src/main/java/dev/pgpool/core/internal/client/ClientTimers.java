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
        deadlines.idle().remove(session);
    }

    /** The client is on another event loop. One that is idle is so from now on. */
    void goOn(EventLoop loop) {
        deadlines = deadlines.on(loop);
        if (loggedIn) {
            adopt();
        } else if (!session.isClosed()) {
            loggingIn = true;
            deadlines.add(session, loginSinceNanos);
        }
    }

    /** Login is over. */
    void loggedIn() {
        loggingIn = false;
        loggedIn = true;
        deadlines.remove(session);
        watchIdleness();
    }

    /** The configuration has changed. */
    void adopt() {
        if (loggedIn && !session.isClosed()) {
            watchIdleness();
        }
    }

    private void watchIdleness() {
        long idleNanos = idleTimeoutNanos();
        if (idleNanos > 0) {
            deadlines.idle().watch(session, idleNanos);
        } else {
            deadlines.idle().remove(session);
        }
    }

    /** How long the client may ask for nothing; 0 for ever, as an operator or a walsender may. */
    private long idleTimeoutNanos() {
        return session.isAtConsole() || !session.phase().replication().equals("none")
                ? 0
                : session.services().idleTimeout(session.identity()).toNanos();
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
