package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/** What a link needs of its client. Called on the event loop that client and server share. */
public interface LinkedClient {
    /** Its number. */
    int id();

    /** The process id that the client was told, by which it knows its own notifications. */
    int processId();

    /** What goes to the client. */
    Outbox out();

    /** Where the client's messages are read. */
    MessageCursor in();

    /** The client's names for statements; made on first use. */
    ClientStatements statements();

    /** The client's names for statements, null if it never used any. */
    @Nullable
    ClientStatements knownStatements();

    /** The parameters as the client believes them to be. */
    SessionParameters parameters();

    /** The parameters as they were at the end of login: what a session returns to when it discards its state. */
    SessionParameters startupParameters();

    /** What has become of the parameters while the client was linked. */
    void parametersBecame(SessionParameters now);

    /**
     * The client sends a simple query.
     *
     * @throws dev.pgpool.core.internal.wire.WireViolation if it may not
     */
    void requireSimpleQueries();

    /** Stops or resumes reading from the client. */
    void readable(boolean wanted);

    /** A message that was left in the cursor although it is complete can go on now. */
    void resume();

    /** The link is over, the server was given back. */
    void onUnlinked();

    /**
     * The link is over because the server is.
     *
     * @param error what to tell the client; null if the server's own words have been forwarded
     */
    void onServerLost(@Nullable ErrorFields error);

    /** A query took the client too long: it was cancelled, and the client was told. */
    void onQueryTimeout();

    /** Something has taken the client too long: it is to be told and disconnected. */
    void onTimeout(ErrorFields error, CloseReason reason);

    /** The client asked to end the connection. */
    void onTerminate();

    /** The client asked to end the connection and has all its answers now. */
    void onFarewell();
}
